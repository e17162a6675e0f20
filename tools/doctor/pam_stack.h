// SPDX-License-Identifier: Apache-2.0
// A stack of /etc/pam.d as libpam reads it (pam.conf(5), pam_dispatch.c): its lines with everything included, and what
// it comes to when its modules return this or that. Nothing is executed.
// Always true: a line that cannot be read stands there as a required module that fails, as in libpam.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::tools {

struct StackLine {
  std::string place;    // FILE:LINE
  std::string control;  // required, or [success=1 default=ignore]
  std::string path;     // of the module, as written there
  std::string module;   // its file name: pam_unix.so
  std::vector<std::string> options;
  int depth = 0;  // of `substack`; jumps and ends stay within theirs

  [[nodiscard]] bool is_ours() const { return module == "pam_seimon.so"; }
  [[nodiscard]] bool has(std::string_view option) const;
};

using Stack = std::vector<StackLine>;

// `phase` is auth, account, session or password. A service without a file has that of "other".
[[nodiscard]] Stack read_stack(const std::string& folder, const std::string& service, std::string_view phase);

// The return value of a module, by its name in pam.conf(5): success, auth_err, ignore, …
using Returns = std::function<std::string_view(const StackLine&)>;

struct Run {
  bool success = false;
  std::vector<bool> reached;  // line by line
  // The last line that was reached; the stack's size when none was.
  [[nodiscard]] std::size_t last() const;
};

[[nodiscard]] Run run_stack(const Stack& stack, const Returns& returns);

// The file that libpam would load; empty when there is none.
[[nodiscard]] std::string module_file(const std::string& path);

}  // namespace seimon::tools

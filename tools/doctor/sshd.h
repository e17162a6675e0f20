// SPDX-License-Identifier: Apache-2.0
// The effective settings of this machine's sshd (sshd -T), and whose keys it accepts.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace seimon::tools {

inline constexpr const char* kSshdConfig = "/etc/ssh/sshd_config";

struct Sshd {
  bool installed = false;
  std::string error;                            // what it says against its own configuration
  std::map<std::string, std::string> settings;  // by keyword in small letters; a repeated one's values joined by blanks

  // "" when sshd does not know it.
  [[nodiscard]] std::string operator[](const std::string& keyword) const;
  // Every way in demands a key.
  [[nodiscard]] bool demands_key() const;
  // A key alone is a way in.
  [[nodiscard]] bool takes_key_alone() const;
  // The settings by which keys come from elsewhere than files; empty when none is set.
  [[nodiscard]] std::string key_lists_elsewhere() const;
};

// The settings for `user`, Match blocks included (sshd -T -C); for no user in particular if empty.
[[nodiscard]] Sshd ask_sshd(const std::string& user = "");

// A line of sshd's files: what `sshd -T` does not tell.
struct SshdLine {
  std::string place;  // FILE:LINE
  std::string match;  // of the Match block that it stands in; empty outside
  std::string keyword;
  std::string value;
};
// With included files, in their order.
[[nodiscard]] std::vector<SshdLine> read_sshd_files();

struct People {
  std::size_t all = 0;                 // accounts that may log in, as far as NSS lists them
  std::vector<std::string> with_keys;  // that have a file of authorized keys
};
[[nodiscard]] People people_with_keys(const Sshd& sshd);

}  // namespace seimon::tools

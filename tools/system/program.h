// SPDX-License-Identifier: Apache-2.0
// Other programs: run without a shell, their output kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace seimon::tools {

struct Output {
  int code = 127;    // its exit code; 127 when it could not be started
  std::string text;  // what it wrote to standard output and standard error, at most 256 MiB
};

// Runs `words`[0], found in PATH or the system's folders, with `input` as its standard input, and waits for its end.
[[nodiscard]] Output run_program(const std::vector<std::string>& words, std::string_view input = "");

// A program of ours: it stands beside this one where both were built, else in `folder`, where it was installed.
[[nodiscard]] std::string own_program(const std::string& name, const std::string& folder);

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// Other programs: run without a shell, their output kept.
#pragma once

#include <string>
#include <vector>

namespace seimon::tools {

struct Output {
  int code = 127;    // its exit code; 127 when it could not be started
  std::string text;  // what it wrote to standard output and standard error, at most 1 MiB
};

// Runs `words`[0], found in PATH or the system's folders, with an empty standard input, and waits for its end.
[[nodiscard]] Output run_program(const std::vector<std::string>& words);

}  // namespace seimon::tools

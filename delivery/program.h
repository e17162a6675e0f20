// SPDX-License-Identifier: Apache-2.0
// Runs a driver program: an argument vector without a shell, its message on standard input.
// MUST (threat model S3):
//  1. The environment is PATH alone; what it is given stands on standard input, never in an argument.
//  2. It and whatever it has started end when it ends or its time is up: they are a process group of their own.
//  3. No more than kMostOutput bytes of each of its outputs are kept, and a program that does not read, or writes for
//  ever, holds
//     nobody.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace seimon::delivery {

struct Ended {
  static constexpr std::size_t kMostOutput = 4096;
  int code = -1;           // of its exit; -1: it could not be started, was killed, or its time was up
  bool is_late = false;    // its time was up
  std::string output;      // of standard output, up to kMostOutput
  bool is_chatty = false;  // there was more
  std::string errors;      // of standard error, up to kMostOutput
};

// Any thread. REQUIRES SIGPIPE to be ignored and a command that is not empty.
[[nodiscard]] Ended run_program(const std::vector<std::string>& command, const std::string& input,
                                std::chrono::milliseconds limit);

}  // namespace seimon::delivery

// SPDX-License-Identifier: Apache-2.0
// The early end of a verb of seimon(1).
#pragma once

#include <string>

namespace seimon::tools {

enum Exit : int { kDone = 0, kNo = 1, kUsage = 2, kNotPermitted = 3, kUnreachable = 4, kNoSuch = 5, kBadInput = 6 };

// Ends the verb: the message goes to standard error, the code is the exit code.
struct Stop {
  Exit code;
  std::string message;
  std::string error;  // the Varlink error's last part, if the service refused
};

// Options that every verb has.
struct Common {
  std::string socket;  // empty: the system's
  bool json = false;
  bool yes = false;
  std::string note;  // why, for the log
};

}  // namespace seimon::tools

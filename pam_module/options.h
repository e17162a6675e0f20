// SPDX-License-Identifier: Apache-2.0
// The words that may follow pam_seimon.so on a line of /etc/pam.d, as pam_seimon(8) lists them.
// Always true: an unknown or malformed word is an error (PAM_SERVICE_ERR), never a default.
#pragma once

#include <security/pam_modules.h>

#include "wire/frame.h"

namespace seimon::pam_module {

// The use of an earlier module's password for the combined answer.
enum class FirstPass : unsigned char { kNone, kTry, kUse };

// The part of a stack's line where password and code come in one answer.
enum class Combined : unsigned char {
  kNone,
  kSplit,   // before the password module: splits the answer, checks nothing
  kWhole,   // between two password modules: all of the answer is the password, and there is no code
  kVerify,  // after it: checks the code
};

struct Options {
  const char* socket = nullptr;  // lives as long as the handle's argv
  wire::Owner server;
  int timeout = 5;  // seconds that seimond itself may take, not the human
  bool exempt_success = false;
  Combined combined = Combined::kNone;
  FirstPass first_pass = FirstPass::kNone;
  int digits = 6;  // of the code at the end of a combined answer
  bool debug = false;
};

// False after telling the log which word is wrong and what would be right.
[[nodiscard]] bool read_options(pam_handle_t* handle, int argc, const char** argv, Options& options);

}  // namespace seimon::pam_module

// SPDX-License-Identifier: Apache-2.0
// Password and code in one answer, for clients that answer once (RADIUS, a VPN, FTP, screen lockers).
//
//     auth requisite pam_seimon.so combined=split      takes the answer apart: PAM_AUTHTOK is the password now
//     auth requisite pam_unix.so use_first_pass        must succeed
//     auth required  pam_seimon.so combined=verify     checks the code
//
// MUST:
//  1. Nothing is sent, checked or spent before a line that comes after the password.
//  2. The code stays in the handle alone, and is overwritten when it has been sent or when the handle ends.
#pragma once

#include <security/pam_modules.h>

#include "pam_module/options.h"
#include "wire/text.h"

namespace seimon::pam_module {

// The data that the first line of the stack has kept in the handle.
struct Split {
  wire::Text<512> whole;
  wire::Text<512> code;  // empty: none was found in the answer
};

// Null when no line with combined=split has come before in this handle.
[[nodiscard]] Split* kept_answer(pam_handle_t* handle);

// Asks, or takes PAM_AUTHTOK, and leaves the password there. PAM_IGNORE; PAM_AUTH_ERR or PAM_CONV_ERR when there is no
// answer that could be used.
[[nodiscard]] int split_answer(pam_handle_t* handle, const Options& options);
// PAM_AUTHTOK becomes the whole answer, and no code is left. PAM_IGNORE; PAM_AUTH_ERR when that has been tried already,
// because no code was cut off.
[[nodiscard]] int take_whole(pam_handle_t* handle);

}  // namespace seimon::pam_module

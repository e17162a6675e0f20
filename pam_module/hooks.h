// SPDX-License-Identifier: Apache-2.0
// The hooks of pam(3), each with the options of its line. MUST: those after auth trust nothing of the PAM environment
// but as a word for seimond to redeem; a session never fails a login.
#pragma once

#include <security/pam_modules.h>

#include "pam_module/options.h"

namespace seimon::pam_module {

[[nodiscard]] int authenticate(pam_handle_t* handle, int flags, const Options& options);
[[nodiscard]] int check_account(pam_handle_t* handle, int flags, const Options& options);
[[nodiscard]] int open_session(pam_handle_t* handle, int flags, const Options& options);
[[nodiscard]] int close_session(pam_handle_t* handle, int flags, const Options& options);
[[nodiscard]] int change_password(pam_handle_t* handle, int flags, const Options& options);

}  // namespace seimon::pam_module

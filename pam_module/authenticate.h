// SPDX-License-Identifier: Apache-2.0
// One conversation with seimond, from Open to the verdict, and the verdict as a PAM code.
#pragma once

#include <security/pam_modules.h>

#include "pam_module/options.h"

namespace seimon::pam_module {

// `purpose` is that of wire::Open. `accepted`: a code was checked, not merely skipped.
[[nodiscard]] int converse_with_seimond(pam_handle_t* handle, int flags, const Options& options, const char* purpose,
                                        bool& accepted);

}  // namespace seimon::pam_module

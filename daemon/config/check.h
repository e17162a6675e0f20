// SPDX-License-Identifier: Apache-2.0
// Checks of `seimond --check` beyond the configuration's own text: the groups that it names, and the PAM stacks.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace seimon::daemon {

// Throws ConfigError naming a group that the system does not know. A user database that does not answer is no error.
void check_groups(const Config& config);
// A finding for each file of `folder` (pam.d(5)) in which our auth line stands without our account line: there nothing
// that is registered at a login is ever confirmed (threat model E1).
[[nodiscard]] std::vector<std::string> check_stacks(const Config& config, const std::string& folder);

}  // namespace seimon::daemon

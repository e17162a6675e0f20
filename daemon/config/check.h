// SPDX-License-Identifier: Apache-2.0
// Checks of `seimond --check` beyond the configuration's own text: the groups that it names, and the PAM stacks.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace seimon::daemon {

// Throws ConfigError naming a group that the system does not know. A user database that does not answer is no error.
void check_groups(const Config& config);
// A finding for each service of `delivery.auto` that has no file in `folder` (pam.d(5)), and for each file there in
// which our auth line stands without our account line: nothing that is registered at a login is ever confirmed then
// (threat model E1).
[[nodiscard]] std::vector<std::string> check_stacks(const Config& config, const std::string& folder);

}  // namespace seimon::daemon

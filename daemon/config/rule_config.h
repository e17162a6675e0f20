// SPDX-License-Identifier: Apache-2.0
// One rule of seimon.conf(5): its keys, and what is wrong with it.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// Throws ConfigError.
[[nodiscard]] core::Rule read_rule(const Setting& setting);
[[nodiscard]] bool has_conditions(const core::Rule& rule);
// Throws ConfigError when it names an unknown network, or would exempt everyone without saying so.
void check_rule(const core::Rule& rule, const core::Policy& policy);

}  // namespace seimon::daemon

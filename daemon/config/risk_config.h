// SPDX-License-Identifier: Apache-2.0
// The keys of seimon.conf(5) for the guessing budget: `risk`.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// Each throws ConfigError.
[[nodiscard]] core::Cost read_cost(const Setting& setting);
[[nodiscard]] bool read_risk_mode(const Setting& setting);
void read_risk_sources(Config& config, const Setting& setting);
// A longer time allows no less than a shorter one, and each network is one.
void check_risk(const Config& config);

}  // namespace seimon::daemon

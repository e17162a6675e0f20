// SPDX-License-Identifier: Apache-2.0
// The keys of seimon.conf(5) for the page: `web`.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// Each throws ConfigError.
[[nodiscard]] uid_t read_web_account(const Setting& setting);
[[nodiscard]] std::string read_web_url(const Setting& setting);
[[nodiscard]] std::string read_web_logo(const Setting& setting);
[[nodiscard]] std::string read_web_colour(const Setting& setting);

}  // namespace seimon::daemon

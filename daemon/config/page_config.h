// SPDX-License-Identifier: Apache-2.0
// The keys of seimon.conf(5) for the page: `web`, and `approve`, which is done there.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// Each throws ConfigError.
[[nodiscard]] uid_t read_web_account(const Setting& setting);
[[nodiscard]] std::string read_web_url(const Setting& setting);
[[nodiscard]] std::string read_web_logo(const Setting& setting);
[[nodiscard]] std::string read_web_colour(const Setting& setting);
[[nodiscard]] core::seconds read_request_life(const Setting& setting);
[[nodiscard]] core::Notify read_notify(const Setting& setting);
[[nodiscard]] bool read_on_report(const Setting& setting);
// Sets ApproveSettings::page, if approval is offered here: the page must have a name of its own.
void check_approval(Config& config);

}  // namespace seimon::daemon

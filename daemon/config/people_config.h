// SPDX-License-Identifier: Apache-2.0
// The keys of seimon.conf(5) that are about people: enrolment, languages and texts, roles.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// Each throws ConfigError.
[[nodiscard]] core::Unenrolled read_after(const Setting& setting);
[[nodiscard]] std::vector<std::string> read_remembered_services(const Setting& setting);
void read_languages(Config& config, const Setting& setting);
void read_callers(Config& config, const Setting& setting);
void read_upstream(Config& config, const Setting& setting);
void read_gate_account(Config& config, const Setting& setting);
void read_texts(Config& config, const Setting& setting);
// Somewhere people may or must register at a login.
[[nodiscard]] bool offers_registration(const Config& config);
// Networks that are named must exist; what is likely to go wrong is added to config.warnings.
void check_people(Config& config);

}  // namespace seimon::daemon

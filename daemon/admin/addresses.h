// SPDX-License-Identifier: Apache-2.0
// Addresses in parameters of calls, as drivers get them. Each function throws Refusal.
#pragma once

#include <string>

#include "daemon/config/config.h"

namespace seimon::daemon {

// "+819012345678" of a telephone number as people write it, if delivery.prefixes and delivery.never allow a message.
[[nodiscard]] std::string number_for(const std::string& typed, const Config& config);
// "alice@example.org"; a name alone is taken for an account's.
[[nodiscard]] std::string mail_address_for(const std::string& typed);

}  // namespace seimon::daemon

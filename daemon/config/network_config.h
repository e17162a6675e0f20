// SPDX-License-Identifier: Apache-2.0
// One row of `networks`: prefixes, prefixes left out, a file of them, and from when they count.
// MUST: no bits behind a prefix, no name, nothing that holds every address unless it says so.
#pragma once

#include "core/policy/policy.h"
#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// Throws ConfigError.
[[nodiscard]] core::Network read_network(const Setting& setting);

}  // namespace seimon::daemon

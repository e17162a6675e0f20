// SPDX-License-Identifier: Apache-2.0
#include "daemon/clock.h"

namespace seimon::daemon {

core::Instant now() { return std::chrono::floor<core::seconds>(std::chrono::system_clock::now()); }

}  // namespace seimon::daemon

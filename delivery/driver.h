// SPDX-License-Identifier: Apache-2.0
// Sends one message: the drivers of its channel one after the other, until one has taken it.
#pragma once

#include <vector>

#include "daemon/config/delivery_config.h"
#include "delivery/attempt.h"

namespace seimon::delivery {

// All attempts, at least one; the last one decides. A driver that failed makes room for the next; one that says that
// the address is bad or refused is the last.
[[nodiscard]] std::vector<Attempt> send(const daemon::Delivery& delivery, const daemon::Message& message);

}  // namespace seimon::delivery

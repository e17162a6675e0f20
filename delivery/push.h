// SPDX-License-Identifier: Apache-2.0
// Notifies a phone's browser by Web Push (RFC 8030), without a body: the makers of browsers learn that it was notified,
// and nothing of why. The sender is known by a signed token (VAPID, RFC 8292).
#pragma once

#include <cstdint>
#include <string>

#include "daemon/config/delivery_config.h"
#include "delivery/attempt.h"

namespace seimon::delivery {

// "vapid t=…, k=…": of the key in the PEM file `key_path`, for the push service `audience`, until `until` (seconds
// since 1970). `subject`: an https or mailto URL. Throws std::runtime_error.
[[nodiscard]] std::string vapid_header(const std::string& key_path, const std::string& audience,
                                       const std::string& subject, std::int64_t until);

// Tells the endpoint `message`.to, which the browser has for so long as it is told (kBadAddress: no more).
[[nodiscard]] Attempt send_push(const daemon::Delivery& delivery, const daemon::Message& message);

}  // namespace seimon::delivery

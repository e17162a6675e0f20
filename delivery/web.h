// SPDX-License-Identifier: Apache-2.0
// Gives a message to a gateway's web interface (libcurl).
// MUST (threat model S3): https with a certificate of the system's authorities, or plain http to this machine; no
// redirect, no proxy of the environment, no more than kMostReply bytes of a reply.
#pragma once

#include "daemon/config/delivery_config.h"
#include "delivery/attempt.h"

namespace seimon::delivery {

inline constexpr std::size_t kMostReply = 65536;

// Any thread, once start_web() has run.
[[nodiscard]] Attempt send_by_web(const daemon::Driver& driver, const daemon::Message& message);

// Once, before any thread is started. Throws std::runtime_error.
void start_web();

}  // namespace seimon::delivery

// SPDX-License-Identifier: Apache-2.0
// Mail to a user about what happened to their second step: written into the store's queue in the transaction of the
// act, fetched by seimon-delivery(8), which alone sends.
#pragma once

#include <vector>

#include "daemon/work/step_context.h"

namespace seimon::daemon {

// Queues a mail for each event that its user is notified of.
// Returns what is to be recorded besides: a notice that was not kept.
[[nodiscard]] std::vector<core::Event> post_notices(const std::vector<core::Event>& events, const StepContext& context);

// Drops what nobody has sent for a week; the first one of an hour is told by an alarm.
void forget_old_notices(const StepContext& context);

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Answers to a request for a yes (core/account/approval.h): "no" of the page, and the keys that were pressed in a call.
// A yes of the page needs its signature: daemon/admin/verbs/approval.cc.
#pragma once

#include <string>
#include <vector>

#include "core/account/profile.h"
#include "core/login/conversation.h"
#include "core/login/event.h"

namespace seimon::core {

// The owner did not make the sign-in, and the caller has noted so in its request. Requests pause, or the account is
// suspended. Returns the events: `like`, of "approval", with that outcome; an alarm; and the suspension.
[[nodiscard]] std::vector<Event> report_request(Profile& profile, const ApproveSettings& settings, const Event& like);

// Of one call.
struct CallAnswer {
  std::string request;  // ApprovalRequest::id
  MethodId method{};    // that was called
  std::string keys;     // up to "#", which is not in it; empty: none, or no "#" came
};

// Effect of the keys on the request: its number approves it, another ends it, "0" reports it, none leaves it. Only a
// report counts when the request waits no more: its owner was called by a login that has given up. Returns the events,
// none if nothing changed. `now`: by age.
[[nodiscard]] std::vector<Event> answer_by_call(Profile& profile, const CallAnswer& answer,
                                                const ApproveSettings& settings, const Event& like, Instant now);

}  // namespace seimon::core

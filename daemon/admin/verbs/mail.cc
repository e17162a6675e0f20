// SPDX-License-Identifier: Apache-2.0
// The queue of notices, for the program that sends them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/admin/verbs/verbs.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using core::Event;
using nlohmann::json;

namespace {

constexpr const char* kAccount = "seimon-notify";

// Mail is handed to nobody but the account that sends it.
void demand_mailer(const Request& request) {
  const bool mailer = request.actor.account && request.actor.account->text() == kAccount;
  if (request.actor.role != Role::kRoot && !mailer)
    throw Refusal{"NotPermitted", std::string("only root and the account ") + kAccount + " may do this", {}};
}

}  // namespace

json next_mail(Request& request, const StepContext& context) {
  demand_mailer(request);
  const auto mail = context.mailbox.next_mail(context.now.age);
  if (!mail) return {{"id", 0}};
  return {{"id", mail->id},       {"to", mail->user},         {"at", iso_time(mail->at)}, {"lease", mail->lease},
          {"tries", mail->tries}, {"subject", mail->subject}, {"body", mail->body}};
}

// Sent, or to be tried again: after a minute, two, four, … up to a day. What cannot be sent for long is dropped, with
// an event. Whoever had it for too long has it no more: then somebody else is sending it.
json mail_sent(Request& request, const StepContext& context) {
  demand_mailer(request);
  const std::int64_t id = request.bounded("id", 0, 1, INT64_MAX);
  const std::int64_t lease = request.bounded("lease", 0, 1, INT64_MAX);
  const std::int64_t tries = request.bounded("tries", 0, 0, core::Mailbox::kMostTries);
  if (request.flag("sent")) {
    (void)context.mailbox.drop_mail(id, lease);
    return {{"left", false}};
  }
  if (tries + 1 >= core::Mailbox::kMostTries) {
    if (!context.mailbox.drop_mail(id, lease)) return {{"left", false}};
    Event event = event_of_all(request, context, "notice", "dropped");
    event.user = request.text("to").value_or("");
    request.events.push_back(event);
    return {{"left", false}};
  }
  const core::seconds wait =
      std::min(core::seconds(60) * (std::int64_t{1} << std::min<std::int64_t>(tries, 11)), core::seconds(core::kDay));
  return {{"left", context.mailbox.retry_mail(id, lease, context.now.age + wait)}};
}

}  // namespace seimon::daemon

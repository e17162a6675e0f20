// SPDX-License-Identifier: Apache-2.0
// A phone that is added from another screen: that shows a QR code, the phone registers and shows a number, and the
// number typed on that screen makes it a method. Whoever photographs the QR code can register a phone, but has nobody
// who types its number.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/login/enrolment.h"
#include "core/secret.h"
#include "daemon/admin/proof.h"
#include "daemon/admin/verbs/passkeys.h"
#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using core::Pairing;
using nlohmann::json;

namespace {

constexpr core::seconds kPairFor = std::chrono::minutes(5);   // from the QR code to the phone
constexpr core::seconds kTypeFor = std::chrono::minutes(10);  // from the phone to its number

}  // namespace

json pair_phone(Request& request, const StepContext& context) {
  demand_page(request);
  if (context.config.approve.page.empty())
    throw Refusal{"Refused", "phones are not asked here: approve.enabled is not set", {}};
  demand_proof(request, context, account_of(request, context));
  core::Profile profile = context.store.account(request.user).profile;  // after the proof
  profile.tidy(context.now.age);
  std::erase_if(profile.tickets, [](const core::Ticket& ticket) { return ticket.session == core::kPairSession; });
  const std::string token = core::random_id();
  core::Ticket row;
  row.digest = core::ticket_digest(context.store, token);
  row.until = context.now.start() + kPairFor;
  row.session = core::kPairSession;
  row.host = request.session;
  profile.tickets.push_back(row);
  context.store.write_profile(request.user, profile);
  return {{"url", context.config.page.url}, {"user", request.user.text()}, {"link", token}};
}

void demand_phone_alone(const Request& request) {
  if (request.text("kind") != "approve" || request.text("replaces") || request.flag("issue"))
    throw Refusal{"NotPermitted", "this QR code adds a phone, and nothing else", {}};
}

json hold_phone(Request& request, const StepContext& context, const std::string& token) {
  // Of several phones that scanned the QR code one is held, in the step that ends its ticket.
  core::Profile known = context.store.account(request.user).profile;
  const auto ticket = std::find_if(known.tickets.begin(), known.tickets.end(), [&](const core::Ticket& row) {
    return row.session == core::kPairSession && row.digest == request.pairing && context.now.age < row.until;
  });
  if (ticket == known.tickets.end())
    throw Refusal{"Refused", "this QR code has expired or was already used; begin again on the other screen", {}};
  const std::string session = ticket->host;
  Method& method = request.draft->method;
  method.state = core::State::kPending;
  const core::MethodId id = context.store.add_method(request.user, request.draft->uid, method);
  keep_counter(request, context, id);
  core::Profile profile = context.store.account(request.user).profile;
  const Pairing pairing{id, core::new_request_number(context.config.approve.digits), session,
                        context.now.age + kTypeFor};
  std::erase_if(profile.tickets, [](const core::Ticket& row) { return row.session == core::kPairSession; });
  profile.approvals.pairing = pairing;
  context.store.write_profile(request.user, profile);
  const std::string label = method.label;
  request.draft.reset();
  return {{"label", label}, {"phone", token}, {"number", pairing.number}};
}

json confirm_pairing(Request& request, const StepContext& context) {
  demand_page(request);
  Account account = account_of(request, context);
  const auto pairing = account.profile.approvals.pairing;
  if (!pairing || pairing->session != request.session || !account.pending || account.pending->id != pairing->method)
    throw Refusal{"Refused", "no phone waits to be added here; begin again", {}};
  Method method = std::move(*account.pending);
  Event event = event_of(request, context, "enrol", "enrolled");
  event.method = method.label;
  if (request.text("number") != pairing->number) {
    remove_method(request, context, pairing->method);
    event.outcome = "refused";
    event.reason = "wrong-number";
    request.events.push_back(std::move(event));
    keep_so_far(request, context);
    throw Refusal{"WrongNumber", "that is not the number shown on the phone; begin again", {}};
  }
  method.state = core::State::kProven;
  method.registered = context.now.start();
  context.store.change_method(request.user, request.person.uid, method);
  core::Profile profile = context.store.account(request.user).profile;
  profile.approvals.pairing.reset();
  context.store.write_profile(request.user, profile);
  request.events.push_back(std::move(event));
  json reply = {{"label", method.label}, {"recovery", json::array()}};
  if (profile.recovery.unused.empty()) reply["recovery"] = give_recovery_codes(request, context);
  return reply;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The verbs of a yes on the phone: what waits for its owner, their answer, and a trial.
// MUST (threat model P1, P2):
//  1. "Yes" counts only with an assertion of a passkey of this user over the request as it is stored here, and with its
//     number. Everything else leaves the request as it was, or ends it.
//  2. One wrong number ends the request.
//  3. Nothing is let in here: the conversation that waits spends what is approved.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "base/text.h"
#include "core/factors/contact.h"
#include "core/login/conversation.h"
#include "core/login/request_answer.h"
#include "core/secret.h"
#include "daemon/admin/approver.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using core::Account;
using core::ApprovalRequest;
using core::Event;
using core::Method;
using core::RequestState;
using nlohmann::json;

namespace {

// In place of a PAM service, of a request that its owner makes to try the phone.
constexpr std::string_view kTrial = "trial";

const ApprovalRequest* waiting_for(const Request& request, const StepContext& context, const core::Profile& profile) {
  if (profile.suspended || profile.approvals.is_paused) return nullptr;
  return core::waiting_request(profile.approvals, core::request_owner(context.store, request.user), context.now.age);
}

Event approval_event(const Request& request, const StepContext& context, const ApprovalRequest& about,
                     std::string_view outcome) {
  Event event = event_of(request, context, "approval", outcome);
  event.service = about.service;
  event.host = about.host;
  event.from = about.source;
  return event;
}

// Records the event whatever becomes of the call.
[[noreturn]] void refuse(Request& request, const StepContext& context, Event event, std::string_view reason,
                         Refusal refusal) {
  event.reason = reason;
  request.events.push_back(std::move(event));
  keep_so_far(request, context);
  throw Refusal{std::move(refusal)};
}

struct Approving {
  const Method* method = nullptr;
  Approver approver;
};

Approving approver_named(const Account& account, const std::string& credential) {
  for (const Method& method : account.methods) {
    auto approver = approver_of(method);
    if (approver && base::base64url(approver->passkey.id) == credential) return {&method, std::move(*approver)};
  }
  return {};
}

// The counter of the assertion. Throws Refusal.
std::uint32_t demand_assertion(Request& request, const StepContext& context, const ApprovalRequest& about,
                               const Approving& found, std::int64_t counter_before) {
  const auto bytes_of = [&](const char* key) {
    return passkey::from_base64url(request.text(key).value_or("")).value_or(passkey::Bytes());
  };
  const passkey::Assertion given{bytes_of("client_data"), bytes_of("authenticator_data"), bytes_of("signature")};
  const std::string number = request.text("number").value_or("");
  const passkey::Bytes challenge = passkey::sha256(core::approval_text(about, request.user.text(), number));
  std::string problem;
  const auto counter =
      passkey::verified(given, found.approver.passkey, passkey::site_of(context.config.page.url), challenge, problem);
  // WebAuthn §7.2 step 21: passkeys that are synced send 0 always.
  const bool is_behind = counter && (*counter != 0 || counter_before != 0) && std::int64_t{*counter} <= counter_before;
  if (is_behind) problem = "counter";
  if (counter && !is_behind) return *counter;
  Event event = approval_event(request, context, about, "refused");
  event.method = found.method->label;
  refuse(request, context, std::move(event), problem,
         Refusal{"Refused", "the phone's answer is not valid for this sign-in ({1})", {problem}});
}

json approve_yes(Request& request, const StepContext& context, const Account& account) {
  core::Profile profile = account.profile;
  ApprovalRequest& about = *profile.approvals.request;
  const Approving found = approver_named(account, request.text("credential").value_or(""));
  if (found.method == nullptr)
    refuse(request, context, approval_event(request, context, about, "refused"), "unknown-passkey",
           Refusal{"Refused", "this phone is not registered for this account", {}});
  auto& counters = profile.approvals.counters;
  const std::uint32_t counter = demand_assertion(request, context, about, found, counters[found.method->id]);
  counters[found.method->id] = counter;
  std::erase_if(counters, [&](const auto& row) {
    return row.second == 0 || std::none_of(account.methods.begin(), account.methods.end(),
                                           [&](const Method& method) { return method.id == row.first; });
  });
  Event event = approval_event(request, context, about, "approved");
  event.method = found.method->label;
  const bool is_trial = about.service == kTrial;
  const bool is_right = request.text("number") == about.number;
  about.state = is_right ? RequestState::kApproved : RequestState::kEnded;
  about.method = found.method->id;
  if (is_trial) profile.approvals.request.reset();
  context.store.write_profile(request.user, profile);
  if (!is_right) {
    event.outcome = "refused";
    refuse(request, context, event, "wrong-number",
           Refusal{"WrongNumber", "that is not the number; begin again for a new one", {}});
  }
  request.events.push_back(std::move(event));
  return {{"state", "approved"}, {"trial", is_trial}};
}

json approve_no(Request& request, const StepContext& context, const Account& account, bool is_report) {
  core::Profile profile = account.profile;
  ApprovalRequest& about = *profile.approvals.request;
  const RequestState answer = is_report ? RequestState::kReported : RequestState::kDenied;
  const std::string_view state = core::request_state_name(answer);
  const bool is_trial = about.service == kTrial;
  const Event event = approval_event(request, context, about, state);
  about.state = answer;
  if (is_report && !is_trial) {
    for (Event& each : core::report_request(profile, context.config.approve, event))
      request.events.push_back(std::move(each));
  } else {
    request.events.push_back(event);
    if (is_trial) profile.approvals.request.reset();
  }
  context.store.write_profile(request.user, profile);
  return {{"state", state}, {"trial", is_trial}};
}

// A phone that waits for its number shows nothing and answers nothing.
bool may_answer(const Request& request, const Account& account) {
  return request.phone.empty() || phone_in(account, request.phone) != nullptr;
}

}  // namespace

// An account's uid is not enough: root of a login host has everybody's, and could report in their names.
void demand_page(const Request& request) {
  if (!request.is_own || !request.is_page)
    throw Refusal{"NotPermitted", "a sign-in is approved on the page, by its owner", {}};
}

json pending(Request& request, const StepContext& context) {
  demand_page(request);
  Account account = account_of(request, context);
  if (!may_answer(request, account)) account.methods.clear();
  json passkeys = json::array();
  for (const Method& method : account.methods)
    if (const auto approver = approver_of(method)) passkeys.push_back(base::base64url(approver->passkey.id));
  json reply = {{"requests", json::array()},
                {"passkeys", passkeys},
                {"host", passkey::site_of(context.config.page.url).host},
                {"paused", account.profile.approvals.is_paused}};
  const ApprovalRequest* about = passkeys.empty() ? nullptr : waiting_for(request, context, account.profile);
  if (about == nullptr) return reply;
  json row = {{"id", about->id},
              {"user", request.user.text()},
              {"host", about->host},
              {"service", about->service},
              {"source", about->source},
              {"network", about->network},
              {"made", iso_time(about->made)},
              {"left", (about->until - context.now.age).count()},
              {"digits", about->number.size()},
              {"trial", about->service == kTrial}};
  // The page that tries a phone shows the number itself.
  if (about->service == kTrial) row["number"] = about->number;
  reply["requests"].push_back(std::move(row));
  return reply;
}

json approve(Request& request, const StepContext& context) {
  demand_page(request);
  const std::string answer = request.text("answer").value_or("");
  if (answer != "yes" && answer != "no" && answer != "not-me")
    throw Refusal{"InvalidParameter", "answer must be yes, no or not-me", {}};
  const Account account = account_of(request, context);
  if (!may_answer(request, account)) throw Refusal{"Refused", "that phone is not registered", {}};
  const ApprovalRequest* about = waiting_for(request, context, account.profile);
  if (about == nullptr || request.text("id") != about->id)
    throw Refusal{"Refused", "this sign-in is not waiting any more", {}};
  if (answer == "yes") return approve_yes(request, context, account);
  return approve_no(request, context, account, answer == "not-me");
}

json notify_phone(Request& request, const StepContext& context) {
  demand_page(request);
  const std::string url = request.text("endpoint").value_or("");
  const auto endpoint = core::PushEndpoint::parse(url);
  if (!url.empty() && !endpoint) throw Refusal{"InvalidParameter", "this browser's push service is not supported", {}};
  if (endpoint && context.config.push_public.empty())
    throw Refusal{"Refused", "phones are not notified here: approve.notify is not \"webpush\"", {}};
  const Account account = account_of(request, context);
  const Method* phone = phone_in(account, phone_digest(context.store, request.text("phone").value_or("")));
  if (phone == nullptr) throw Refusal{"Refused", "that phone is not registered", {}};
  core::Profile profile = account.profile;
  if (endpoint) profile.approvals.endpoints[phone->id] = endpoint->url();
  else profile.approvals.endpoints.erase(phone->id);
  context.store.write_profile(request.user, profile);
  return json::object();
}

json try_approval(Request& request, const StepContext& context) {
  demand_page(request);
  const Account account = account_of(request, context);
  core::Profile profile = account.profile;
  if (core::has_open_request(profile.approvals, core::request_owner(context.store, request.user), context.now.age))
    throw Refusal{"Refused", "another sign-in waits for an answer on the phone", {}};
  const core::ApproveSettings& settings = context.config.approve;
  ApprovalRequest fresh;
  fresh.id = core::random_id();
  fresh.owner = core::request_owner(context.store, request.user);
  fresh.number = core::new_request_number(settings.digits);
  fresh.host = base::escaped(request.manner.host);
  fresh.service = kTrial;
  fresh.made = context.now.age;
  fresh.until = context.now.age + settings.valid_for;
  profile.approvals.request = fresh;
  context.store.write_profile(request.user, profile);
  return {{"id", fresh.id}, {"number", fresh.number}};
}

}  // namespace seimon::daemon

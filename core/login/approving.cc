// SPDX-License-Identifier: Apache-2.0
// A yes on the phone: Enter at the prompt makes a request and shows its number; Enter again asks what became of it.
// MUST (threat model P1 to P3):
//  1. The offer, the number, the answers and their times are the same for every name, with a phone, without one, or
//     nobody's.
//  2. At most one request of a name waits; those that nobody answers are limited, and the limit closes no other way in.
//  3. Approved is not admitted: the request is taken out of the profile and its serial spent, once, by the conversation
//     that made it.
//  4. "No" on the phone ends the login.
#include <algorithm>
#include <utility>

#include "base/characters.h"
#include "core/login/conversation.h"

namespace seimon::core {

namespace {

// The method that approves; null when the account has none.
const Method* approver_in(const Account& account) {
  const auto found = std::find_if(account.methods.begin(), account.methods.end(),
                                  [](const Method& method) { return method.kind == Kind::kApprove; });
  return found == account.methods.end() ? nullptr : &*found;
}

// Text from outside, on one line of a record.
std::string clipped(std::string_view text) {
  constexpr std::size_t kMost = 256;
  return base::escaped(text.substr(0, kMost));
}

}  // namespace

bool Conversation::offers_approval() const {
  return !manner_.approve.page.empty() && !facts_.one_answer && !observe_ && phase_ == Phase::kCode &&
         decision_.kinds.has(Kind::kApprove);
}

// The phone is the default, or the only way, and only somebody with a right password or key comes that far.
bool Conversation::asks_at_once(const Account& account) const {
  if (!offers_approval() || !is_past_password() || approver_in(account) == nullptr) return false;
  return std::none_of(account.methods.begin(), account.methods.end(), [&](const Method& method) {
    return account.profile.preferred ? account.profile.preferred == method.id && method.kind != Kind::kApprove
                                     : method.kind != Kind::kApprove;
  });
}

std::string Conversation::number_line() const {
  if (is_called_) return say(TextId::kCallNumber, {request_->number});
  return say(TextId::kNumber, {request_->number, manner_.approve.page});
}

Event Conversation::approval_event(const Method& method, std::string_view outcome, Instant now) const {
  Event event = login_event(facts_, manner_, id_, now);
  event.event = "approval";
  event.outcome = outcome;
  event.method = method.label;
  return event;
}

// Enter at the prompt.
Outcome Conversation::answer_approval(const Records& records, Moment now) {
  TryContext context = take_context(records, now);
  expect(context);
  return request_ ? look_at_request(context, records, now) : ask_phone(context, records, now);
}

// The record of a name that nobody has is that of its decoy: a request there is seen by nobody.
std::optional<TextId> Conversation::make_request(TryContext& context, bool by_call, const Records& records,
                                                 Moment now) {
  Profile profile = records.store.account(context.owner).profile;
  profile.tidy(now.age);
  Approvals& approvals = profile.approvals;
  const std::string owner = request_owner(records.store, facts_.user);
  if (has_open_request(approvals, owner, now.age)) return TextId::kOtherRequest;
  if (unanswered_in(approvals, owner, kHour, now.age) >= kMostRequestsAnHour ||
      unanswered_in(approvals, owner, kDay, now.age) >= kMostRequests)
    return TextId::kNoMoreRequests;
  ApprovalRequest request;
  request.id = random_id();
  request.owner = owner;
  request.number = new_request_number(manner_.approve.digits);
  request.host = clipped(manner_.host);
  request.service = clipped(facts_.service);
  request.source = clipped(facts_.origin.text);
  request.network = network_of_origin_;
  request.made = now.age;
  request.until = now.age + std::max(manner_.approve.valid_for, by_call ? kCallTakes : seconds(0));
  // Beyond what was spent of a telephone that was registered at a login.
  for (const Method& method : context.account.methods)
    if (!makes_codes(method.kind))
      profile.sends.serial = std::max(profile.sends.serial, static_cast<std::int64_t>(method.last_step));
  request.serial = ++profile.sends.serial;
  approvals.unanswered.push_back({now.age, owner});
  approvals.request = request;
  records.store.write_profile(context.owner, profile);
  context.account.profile.approvals = approvals;
  context.account.profile.sends = profile.sends;
  request_ = std::move(request);
  return std::nullopt;
}

std::vector<std::string> Conversation::whom_to_notify(const Account& account) const {
  if (manner_.approve.notify == Notify::kDriver) return {facts_.user.text()};
  std::vector<std::string> endpoints;
  if (manner_.approve.notify == Notify::kWebPush)
    for (const auto& [method, endpoint] : account.profile.approvals.endpoints) endpoints.push_back(endpoint);
  return endpoints;
}

Outcome Conversation::ask_phone(TryContext& context, const Records& records, Moment now) {
  if (const auto refusal = make_request(context, false, records, now)) return ask(say(*refusal), true);
  Outcome outcome = ask("", true);
  const bool is_paused = context.account.profile.approvals.is_paused;
  if (const Method* phone = approver_in(context.account)) {
    outcome.events.push_back(approval_event(*phone, is_paused ? "paused" : "asked", now.wall));
    if (!is_paused) outcome.notified = whom_to_notify(context.account);
  }
  return outcome;
}

RequestState Conversation::state_of_request(const TryContext& context) const {
  // Another name may have taken a decoy's place: what this conversation shows waits until its end all the same.
  if (context.owner != facts_.user) return RequestState::kWaiting;
  const auto& request = context.account.profile.approvals.request;
  return request && request->id == request_->id ? request->state : RequestState::kEnded;
}

Outcome Conversation::look_at_request(TryContext& context, const Records& records, Moment now) {
  const RequestState state = state_of_request(context);
  Approvals& approvals = context.account.profile.approvals;
  if (state == RequestState::kWaiting && now.age < request_->until) return ask(say(TextId::kNotYet), true);
  if (state == RequestState::kApproved && now.age < request_->until + kApprovedFor)
    return admit_approved(context, records, now);
  request_.reset();
  const bool was_called = std::exchange(is_called_, false);
  if (state != RequestState::kDenied && state != RequestState::kReported)
    return ask(say(was_called ? TextId::kCallEnded : TextId::kRequestEnded), true);
  approvals.request.reset();
  records.store.write_profile(facts_.user, context.account.profile);
  Outcome outcome =
      conclude(Verdict::kExhausted, "refused", std::string(request_state_name(state)) + "-on-phone", now.wall);
  const Language language = facts_.service == "sshd" ? Language::kBoth : language_;
  std::get<Conclusion>(outcome.reply).message = text_of(TextId::kDeniedOnPhone, language, {}, manner_.wordings);
  return outcome;
}

// REQUIRES the approved request in the account of the user.
Outcome Conversation::admit_approved(TryContext& context, const Records& records, Moment now) {
  Approvals& approvals = context.account.profile.approvals;
  const std::string reason = reason_to_refuse(context.account);
  if (!reason.empty()) return refuse_try(reason, "", now.wall);
  if (context.admission == Admission::kClosed) return refuse_try("over-limit", "", now.wall);
  const ApprovalRequest request = *approvals.request;
  const auto method = std::find_if(context.account.methods.begin(), context.account.methods.end(),
                                   [&](const Method& candidate) { return candidate.id == request.method; });
  const bool is_there = method != context.account.methods.end();
  if (!is_there || !decision_.kinds.has(is_telephone(method->kind) ? Kind::kCall : Kind::kApprove))
    return refuse_try("method-not-allowed", "", now.wall);
  approvals.request.reset();
  request_.reset();
  const Spend spend = records.store.spend(facts_.user, method->id, Step{request.serial}, method->drift, now.age);
  if (spend != Spend::kWon)
    return refuse_try(spend == Spend::kAlready ? "already-used" : "spend-unknown", method->label, now.wall);
  records.store.write_profile(facts_.user, context.account.profile);
  Outcome outcome = admit_method(context, *method, records, now);
  const std::string place = facts_.origin.text.empty() ? facts_.service : facts_.origin.text;
  std::string& message = std::get<Conclusion>(outcome.reply).message;
  if (!message.empty()) message += "\n";
  message += say(TextId::kApprovedOnPhone, {method->label, utc_time(now.wall),
                                            request.network.empty() ? place : place + " (" + request.network + ")"});
  return outcome;
}

bool Conversation::take_back_request(const Records& records, Moment now) {
  if (!request_) return false;
  const TryContext context = take_context(records, now);
  Profile profile = records.store.account(context.owner).profile;
  const auto& found = profile.approvals.request;
  const bool is_ours = found && found->id == request_->id;
  request_.reset();
  if (!is_ours) return false;
  profile.approvals.request.reset();
  records.store.write_profile(context.owner, profile);
  return true;
}

void Conversation::settle_approvals(TryContext& context) const {
  Approvals& approvals = context.account.profile.approvals;
  approvals.unanswered.clear();
  if (request_ && approvals.request && approvals.request->id == request_->id) approvals.request.reset();
  // By another way, from an address of before: the owner, who reported a stranger, is back.
  const bool is_known = std::any_of(
      context.failures.sources.begin(), context.failures.sources.end(),
      [&](const KnownSource& source) { return source.name == source_.name && source.last_success.has_value(); });
  if (is_known) approvals.is_paused = false;
}

}  // namespace seimon::core

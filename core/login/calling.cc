// SPDX-License-Identifier: Apache-2.0
// A telephone that is called: the person types `c` at the prompt, or, where only people with a right password or key
// come that far, its owner's default telephone rings at once. With call_mode = "number" the call asks for the number on
// the screen and answers the same request as the page does (approving.cc); with "code" it speaks a code (sending.cc).
// MUST: what holds for requests (P1 to P3) and for messages (S1, S2) holds for calls. A call that nobody answers looks
// like one that was never made.
#include <algorithm>

#include "core/login/conversation.h"

namespace seimon::core {

bool Conversation::offers_calls() const {
  return manner_.send.call && !facts_.one_answer && !observe_ && phase_ == Phase::kCode &&
         decision_.kinds.has(Kind::kCall);
}

// `c` at the prompt.
Outcome Conversation::answer_call(const Records& records, Moment now) {
  if (!manner_.send.call_by_number) return answer_send(Way::kCall, records, now);
  TryContext context = take_context(records, now);
  expect(context);
  first_.reset();
  return call(context, records, now);
}

// Another call for the request that waits has its number.
Outcome Conversation::call(TryContext& context, const Records& records, Moment now) {
  const bool waits = request_ && state_of_request(context) == RequestState::kWaiting && now.age < request_->until;
  if (request_ && !waits) return look_at_request(context, records, now);
  if (!request_)
    if (const auto refusal = make_request(context, true, records, now)) return ask(say(*refusal), true);
  extend_request(context, records, now);
  is_called_ = true;
  Outcome ringing;
  ring(context, ringing, records, now);
  Outcome outcome = ask("", true);
  outcome.events = std::move(ringing.events);
  outcome.message = std::move(ringing.message);
  return outcome;
}

// A number that was shown before is called about for as long as a call takes, but not for ever; for a name that nobody
// has, too.
void Conversation::extend_request(TryContext& context, const Records& records, Moment now) {
  const Instant until = std::min(now.age + kCallTakes, request_->made + 2 * kCallTakes);
  if (request_->until >= until) return;
  request_->until = until;
  Profile profile = records.store.account(context.owner).profile;
  if (!profile.approvals.request || profile.approvals.request->id != request_->id) return;
  profile.approvals.request->until = until;
  records.store.write_profile(context.owner, profile);
  context.account.profile.approvals = profile.approvals;
}

Outcome Conversation::begin_with_call(TryContext& context, const Records& records, Moment now) {
  if (!manner_.send.call_by_number) return begin_with_sent_code(context, Way::kCall, records, now);
  sends_openly_ = true;
  return call(context, records, now);
}

// Adds the call to `outcome`, if there is somebody to call and no limit is reached. REQUIRES request_.
void Conversation::ring(TryContext& context, Outcome& outcome, const Records& records, Moment now) {
  if (context.account.profile.approvals.is_paused) return;
  const Method* method = take_message(context, Way::kCall, outcome, records, now);
  if (method == nullptr) return;
  records.store.write_profile(facts_.user, context.account.profile);
  outcome.events.push_back(approval_event(*method, "called", now.wall));
  CodeMessage message;
  message.kind = Kind::kCall;
  message.to = address_of(*method);
  message.language = single_language(language_);
  const std::string host = manner_.host.substr(0, manner_.host.find('.'));
  message.text = text_of(TextId::kSpokenNumber, message.language, {host}, manner_.wordings);
  message.until = request_->until;
  message.request = request_->id;
  message.method = method->id;
  outcome.message = std::move(message);
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
// Codes that are sent: the person types `s` at the prompt, or, where only people with a right password or key come that
// far, it is sent at once.
// MUST (threat model S1, S2):
//  1. The offer, the answer and its time are the same for every name, with a phone, without one, or nobody's.
//  2. Each message is counted in the transaction of its step; it leaves once that is durable (Outcome::message).
//  3. A code counts in the conversation that asked for it, until its end, once. A new one resets no budget.
//  4. No limit of sending closes another way in.
#include <algorithm>

#include "base/characters.h"
#include "core/login/conversation.h"

namespace seimon::core {

namespace {

// The site's rules for numbers may have changed since it was registered.
bool is_allowed_number(const Method& method, const SendSettings& send) {
  const auto number = PhoneNumber::parse(address_of(method), "");
  return number && send.plan.allows(*number);
}

bool can_be_called(const Method& method, const SendSettings& send) {
  return is_telephone(method.kind) && send.call && is_allowed_number(method, send);
}

bool can_be_sent_to(const Method& method, const SendSettings& send) {
  if (method.kind == Kind::kEmail) return send.email;
  return method.kind == Kind::kSms && send.sms && is_allowed_number(method, send);
}

// "4, 9, 2, 0, 3, 9": digit by digit.
std::string spoken(const std::string& code) {
  std::string text;
  for (const char digit : code) text += (text.empty() ? "" : ", ") + std::string(1, digit);
  return text;
}

}  // namespace

CodeMessage message_with(const SentCode& sent, const Method& method, Kind way, Language language,
                         std::string_view place, const Manner& manner, Instant now) {
  const bool is_mail = way == Kind::kEmail;
  CodeMessage message;
  message.kind = way;
  message.to = address_of(method);
  message.language = single_language(language);
  message.code = text_of(sent.code);
  message.until = sent.until;
  const std::string minutes = std::to_string(std::chrono::ceil<std::chrono::minutes>(sent.until - now).count());
  const std::string host =
      is_mail ? manner.host : manner.host.substr(0, std::min(manner.host.find('.'), kMostHostInSms));
  const std::string from = base::escaped(place);
  const std::string code = way == Kind::kCall ? spoken(message.code) : message.code;
  const auto words = [&](TextId id) {
    return text_of(id, message.language, {host, code, minutes, from}, manner.wordings);
  };
  if (way == Kind::kCall) message.text = words(place.empty() ? TextId::kSpokenAddress : TextId::kSpokenCode);
  else if (place.empty()) message.text = words(is_mail ? TextId::kAddressMail : TextId::kAddressSms);
  else message.text = words(is_mail ? TextId::kCodeMail : TextId::kCodeSms);
  if (is_mail) message.subject = words(TextId::kCodeMailSubject);
  return message;
}

bool Conversation::offers_sending() const {
  const SendSettings& send = manner_.send;
  return !facts_.one_answer && !observe_ && phase_ == Phase::kCode &&
         ((send.sms && decision_.kinds.has(Kind::kSms)) || (send.email && decision_.kinds.has(Kind::kEmail)));
}

// The method that is the default, if a code can be sent to it; else the first.
const Method* Conversation::method_to_send_to(const Account& account, Way way) const {
  const auto can_be_reached = [&](const Method& method) {
    return way == Way::kCall ? can_be_called(method, manner_.send) && decision_.kinds.has(Kind::kCall)
                             : can_be_sent_to(method, manner_.send) && decision_.kinds.has(method.kind);
  };
  const Method* found = nullptr;
  for (const Method& method : account.methods) {
    if (!can_be_reached(method)) continue;
    if (found == nullptr || account.profile.preferred == method.id) found = &method;
  }
  return found;
}

Event Conversation::sending_event(std::string_view name, const Method& method, std::string_view reason,
                                  Instant now) const {
  Event event = login_event(facts_, manner_, id_, now);
  event.event = name;
  event.outcome = name == "code-sent" ? "queued" : "refused";
  event.reason = reason;
  event.method = method.label;
  return event;
}

const Method* Conversation::take_message(TryContext& context, Way way, Outcome& outcome, const Records& records,
                                         Moment now) {
  const Method* method = method_to_send_to(context.account, way);
  const bool is_open = context.admission != Admission::kClosed && reason_to_refuse(context.account).empty();
  if (sends_left_ <= 0 || method == nullptr || !is_open) return nullptr;
  Profile& profile = context.account.profile;
  // A host that is not trusted can say that a login comes from anywhere.
  Source source = source_;
  if (!facts_.untrusted_host.empty()) source.name = "host " + facts_.untrusted_host, source.per_hour = 1;
  const std::string limit =
      count_message(profile, address_of(*method), source, manner_.send, records.store, records.sources, now.age);
  if (!limit.empty()) {
    outcome.events.push_back(sending_event("delivery-limit", *method, limit, now.wall));
    if (limit.starts_with("site-") && records.sources.add_failure("sending stopped", kHour, now.age).count == 1)
      outcome.events.push_back(alarm_event("sending-stopped", "", now.wall));
    return nullptr;
  }
  --sends_left_;
  return method;
}

// Adds the message to `outcome`, if there is somebody to send it to and no limit is reached.
void Conversation::send_code(TryContext& context, Way way, Outcome& outcome, const Records& records, Moment now) {
  const Method* method = take_message(context, way, outcome, records, now);
  if (method == nullptr) return;
  Profile& profile = context.account.profile;
  sent_by_ = way == Way::kCall ? Kind::kCall : method->kind;
  const int digits = guarded_ ? kGuardedSentDigits : kSentDigits;
  const bool is_again = sent_ && sent_->method == method->id && sent_->code.digits == digits && now.age < sent_->until;
  if (!is_again) {
    profile.sends.serial = std::max(profile.sends.serial, static_cast<std::int64_t>(method->last_step)) + 1;
    sent_ = new_sent_code(method->id, Step{profile.sends.serial}, digits, now.age + manner_.send.valid_for);
  }
  records.store.write_profile(facts_.user, profile);
  outcome.events.push_back(sending_event("code-sent", *method, is_again ? "again" : "", now.wall));
  outcome.message = message_with(*sent_, *method, sent_by_, language_,
                                 facts_.origin.text.empty() ? facts_.service : facts_.origin.text, manner_, now.age);
}

// `s` at the prompt, or `c` where a code is spoken.
Outcome Conversation::answer_send(Way way, const Records& records, Moment now) {
  TryContext context = take_context(records, now);
  expect(context);
  first_.reset();
  asked_to_send_ = true;
  Outcome sending;
  send_code(context, way, sending, records, now);
  Outcome outcome = ask(say(TextId::kCodeAsked), true);
  outcome.events = std::move(sending.events);
  outcome.message = std::move(sending.message);
  return outcome;
}

// Nobody comes this far without a right password or key.
bool Conversation::is_past_password() const {
  const std::vector<std::string>& services = manner_.send.at_once;
  const bool is_believed = facts_.trusted && facts_.untrusted_host.empty();
  return is_believed &&
         (std::find(facts_.ssh_auth.begin(), facts_.ssh_auth.end(), "publickey") != facts_.ssh_auth.end() ||
          std::find(services.begin(), services.end(), facts_.service) != services.end());
}

// Past the password the code is sent before it is asked for, and the number may be hinted at.
bool Conversation::sends_at_once(const Account& account, Way way) const {
  const bool is_offered = way == Way::kCall ? offers_calls() : offers_sending();
  const Method* method = is_offered && is_past_password() ? method_to_send_to(account, way) : nullptr;
  // A telephone that takes SMS is sent one.
  if (method == nullptr || (way == Way::kCall && method->kind != Kind::kCall)) return false;
  const bool is_default =
      account.profile.preferred ? account.profile.preferred == method->id : !makes_codes(account.methods);
  return is_default;
}

Outcome Conversation::begin_with_sent_code(TryContext& context, Way way, const Records& records, Moment now) {
  sends_openly_ = true;
  Outcome sending;
  send_code(context, way, sending, records, now);
  const Method* method = method_to_send_to(context.account, way);
  const bool is_sent = sending.message.has_value();
  asked_to_send_ = is_sent;
  const TextId told = way == Way::kCall ? TextId::kCalling : TextId::kCodeSentTo;
  Outcome outcome = ask(is_sent ? say(told, {masked_address(*method)}) : "", false);
  outcome.events = std::move(sending.events);
  outcome.message = std::move(sending.message);
  return outcome;
}

// The code that was sent is right: it is spent, and only what was spent admits.
Outcome Conversation::admit_sent(TryContext& context, const Records& records, Moment now) {
  const auto method = std::find_if(context.account.methods.begin(), context.account.methods.end(),
                                   [&](const Method& candidate) { return candidate.id == sent_->method; });
  if (method == context.account.methods.end() || !decision_.kinds.has(sent_by_))
    return refuse_counted(context, "method-not-allowed", records, now);
  const Spend spend = records.store.spend(facts_.user, method->id, sent_->serial, method->drift, now.age);
  sent_.reset();
  if (spend != Spend::kWon)
    return refuse_try(spend == Spend::kAlready ? "already-used" : "spend-unknown", method->label, now.wall);
  Outcome outcome = admit_method(context, *method, records, now);
  outcome.by_sent_code = true;
  return outcome;
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/login/conversation.h"

#include <algorithm>
#include <array>

namespace seimon::core {

namespace {

// In the order of their enumerations.
constexpr std::array<std::string_view, 5> kWithheldReasons = {"empty", "refused-by-sshd", "password", "password-method",
                                                              "not-a-code"};

// The question, by what may be typed besides a code.
TextId offer_text(bool approval, bool sending, bool calls) {
  constexpr std::array<TextId, 8> kOffers = {
      TextId::kPrompt,        TextId::kPromptCall,        TextId::kPromptSend,        TextId::kPromptSendCall,
      TextId::kPromptApprove, TextId::kPromptApproveCall, TextId::kPromptApproveSend, TextId::kPromptApproveSendCall};
  return kOffers.at((approval ? 4U : 0U) + (sending ? 2U : 0U) + (calls ? 1U : 0U));
}

template <class List, class Value>
bool holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_remembered_place(const Facts& facts, const RememberSettings& settings, const Policy& policy, Instant now) {
  return settings.length > seconds(0) && facts.trusted && facts.purpose == Purpose::kLogin &&
         facts.origin.kind == Origin::Kind::kAddress && holds(settings.services, facts.service) &&
         !is_step_to_other_rights(facts.service) &&
         (settings.networks.empty() || is_in_networks(policy, settings.networks, facts.origin, now));
}

}  // namespace

Event login_event(const Facts& facts, const Manner& manner, std::string_view id, Instant now) {
  Event event;
  event.at = now;
  event.event = facts.purpose == Purpose::kLogin ? "login" : "password";
  event.user = facts.user.text();
  event.service = facts.service;
  event.host = manner.host;
  event.from = facts.origin.text;
  event.tty = facts.tty;
  event.conversation = id;
  if (facts.peer_uid != 0) event.actor = "uid " + std::to_string(facts.peer_uid);
  return event;
}

Conversation::Conversation(std::string id, Facts facts, Manner manner)
    : id_(std::move(id)),
      facts_(std::move(facts)),
      manner_(std::move(manner)),
      language_(manner_.language),
      observe_(manner_.observe),
      tries_left_(facts_.one_answer ? 1 : manner_.codes.tries) {}

namespace {

// `sudo -p` shows its own text, such as "Password: ", in the place of any question, and a password typed at ours would
// be seen.
bool replaces_questions(std::string_view service) { return service == "sudo" || service == "sudo-i"; }

}  // namespace

Account Conversation::account_of(const Records& records, Moment now) {
  Account account = records.store.account(facts_.user);
  (void)drop_ended(account, facts_.uid, manner_.enrolment.issued_for, now.age);
  return account;
}

void Conversation::choose_language(const Account& account) {
  language_ = manner_.language;
  for (auto row = manner_.languages.rbegin(); row != manner_.languages.rend(); ++row)
    if (facts_.groups && holds(*facts_.groups, row->first)) language_ = row->second;
  language_ = account.profile.language.value_or(language_);
}

Conversation::TryContext Conversation::take_context(const Records& records, Moment now) {
  TryContext context{account_of(records, now), facts_.user, {}, {}, {}, false};
  const bool known = facts_.exists || context.account.profile.enrolled_before;
  if (!known) context.owner = records.store.decoy_of(facts_.user);
  const Account decoy = known ? Account() : records.store.account(context.owner);
  const auto& failure_records = known ? context.account.failure_records : decoy.failure_records;
  const auto failures = failure_records.find(scope());
  if (failures != failure_records.end()) context.failures = settled(failures->second, now.age);
  // Nobody resets a decoy record, so it only counts what time relaxes.
  if (!known)
    for (KnownSource& source : context.failures.sources) source.failures = 0;
  if (!known) context.failures.failures_elsewhere = 0;

  const int window = manner_.codes.window;
  context.cost = cost_of_try(context.account.methods, window, manner_.codes.digits);
  context.admission = admission(context.failures, source_, context.cost, now.age, manner_.risk);
  const bool crowded = source_.per_hour && count_in(records.sources.failures_from(source_.name), kHour, now.age) >=
                                               std::int64_t{*source_.per_hour};
  const bool ahead = std::any_of(context.account.methods.begin(), context.account.methods.end(),
                                 [&](const Method& method) { return is_ahead(method, now.wall, window); });
  context.is_own_doing = context.admission != Admission::kOpen;
  if (context.admission == Admission::kOpen && (crowded || ahead)) context.admission = Admission::kGuarded;
  return context;
}

void Conversation::decide_by(const Policy& policy, Moment now) {
  observe_ = policy.observe;
  decision_ = decide(policy, facts_, now.wall);
  if (decision_.asks == Asks::kTarget && facts_.target) {
    facts_.user = *facts_.target;
    facts_.uid = facts_.target_uid;
    facts_.exists = facts_.target_uid.has_value();
  }
  situation_ = situation_of(facts_, policy, manner_.enrolment, now);
  if (manner_.send.call || !manner_.approve.page.empty())
    network_of_origin_ = network_of(policy, facts_.origin, now.wall);
}

Outcome Conversation::begin(const Policy& policy, const Records& records, Moment now) {
  decide_by(policy, now);
  source_ = source_of(facts_, policy, manner_.risk);
  if (decision_.action == Action::kSkip) return begin_skipped(records, now);
  remembers_ = is_remembered_place(facts_, manner_.remember, policy, now.wall);
  TryContext context = take_context(records, now);
  choose_language(context.account);
  due_ = due_for(decision_.unenrolled, manner_.enrolment, context.account.profile, now.age);
  return observe_ ? begin_observed(context.account, now) : begin_enforced(std::move(context), records, now);
}

Outcome Conversation::begin_observed(const Account& account, Moment now) {
  const std::string passed_over = decision_.would_rule;  // its network is in preparation
  Outcome outcome = conclude(Verdict::kSkip, "would", reason_without_method(account), now.wall);
  outcome.events.back().would =
      passed_over.empty() ? std::string(expected_name(expected_outcome_of(decision_, account, due_, situation_)))
                          : "skip by rule " + passed_over;
  return outcome;
}

Outcome Conversation::begin_enforced(TryContext context, const Records& records, Moment now) {
  const ExpectedOutcome expected = expected_outcome_of(decision_, context.account, due_, situation_);
  if (expected == ExpectedOutcome::kOffered) return offer(context.account);
  if (expected == ExpectedOutcome::kRegisters) return begin_registration(records, now);
  if (expected == ExpectedOutcome::kPasses)
    return pass(context.account, reason_without_method(context.account), records, now);
  if (expected == ExpectedOutcome::kAsked && is_remembered(context.account.profile))
    return conclude(Verdict::kSkip, "skipped", "remembered", now.wall);
  if (expected == ExpectedOutcome::kAsked && has_fresh_session(context.account.profile))
    return conclude(Verdict::kSkip, "skipped", "same-session", now.wall);
  if (expected == ExpectedOutcome::kRefused && is_told(context.account))
    return refuse_unenrolled(context.account, now.wall);
  expect(context);
  if (sends_at_once(context.account, Way::kMessage)) return begin_with_sent_code(context, Way::kMessage, records, now);
  if (sends_at_once(context.account, Way::kCall)) return begin_with_call(context, records, now);
  if (asks_at_once(context.account)) return ask_phone(context, records, now);
  const bool preparing = !decision_.would_rule.empty() && !facts_.one_answer;
  return ask(preparing ? say(TextId::kPreparing) : "", false);
}

bool Conversation::switch_language(std::string_view typed) {
  const auto language = typed.size() == 2 ? parse_language(typed) : std::nullopt;  // "en", "ja"
  if (!language) return false;
  language_ = *language;
  chosen_language_ = language;
  return true;
}

void Conversation::keep_choices(Profile& profile) const {
  if (!facts_.exists || !facts_.trusted) return;
  if (chosen_language_) profile.language = chosen_language_;
  if (chosen_qr_style_) profile.qr_style = *chosen_qr_style_;
}

Outcome Conversation::answer(std::string_view typed, const Records& records, Moment now) {
  if (--turns_left_ == 0) return refuse_try("too-many-turns", "", now.wall);
  if (phase_ == Phase::kOffer) return answer_offer(typed, records, now);
  if (phase_ == Phase::kProve) return answer_proof(typed, records, now);
  if (phase_ == Phase::kKeep) return conclude_registration(records, now);
  return answer_code(typed, records, now);
}

Outcome Conversation::answer_code(std::string_view typed, const Records& records, Moment now) {
  if (!facts_.one_answer) {
    if (typed == "?" || typed == "？") return ask(say(TextId::kHelp), false);
    if (switch_language(typed)) return ask(say(TextId::kLanguageSet), false);
    if (offers_sending() && (typed == "s" || typed == "S" || typed == "ｓ"))
      return answer_send(Way::kMessage, records, now);
    if (offers_calls() && (typed == "c" || typed == "C" || typed == "ｃ")) return answer_call(records, now);
  }
  if (const auto recovery_codes = parse_recovery_code(typed)) return try_recovery_code(*recovery_codes, records, now);
  if (const auto bypass = parse_bypass_code(typed)) return try_bypass_code(*bypass, records, now);
  const auto code = parse_code(typed);
  if (!guarded_) return code ? try_typed({*code, {}}, records, now) : refuse_try("not-a-code", "", now.wall);
  if (!first_) {
    // Eight digits are the code that was sent, whether or not one was: nobody can tell by this who has a phone.
    if (asked_to_send_ && code && code->digits == kGuardedSentDigits) return try_typed({*code, {}}, records, now);
    if (const auto pair = parse_pair(typed)) return try_typed({pair->first, pair->second}, records, now);
    if (!code) return refuse_try("not-a-code", "", now.wall);
    if (facts_.one_answer) return refuse_try("guarded", "", now.wall);
    first_ = code;
    return ask("", false);
  }
  return code ? try_typed({*first_, code}, records, now) : refuse_try("not-a-code", "", now.wall);
}

Outcome Conversation::try_typed(const Typed& typed, const Records& records, Moment now) {
  TryContext context = take_context(records, now);
  const bool is_open = context.admission == Admission::kOpen;
  const bool is_sent_code = asked_to_send_ && !typed.second && (is_open || typed.first.digits == kGuardedSentDigits);
  // One code where two are wanted is not looked at, and so it costs nothing.
  const bool wanted = is_open || (context.admission == Admission::kGuarded && (typed.second || is_sent_code));
  if (!wanted) {
    foresee(records, now);
    return refuse_try(context.admission == Admission::kGuarded ? "guarded" : "over-limit", "", now.wall);
  }
  const Cost cost = asked_to_send_ ? context.cost + cost_of(1, kSentDigits) : context.cost;
  const FailureRecord charge = typed.second || !is_open ? guarded_try(context.failures, source_, now.age)
                                                        : charged(context.failures, source_, cost, now.age);
  records.store.record_failures(context.owner, scope(), charge);
  const std::string refusal_reason =
      context.account.methods.empty() ? reason_without_method(context.account) : reason_to_refuse(context.account);
  if (!refusal_reason.empty()) return refuse_counted(context, refusal_reason, records, now);
  const bool can_be = is_sent_code && sent_ && suffices(*sent_, is_open);
  if (can_be && matches(*sent_, typed.first, now.age) != 0) return admit_sent(context, records, now);
  if (!is_open && !typed.second) return refuse_counted(context, "wrong-code", records, now);
  const Comparison found = compare(context.account.methods, typed, manner_.codes.window, now.wall, decision_.kinds);
  if (found.match.fresh != 0) return admit(context, typed, found, records, now);
  if (found.match.spent == 0) {
    Outcome outcome = refuse_counted(context, "wrong-code", records, now);
    outcome.events.front().clock_offset =
        clock_offset_of(context.account.methods, typed.second.value_or(typed.first), now.wall);
    return outcome;
  }
  records.store.record_failures(context.owner, scope(), context.failures);
  foresee(records, now);
  return refuse_try("already-used", context.account.methods[found.spent].label, now.wall);
}

Outcome Conversation::refuse_counted(const TryContext& context, std::string_view reason, const Records& records,
                                     Moment now) {
  bool alarm = false;
  ++own_failures_;
  if (facts_.trusted) {
    alarm = records.sources.add_failure(Sources::kEveryone, kDay, now.age).count == kFleetAlarm;
  }
  if (source_.per_hour) (void)records.sources.add_failure(source_.name, kHour, now.age);
  foresee(records, now);
  Outcome outcome = refuse_try(reason, "", now.wall);
  if (guarded_ && context.admission == Admission::kOpen)
    outcome.events.push_back(alarm_event("guarded", facts_.exists ? facts_.user.text() : "", now.wall));
  if (alarm) outcome.events.push_back(alarm_event("many-failures", "", now.wall));
  return outcome;
}

Outcome Conversation::withhold(Withheld reason, const Records& records, Moment now) {
  if (--turns_left_ == 0) return refuse_try("too-many-turns", "", now.wall);
  if (reason == Withheld::kEmpty && phase_ == Phase::kOffer) return answer_offer("y", records, now);
  if (reason == Withheld::kEmpty && (offers_approval() || request_) && !first_) return answer_approval(records, now);
  if (phase_ == Phase::kKeep) return conclude_registration(records, now);
  if (reason == Withheld::kPassword && phase_ == Phase::kCode) return ask(say(TextId::kWasPassword), false);
  if (phase_ == Phase::kProve && reason != Withheld::kPasswordMethod) return answer_proof("", records, now);
  if (reason == Withheld::kPasswordMethod) tries_left_ = 1;
  return refuse_try(kWithheldReasons[static_cast<std::size_t>(reason)], "", now.wall);
}

Outcome Conversation::fail(std::string_view reason, Instant now) {
  const bool gone = reason == "disconnected" || reason == "timeout";
  if (observe_ || (is_exempt() && !gone)) {
    Outcome outcome = conclude(Verdict::kSkip, observe_ ? "would" : "skipped", reason, now);
    if (observe_) outcome.events.back().would = "refuse";
    return outcome;
  }
  Outcome outcome = conclude(Verdict::kUnavailable, "error", reason, now);
  outcome.negative = false;
  if (gone) return outcome;
  std::string& message = std::get<Conclusion>(outcome.reply).message;
  message = text_of(TextId::kOutOfOrder, Language::kBoth, {}, manner_.wordings);
  if (!manner_.help.empty()) message += "\n" + manner_.help;
  return outcome;
}

// A line for the next prompt, once; empty if nothing failed.
std::string Conversation::not_sent_line() {
  return std::exchange(is_not_sent_, false) ? say(TextId::kCodeNotSent, {manner_.help}) + "\n" : "";
}

TextId Conversation::question_text() const {
  if (facts_.one_answer) return TextId::kCombined;
  if (guarded_) return first_ ? TextId::kSecondOfTwo : first_of_two_;
  if (!asked_to_send_) return offer_text(offers_approval(), offers_sending(), offers_calls());
  if (!offers_sending()) return offer_text(false, false, offers_calls());
  return offers_calls() ? TextId::kPromptSentCall : TextId::kPromptSent;
}

Outcome Conversation::ask(std::string notice, bool negative) {
  Outcome outcome;
  if (!notice.empty()) notice += '\n';
  const std::string not_sent = not_sent_line();
  if (sends_openly_) notice.insert(0, not_sent);
  if (offers_sending() && guarded_ && !first_)
    notice += say(asked_to_send_ ? TextId::kSentInstead : TextId::kSendInstead) + "\n";
  if (offers_approval() && guarded_ && !first_ && !request_) notice += say(TextId::kApproveInstead) + "\n";
  if (offers_calls() && guarded_ && !first_ && !request_) notice += say(TextId::kCallInstead) + "\n";
  const bool replaced = replaces_questions(facts_.service);
  Prompt question;
  const bool shows_number = request_ && !first_;
  question.text =
      notice + (shows_number ? number_line() : say(question_text(), {std::to_string(manner_.codes.digits)}));
  question.echo = manner_.codes.echo && !facts_.one_answer && !replaced;
  if (replaced) question.notice = notice + (shows_number ? number_line() : say(TextId::kSecondStep));
  outcome.reply = std::move(question);
  outcome.negative = negative;
  return outcome;
}

Outcome Conversation::refuse_try(std::string_view reason, std::string_view method, Instant now) {
  first_.reset();
  Event event = login_event(facts_, manner_, id_, now);
  event.event = "try";
  event.outcome = "refused";
  event.reason = reason;
  event.method = method;
  event.rule = decision_.rule;
  if (turns_left_ == 0) tries_left_ = 1;
  --tries_left_;
  constexpr std::array<TextId, 3> kOfApps = {TextId::kNoTriesLeft, TextId::kOneTryLeft, TextId::kNotAccepted};
  constexpr std::array<TextId, 3> kOfSent = {TextId::kSentNoTriesLeft, TextId::kSentOneTryLeft,
                                             TextId::kSentNotAccepted};
  const auto left = static_cast<std::size_t>(std::clamp(tries_left_, 0, 2));
  std::string notice = refusal_text((asked_to_send_ ? kOfSent : kOfApps).at(left));
  if (!manner_.help.empty()) notice += "\n" + manner_.help;
  Outcome outcome;
  if (tries_left_ > 0) {
    outcome = ask(notice, true);
  } else {
    // Without a second prompt the verdict is refused, not exhausted.
    const bool once = reason == "password-method" || facts_.one_answer;
    outcome = conclude(once ? Verdict::kDeny : Verdict::kExhausted, "refused", once ? reason : "tries-used-up", now);
    std::get<Conclusion>(outcome.reply).message = notice;
  }
  outcome.events.insert(outcome.events.begin(), event);
  return outcome;
}

// The last words of a login have no question behind them: OpenSSH's client writes what is no ASCII there in octal, so
// English comes with them.
std::string Conversation::refusal_text(TextId text) const {
  if (facts_.one_answer && guarded_) text = TextId::kTwoBehind;
  const bool last = tries_left_ <= 0 && facts_.service == "sshd";
  return text_of(text, last ? Language::kBoth : language_, {std::to_string(tries_left_)}, manner_.wordings);
}

Outcome Conversation::conclude(Verdict verdict, std::string_view name, std::string_view reason, Instant now) {
  concluded_ = true;
  Event event = login_event(facts_, manner_, id_, now);
  event.outcome = name;
  event.reason = reason;
  if (reason.empty() && !decision_.cannot_tell.empty()) event.reason = "cannot-tell-" + decision_.cannot_tell;
  event.method = method_;
  event.rule = decision_.rule;
  event.network = decision_.network;
  if (!decision_.would_rule.empty() && !observe_) {
    event.would = "skip by rule " + decision_.would_rule;
    event.network = decision_.would_network;
  }
  Outcome outcome;
  outcome.reply = Conclusion{verdict, "", ""};
  outcome.events.push_back(event);
  outcome.negative = verdict != Verdict::kAllow && verdict != Verdict::kSkip;
  return outcome;
}

// Why no code at all can be right.
std::string Conversation::reason_to_refuse(const Account& account) const {
  if (account.profile.suspended) return "suspended";
  if (decision_.action == Action::kDeny) return "denied-by-rule";
  return facts_.exists || !account.methods.empty() ? "" : "unknown-user";
}

// Why nobody is asked for a code of an app or token.
std::string Conversation::reason_without_method(const Account& account) const {
  std::string refusal_reason = reason_to_refuse(account);
  if (!refusal_reason.empty() || is_enrolled(account, situation_.age)) return refusal_reason;
  return account.profile.enrolled_before ? "reset" : "not-enrolled";
}

Event Conversation::alarm_event(std::string_view reason, std::string_view user, Instant now) const {
  Event event = login_event(facts_, manner_, id_, now);
  event.event = "alarm";
  event.outcome = "noticed";
  event.user = user;
  event.reason = reason;
  return event;
}

std::string Conversation::say(TextId id, std::initializer_list<std::string_view> values) const {
  return text_of(id, language_, values, manner_.wordings);
}

CounterScope Conversation::scope() const { return scope_of(facts_); }

}  // namespace seimon::core

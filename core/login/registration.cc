// SPDX-License-Identifier: Apache-2.0
// Registering a first phone in the middle of a login (`unenrolled = "ask"`, `"enrol"`).
//
//     offer ── n ──> the login goes on          register: key and QR code ── code ──> recovery codes ── Enter ──>
//       └───── y ──────────────────────────────────┘                                       the login goes on
//
// Always true: until the account hook confirms it, what stands in the store is a pending key and nothing else; leaving
// at any point leaves that. The same key is shown again until it is too old. Nothing here lets anybody in who would be
// refused: the verdict is a skip, because no code was checked that was known before. Whoever leaves a question open
// while the account changes is asked what a login would meet now.
#include "core/login/conversation.h"

namespace seimon::core {

namespace {

struct Style {
  std::string_view typed;
  QrStyle qr_style;
};
constexpr Style kStyles[] = {{"w", QrStyle::kWide}, {"i", QrStyle::kInverted}, {"k", QrStyle::kNone}};

bool is_one_of(std::string_view typed, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (typed == word) return true;
  return false;
}

}  // namespace

Outcome Conversation::offer(const Account& account) {
  phase_ = Phase::kOffer;
  Outcome outcome;
  const std::string question =
      due_.days_left ? say(TextId::kOfferDays, {std::to_string(*due_.days_left)}) : say(TextId::kOffer);
  Prompt prompt;
  prompt.text = with_letter(account, question);
  prompt.echo = true;
  outcome.reply = std::move(prompt);
  return outcome;
}

bool Conversation::may_register(const Account& account) const {
  const ExpectedOutcome expected = expected_outcome_of(decision_, account, due_, situation_);
  return expected == ExpectedOutcome::kOffered || expected == ExpectedOutcome::kRegisters;
}

bool Conversation::is_told(const Account& account) const {
  const bool has_codes = !account.profile.recovery.unused.empty() || !account.profile.bypass.empty();
  return manner_.enrolment.tell_unenrolled && decision_.action == Action::kRequire && account.methods.empty() &&
         !has_codes && !account.profile.suspended;
}

Outcome Conversation::refuse_unenrolled(const Account& account, Instant now) {
  tries_left_ = 0;
  Outcome outcome = conclude(facts_.one_answer ? Verdict::kDeny : Verdict::kExhausted, "refused",
                             reason_without_method(account), now);
  std::string& message = std::get<Conclusion>(outcome.reply).message;
  message = refusal_text(TextId::kNotRegistered);
  if (!manner_.help.empty()) message += "\n" + manner_.help;
  return outcome;
}

Outcome Conversation::answer_offer(std::string_view typed, const Records& records, Moment now) {
  Account account = account_of(records, now);
  due_ = due_for(decision_.unenrolled, manner_.enrolment, account.profile, now.age);
  if (expected_outcome_of(decision_, account, due_, situation_) != ExpectedOutcome::kOffered) {
    if (decision_.action == Action::kSkip) return end_registration(records, now);
    phase_ = Phase::kCode;
    return begin_enforced(take_context(records, now), records, now);
  }
  if (is_one_of(typed, {"y", "Y", "yes", "はい"})) return begin_registration(records, now);
  if (is_one_of(typed, {"n", "N", "no", "いいえ"})) {
    ++account.profile.skips;
    keep_choices(account.profile);
    records.store.write_profile(facts_.user, account.profile);
    const bool exempt = decision_.action == Action::kSkip;
    Outcome outcome = pass(account, exempt ? "exempt" : "not-enrolled", records, now);
    outcome.durable = true;
    return outcome;
  }
  if (auto outcome = answer_by_letter(account, typed, records, now)) return *std::move(outcome);
  const std::string notice = switch_language(typed) ? say(TextId::kLanguageSet) : say(TextId::kAnswerYesNo);
  Outcome outcome = offer(account);
  std::string& text = std::get<Prompt>(outcome.reply).text;
  text.insert(0, notice + "\n");
  return outcome;
}

Outcome Conversation::begin_registration(const Records& records, Moment now) {
  phase_ = Phase::kProve;
  Account account = records.store.account(facts_.user);
  const bool stranger = drop_ended(account, facts_.uid, manner_.enrolment.issued_for, now.age);
  const seconds old = account.pending ? now.age - account.pending->registered : seconds(-1);
  const bool fresh =
      !stranger && old >= seconds(0) && old < manner_.enrolment.pending_for && makes_codes(account.pending->kind);
  if (!fresh) {
    if (account.pending && !records.store.remove_method(facts_.user, account.pending->id))
      throw StoreUnavailable("a pending method was removed at the same time");
    Method method;
    method.state = State::kPending;
    method.label = free_label(account.methods, Kind::kApp);
    method.otp = {manner_.codes.algorithm, manner_.codes.digits, manner_.codes.period};
    method.key = Secret::random(kNewKeyBytes);
    method.registered = now.age;
    (void)records.store.add_method(facts_.user, facts_.uid.value_or(-1), method);
    account = account_of(records, now);
  }
  return show_key(account, say(TextId::kRegister), false);
}

Outcome Conversation::show_key(const Account& account, const std::string& notice, bool negative) {
  const Method& method = *account.pending;
  Prompt prompt;
  prompt.echo = true;
  prompt.link = otpauth_link(manner_.issuer, facts_.user.text(), method, Link::kShort);
  prompt.qr_style = chosen_qr_style_.value_or(account.profile.qr_style);
  // A heading comes first: ssh writes "(user@host) " before the first line.
  prompt.text = with_letter(account, notice) + "\n" + say(TextId::kAccount, {facts_.user.text(), manner_.issuer}) +
                "\n" + say(TextId::kKey, {grouped_key(method.key)}) + "\n" + say(TextId::kLink, {prompt.link}) + "\n";
  if (offers_number()) prompt.text += say(TextId::kOrNumber) + "\n";
  prompt.below = say(TextId::kProvePrompt);
  Outcome outcome;
  outcome.reply = std::move(prompt);
  outcome.negative = negative;
  return outcome;
}

Outcome Conversation::answer_proof(std::string_view typed, const Records& records, Moment now) {
  Account account = account_of(records, now);
  const bool is_known = account.pending && account.pending->kind != Kind::kApprove;  // the page's own
  if (!is_known || !may_register(account)) return end_registration(records, now);
  if (is_sent(account.pending->kind)) return answer_number(account, typed, records, now);
  for (const Style& style : kStyles) {
    if (typed != style.typed) continue;
    const QrStyle drawn = chosen_qr_style_.value_or(account.profile.qr_style);
    chosen_qr_style_ = drawn == style.qr_style ? QrStyle::kSmall : style.qr_style;
    return show_key(account, say(TextId::kRegister), false);
  }
  if (switch_language(typed)) return show_key(account, say(TextId::kLanguageSet), false);
  if (typed == "?" || typed == "？") return show_key(account, say(TextId::kRegister), false);
  const auto code = parse_code(typed);
  const auto number = code || !offers_number() ? std::nullopt : PhoneNumber::parse(typed, manner_.send.country);
  if (number) return register_number(std::move(account), *number, records, now);
  const int window = manner_.codes.window;
  const auto step = code ? proving_step(*account.pending, *code, now.wall, window) : std::nullopt;
  if (step) return prove(account, *step, records, now);
  const bool sha1 = code && is_made_with_sha1(*account.pending, *code, now.wall, window);
  if (auto outcome = sha1 ? std::nullopt : answer_by_letter(account, typed, records, now)) return *std::move(outcome);
  const std::string left = std::to_string(tries_left_ - 1);
  return refuse_proof(account,
                      sha1 ? say(TextId::kMadeWithSha1, {algorithm_name(account.pending->otp.algorithm)})
                           : say(TextId::kNotProven, {left}),
                      sha1 ? "made-with-sha1" : "not-proven", now);
}

bool Conversation::offers_number() const {
  // A phone alone is not enough: the recovery codes that are shown next are the other way.
  return manner_.send.sms && decision_.kinds.has(Kind::kSms) && manner_.enrolment.recovery_codes > 0;
}

std::string Conversation::count_proving_message(Account& account, const std::string& address, const Records& records,
                                                Moment now) const {
  std::string limit = count_first_message(facts_.user, address, records.store, records.sources, now.age);
  if (limit.empty())
    limit = count_message(account.profile, address, source_, manner_.send, records.store, records.sources, now.age);
  return limit;
}

Outcome Conversation::register_number(Account account, const PhoneNumber& number, const Records& records, Moment now) {
  if (!manner_.send.plan.allows(number)) return show_key(account, say(TextId::kNumberNotAllowed), true);
  const std::string limit = count_proving_message(account, number.text(), records, now);
  Method method;
  method.kind = Kind::kSms;
  method.state = State::kPending;
  method.label = free_label(account.methods, Kind::kSms);
  method.otp.period = seconds(0);
  method.key = secret_of(number.text());
  method.registered = now.age;
  if (!limit.empty()) {
    Outcome outcome = show_key(account, say(TextId::kNoMoreCodes), true);
    outcome.events.push_back(sending_event("delivery-limit", method, limit, now.wall));
    return outcome;
  }
  records.store.write_profile(facts_.user, account.profile);
  if (!records.store.remove_method(facts_.user, account.pending->id))
    throw StoreUnavailable("a pending method was removed at the same time");
  (void)records.store.add_method(facts_.user, facts_.uid.value_or(-1), method);
  account = account_of(records, now);
  sent_ = new_sent_code(account.pending->id, Step{1}, kSentDigits, now.age + manner_.send.valid_for);
  Outcome outcome = show_number(account, "", true);
  outcome.events.push_back(sending_event("code-sent", *account.pending, "", now.wall));
  outcome.message = message_with(*sent_, *account.pending, account.pending->kind, language_, "", manner_, now.age);
  return outcome;
}

Outcome Conversation::show_number(const Account& account, const std::string& notice, bool negative) {
  Prompt prompt;
  prompt.echo = true;
  prompt.text = not_sent_line() + (notice.empty() ? "" : notice + "\n") +
                say(TextId::kNumberPrompt, {masked_address(*account.pending)});
  Outcome outcome;
  outcome.reply = std::move(prompt);
  outcome.negative = negative;
  return outcome;
}

Outcome Conversation::answer_number(const Account& account, std::string_view typed, const Records& records,
                                    Moment now) {
  const bool is_ours = sent_ && sent_->method == account.pending->id;
  if (is_one_of(typed, {"a", "A", "ａ"}) || !is_ours) return begin_registration(records, now);
  if (switch_language(typed)) return show_number(account, say(TextId::kLanguageSet), false);
  if (is_one_of(typed, {"s", "S", "ｓ"})) {
    const std::string address = address_of(*account.pending);
    Account counted = account_of(records, now);
    const std::string limit = count_proving_message(counted, address, records, now);
    Outcome outcome = show_number(account, limit.empty() ? "" : say(TextId::kNoMoreCodes), true);
    if (!limit.empty()) {
      outcome.events.push_back(sending_event("delivery-limit", *account.pending, limit, now.wall));
      return outcome;
    }
    const bool is_again = now.age < sent_->until;
    if (!is_again) sent_ = new_sent_code(sent_->method, sent_->serial, kSentDigits, now.age + manner_.send.valid_for);
    outcome.events.push_back(sending_event("code-sent", *account.pending, is_again ? "again" : "", now.wall));
    records.store.write_profile(facts_.user, counted.profile);
    outcome.message = message_with(*sent_, *account.pending, account.pending->kind, language_, "", manner_, now.age);
    return outcome;
  }
  const auto code = parse_code(typed);
  if (code && matches(*sent_, *code, now.age) != 0) return prove(account, sent_->serial, records, now);
  if (tries_left_ <= 1) return refuse_try("not-proven", "", now.wall);
  --tries_left_;
  Outcome outcome = show_number(account, say(TextId::kNotSentCode, {std::to_string(tries_left_)}), true);
  Event event = login_event(facts_, manner_, id_, now.wall);
  event.event = "try";
  event.outcome = "refused";
  event.reason = "not-proven";
  event.rule = decision_.rule;
  outcome.events.push_back(event);
  return outcome;
}

std::string Conversation::with_letter(const Account& account, const std::string& text) const {
  if (!has_letter_only(account, situation_.age)) return text;
  return phase_ == Phase::kOffer ? say(TextId::kLetter) + "\n" + text : text + "\n" + say(TextId::kLetter);
}

// Counted and charged as any try: whoever sees this question may not have the letter.
std::optional<Outcome> Conversation::answer_by_letter(const Account& account, std::string_view typed,
                                                      const Records& records, Moment now) {
  const bool is_code = parse_code(typed) || (guarded_ && parse_pair(typed));
  if (!is_code || !has_letter_only(account, now.age)) return std::nullopt;
  return answer_code(typed, records, now);
}

Outcome Conversation::refuse_proof(const Account& account, const std::string& notice, std::string_view reason,
                                   Moment now) {
  if (tries_left_ > 1) {
    --tries_left_;
    Event event = login_event(facts_, manner_, id_, now.wall);
    event.event = "try";
    event.outcome = "refused";
    event.reason = reason;
    event.rule = decision_.rule;
    Outcome outcome = show_key(account, notice, true);
    outcome.events.push_back(event);
    return outcome;
  }
  return refuse_try(reason, "", now.wall);
}

Outcome Conversation::prove(const Account& account, Step step, const Records& records, Moment now) {
  const Method& method = *account.pending;
  if (records.store.spend(facts_.user, method.id, step, Drift(), now.age) != Spend::kWon)
    return refuse_proof(account, say(TextId::kNotProven, {std::to_string(tries_left_ - 1)}), "already-used", now);
  NewRecoveryCodes recovery_codes =
      new_recovery_codes(records.store, facts_.user, manner_.enrolment.recovery_codes, now.start());
  Profile profile = records.store.account(facts_.user).profile;
  profile.proven = Proven{id_, now.age, recovery_codes.codes};
  keep_choices(profile);
  records.store.write_profile(facts_.user, profile);
  phase_ = Phase::kKeep;
  if (recovery_codes.shown.empty()) return conclude_registration(records, now);
  std::string text = say(TextId::kRegistered) + "\n\n" + say(TextId::kRecoveryCodesShown) + "\n\n";
  for (std::string& code : recovery_codes.shown) {
    text += "  " + code + "\n";
    wipe(code);
  }
  Outcome outcome;
  Prompt prompt;
  prompt.text = text + "\n" + say(TextId::kKept);
  prompt.echo = true;
  wipe(text);
  outcome.reply = std::move(prompt);
  return outcome;
}

// The registration is over. A login that the policy exempts succeeds without it.
Outcome Conversation::end_registration(const Records& records, Moment now) {
  phase_ = Phase::kCode;
  return decision_.action == Action::kSkip ? begin_skipped(records, now)
                                           : conclude(Verdict::kDeny, "refused", "registration-ended", now.wall);
}

// The account hook comes next and makes it a method (daemon/login/hooks.cc).
Outcome Conversation::conclude_registration(const Records& records, Moment now) {
  const Account account = records.store.account(facts_.user);
  const bool is_ours = account.pending && account.profile.proven && account.profile.proven->conversation == id_;
  if (!is_ours || !may_register(account_of(records, now))) return end_registration(records, now);
  registered_ = true;
  Outcome outcome = conclude(Verdict::kSkip, "skipped", "registered", now.wall);
  outcome.durable = true;
  return outcome;
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
// Letting in: whoever the policy exempts; and whoever showed a right code, which is spent here, and only what was spent
// admits.
#include <algorithm>

#include "core/login/conversation.h"

namespace seimon::core {

namespace {

Drift drift_after(const Method& method, Step step, Instant now) {
  if (method.otp.by_counter()) return method.drift;
  const auto offset = static_cast<std::int64_t>(step) - static_cast<std::int64_t>(step_at(now, method.otp.period));
  return learned(method.drift, offset);
}

// Only where people on the network are to be registered too, the store is read.
bool reads_nothing(const Decision& decision, bool observe) {
  return decision.action == Action::kSkip &&
         (observe || decision.unenrolled == Unenrolled::kDeny || decision.unenrolled == Unenrolled::kAllow);
}

void add_line(std::string& text, const std::string& line) { text += (text.empty() ? "" : "\n") + line; }

}  // namespace

bool Conversation::is_exempt_unread(const Policy& policy, Instant now) const {
  return reads_nothing(decide(policy, facts_, now), policy.observe);
}

Outcome Conversation::exempt(const Policy& policy, Moment now) {
  decide_by(policy, now);
  return conclude(Verdict::kSkip, "skipped", "exempt", now.wall);
}

// Nothing is asked here.
Outcome Conversation::begin_skipped(const Records& records, Moment now) {
  if (reads_nothing(decision_, observe_)) return conclude(Verdict::kSkip, "skipped", "exempt", now.wall);
  const Account account = account_of(records, now);
  choose_language(account);
  due_ = due_for(decision_.unenrolled, manner_.enrolment, account.profile, now.age);
  const ExpectedOutcome expected = expected_outcome_of(decision_, account, due_, situation_);
  if (expected == ExpectedOutcome::kOffered) return offer(account);
  if (expected == ExpectedOutcome::kRegisters) return begin_registration(records, now);
  return pass(account, "exempt", records, now);
}

Outcome Conversation::pass(const Account& account, std::string_view reason, const Records& records, Moment now) {
  const bool first = facts_.exists && !is_enrolled(account, now.age) &&
                     is_first_login(decision_.unenrolled, manner_.enrolment, account.profile);
  if (first) {
    Profile profile = account.profile;
    profile.first_login = now.start();
    records.store.write_profile(facts_.user, profile);
  }
  Outcome outcome = conclude(Verdict::kSkip, "skipped", reason, now.wall);
  outcome.durable = first;
  const bool remind = due_.action == Unenrolled::kRemind || due_.action == Unenrolled::kAsk;
  if (!remind || is_enrolled(account, now.age)) return outcome;
  std::get<Conclusion>(outcome.reply).reminder =
      has_letter_only(account, now.age) ? say(TextId::kLetterReminder) : reminder();
  return outcome;
}

// Users who may not register from here get no reminder to do so.
std::string Conversation::reminder() const {
  const std::string days = due_.days_left ? std::to_string(*due_.days_left) : "";
  const bool here = manner_.enrolment.enrol_from.empty() || situation_.from_enrol_from;
  if (here) return days.empty() ? say(TextId::kRemind) : say(TextId::kRemindDays, {days});
  std::string places;
  for (const std::string& name : manner_.enrolment.enrol_from) places += (places.empty() ? "" : ", ") + name;
  return days.empty() ? say(TextId::kRemindThere, {places}) : say(TextId::kRemindThereDays, {days, places});
}

Outcome Conversation::admit(TryContext& context, const Typed& typed, const Comparison& found, const Records& records,
                            Moment now) {
  const Method& method = context.account.methods[found.method];
  const Step step{static_cast<std::int64_t>(found.match.step)};
  const bool guarded = context.admission == Admission::kGuarded;
  const Spend spend =
      records.store.spend(facts_.user, method.id, {step, guarded}, drift_after(method, step, now.wall), now.age);
  if (spend != Spend::kWon)
    return refuse_try(spend == Spend::kAlready ? "already-used" : "spend-unknown", method.label, now.wall);
  // A key that stands there twice (a store from before that was refused) is good for one code once all the same.
  for (const Method& other : context.account.methods) {
    if (other.id == method.id || !makes_codes(other.kind)) continue;
    const Match match = match_typed(other, typed, manner_.codes.window, now.wall);
    const Step at{static_cast<std::int64_t>(match.step)};
    if (match.fresh != 0 &&
        records.store.spend(facts_.user, other.id, {at, guarded}, other.drift, now.age) == Spend::kUnknown)
      return refuse_try("spend-unknown", method.label, now.wall);
  }
  return admit_method(context, method, records, now);
}

Outcome Conversation::admit_method(TryContext& context, const Method& method, const Records& records, Moment now) {
  const bool guarded = context.admission == Admission::kGuarded;
  const bool first_use = is_waiting(method, now.age);
  const Profile before = context.account.profile;
  context.account.profile.enrolled_before = true;  // a letter's first use
  settle_approvals(context);
  remember(context.account.profile, now);
  keep_choices(context.account.profile);
  if (context.account.profile != before) records.store.write_profile(facts_.user, context.account.profile);
  records.store.record_failures(context.owner, scope(), succeeded(context.failures, source_, guarded, now.age));
  return let_in(context, method.label, guarded ? "guarded" : first_use ? "first-use" : "", now);
}

// A recovery code has 80 bits: it is charged nothing, and no budget refuses it.
Outcome Conversation::try_recovery_code(const std::string& code, const Records& records, Moment now) {
  TryContext context = take_context(records, now);
  records.store.record_failures(context.owner, scope(), noted(context.failures, source_));
  const auto found =
      find_digest(context.account.profile.recovery.unused, recovery_digest(records.store, facts_.user, code));
  const std::string refusal_reason = reason_to_refuse(context.account);
  if (!refusal_reason.empty()) return refuse_counted(context, refusal_reason, records, now);
  if (!decision_.kinds.has(Kind::kRecovery)) return refuse_counted(context, "method-not-allowed", records, now);
  if (!found) return refuse_counted(context, "wrong-recovery-code", records, now);
  auto& unused = context.account.profile.recovery.unused;
  unused.erase(unused.begin() + static_cast<std::ptrdiff_t>(*found));
  return admit_without_phone(context, Kind::kRecovery, records, now);
}

// A bypass code has 30 bits: it costs no budget, and five wrong ones end every code that the user was given.
Outcome Conversation::try_bypass_code(const std::string& code, const Records& records, Moment now) {
  TryContext context = take_context(records, now);
  records.store.record_failures(context.owner, scope(), noted(context.failures, source_));
  std::vector<BypassCode>& given = context.account.profile.bypass;
  std::vector<std::string> digests;
  for (BypassCode& row : given) {
    digests.push_back(row.digest);
    --row.tries;
  }
  const auto found = find_digest(digests, bypass_digest(records.store, facts_.user, code));
  const std::string refusal_reason = reason_to_refuse(context.account);
  const bool right = refusal_reason.empty() && found && decision_.kinds.has(Kind::kBypass);
  if (right) {
    for (BypassCode& row : given) ++row.tries;
    --given[*found].uses;
    std::erase_if(given, [](const BypassCode& row) { return row.uses <= 0; });
    return admit_without_phone(context, Kind::kBypass, records, now);
  }
  const bool had = !given.empty();
  std::erase_if(given, [](const BypassCode& row) { return row.tries <= 0; });
  if (had) records.store.write_profile(facts_.user, context.account.profile);
  return refuse_counted(context, refusal_reason.empty() ? "wrong-bypass-code" : refusal_reason, records, now);
}

// The code is gone from the profile already; this writes it. Such a code lifts every limit (threat model R5), and takes
// with it what the phone shows now, for whoever holds that may not be the owner (U2).
Outcome Conversation::admit_without_phone(TryContext& context, Kind kind, const Records& records, Moment now) {
  for (Method& method : context.account.methods) {
    if (kind != Kind::kRecovery) continue;
    if (!makes_codes(method.kind))
      method.last_step = std::max(method.last_step, Step{context.account.profile.sends.serial});
    else if (method.otp.by_counter()) continue;
    else method.last_step = std::max(method.last_step, window_of(method, now.wall, manner_.codes.window).last);
    records.store.change_method(facts_.user, context.account.profile.uid.value_or(-1), method);
  }
  settle_approvals(context);
  remember(context.account.profile, now);
  keep_choices(context.account.profile);
  records.store.write_profile(facts_.user, context.account.profile);
  records.store.record_failures(context.owner, scope(), succeeded(reset(context.failures), source_, true, now.age));
  Outcome outcome = let_in(context, kind_name(kind), "", now);
  const std::size_t left = context.account.profile.recovery.unused.size();
  if (kind != Kind::kRecovery || left > kFewCodesLeft) return outcome;
  add_line(std::get<Conclusion>(outcome.reply).message,
           left == 0 ? say(TextId::kNoRecoveryCodes) : say(TextId::kFewRecoveryCodes, {std::to_string(left)}));
  return outcome;
}

Outcome Conversation::let_in(TryContext& context, std::string_view label, std::string_view reason, Moment now) {
  method_ = label;
  Outcome outcome = conclude(Verdict::kAllow, "accepted", reason, now.wall);
  if (context.failures.failed > own_failures_)
    std::get<Conclusion>(outcome.reply).message = tell_failures(context.account, context.failures);
  return outcome;
}

Outcome Conversation::let_change(std::string_view reason, const Records& records, Moment now) {
  Profile profile = records.store.account(facts_.user).profile;
  const bool had = !profile.remembered.empty();
  profile.remembered.clear();
  if (had) records.store.write_profile(facts_.user, profile);
  Outcome outcome = conclude(Verdict::kSkip, "skipped", reason, now.wall);
  outcome.durable = had;
  return outcome;
}

// Locked accounts get the questions of guarded ones, and on sites that lock those of accounts that are not.
bool Conversation::wants_two(Admission admission) const {
  return admission == Admission::kGuarded || (admission == Admission::kClosed && !manner_.risk.lock);
}

void Conversation::expect(const TryContext& context) {
  guarded_ = wants_two(context.admission);
  first_of_two_ = context.is_own_doing ? TextId::kFirstOfTwo : TextId::kFirstOfTwoHere;
}

void Conversation::foresee(const Records& records, Moment now) { expect(take_context(records, now)); }

bool Conversation::is_remembered(const Profile& profile) const {
  return remembers_ && std::any_of(profile.remembered.begin(), profile.remembered.end(), [&](const auto& host) {
           return host.service == facts_.service && host.source == source_.exact();
         });
}

// A ticket does not say by which kind of method its login was: a rule that names kinds asks.
bool Conversation::has_fresh_session(const Profile& profile) const {
  if (!decision_.same_session || decision_.kinds != Kinds::all() || !facts_.trusted || facts_.session.empty() ||
      facts_.boot.empty() || !is_step_to_other_rights(facts_.service))
    return false;
  return std::any_of(profile.tickets.begin(), profile.tickets.end(), [&](const Ticket& ticket) {
    return ticket.second_step && ticket.session == facts_.session && ticket.boot == facts_.boot &&
           ticket.host == manner_.host;
  });
}

void Conversation::remember(Profile& profile, Moment now) const {
  // A password change forgets remembered hosts: the new owner of the password need not be the old one.
  if (facts_.purpose == Purpose::kPassword) profile.remembered.clear();
  if (!remembers_) return;
  profile.remembered.push_back({now.start() + manner_.remember.length, facts_.service, source_.exact()});
  profile.tidy(now.age);
}

// "2 failed codes since … from …": whoever knows the password has been here.
std::string Conversation::tell_failures(const Account& account, const FailureRecord& failures) const {
  Instant since{};
  for (const Method& method : account.methods) since = std::max(since, method.last_used.value_or(method.registered));
  std::string places;
  for (const std::string& place : failures.failed_from)
    places += (places.empty() ? "" : ", ") + (place.empty() ? "?" : place);
  const std::int64_t failed = failures.failed - own_failures_;
  const std::string count = std::to_string(failed);
  return say(failed == 1 ? TextId::kFailedCode : TextId::kFailedCodes,
             {count, since == Instant() ? "?" : utc_time(since), places});
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/conversation.h"

#include <algorithm>
#include <array>

namespace seimon::core {

namespace {

Drift drift_after(const Method& method, Step step, Instant now) {
  if (method.otp.by_counter()) return method.drift;
  const auto offset = static_cast<std::int64_t>(step) - static_cast<std::int64_t>(step_at(now, method.otp.period));
  return learned(method.drift, offset);
}

// "2026-11-20 09:12 UTC"
std::string utc_time(Instant time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto padded = [](std::int64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
  };
  return padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" + padded(unsigned{date.day()}, 2) +
         " " + padded(clock.hours().count(), 2) + ":" + padded(clock.minutes().count(), 2) + " UTC";
}

// In the order of their enumerations.
constexpr std::array<std::string_view, 5> kWithheldReasons = {"empty", "not-a-code", "password", "password-method",
                                                              "not-a-code"};
constexpr std::array<std::string_view, 3> kProspectNames = {"refuse", "require", "skip"};

}  // namespace

Prospect prospect_of(const Decision& decision, const Account& account, bool exists) {
  if (account.suspended || decision.action == Action::kDeny) return Prospect::kRefused;
  if (decision.action == Action::kSkip) return Prospect::kPasses;
  if (!account.methods.empty()) return Prospect::kAsked;
  const bool passes = exists && !account.enrolled_before && decision.unenrolled != Unenrolled::kDeny;
  return passes ? Prospect::kPasses : Prospect::kRefused;
}

Event login_event(const Facts& facts, const Manner& manner, std::string_view id, Instant now) {
  Event event;
  event.at = now;
  event.event = "login";
  event.user = facts.user.text();
  event.service = facts.service;
  event.host = manner.host;
  event.from = facts.origin.text;
  event.tty = facts.tty;
  event.conversation = id;
  if (!facts.trusted) event.actor = "uid " + std::to_string(facts.peer_uid);
  return event;
}

Conversation::Conversation(std::string id, Facts facts, Manner manner)
    : id_(std::move(id)),
      facts_(std::move(facts)),
      manner_(std::move(manner)),
      observe_(manner_.observe),
      tries_left_(manner_.codes.tries) {}

struct Conversation::Bench {
  Account account;
  UserName debtor;    // whose budget is charged
  Standing standing;  // of the debtor with this claimant
  Cost cost{};
  Admission admission{};
};

Conversation::Bench Conversation::take_bench(const Records& records, Instant now) const {
  Bench bench{records.store.account(facts_.user), facts_.user, {}, {}, {}};
  const bool known = facts_.exists || bench.account.enrolled_before;
  if (!known) bench.debtor = records.store.shadow_of(facts_.user);
  const Account shadow = known ? Account() : records.store.account(bench.debtor);
  const auto& standings = known ? bench.account.standings : shadow.standings;
  const auto standing = standings.find(claimant());
  if (standing != standings.end()) bench.standing = settled(standing->second, std::max(now, records.latest));
  // Nobody resets a shadow, so only what time relaxes is held against it.
  if (!known)
    for (KnownSource& source : bench.standing.sources) source.failures = 0;
  if (!known) bench.standing.failures_elsewhere = 0;

  const int window = manner_.codes.window;
  bench.cost = cost_of_try(bench.account.methods, window);
  if (bench.cost == Cost{}) bench.cost = cost_of(2 * std::int64_t{window} + 1, manner_.codes.digits);
  const Instant age = std::max(now, records.latest);
  bench.admission = admission(bench.standing, source_, bench.cost, age, manner_.risk);
  const bool crowded = source_.per_hour && count_in(records.sources.failures_from(source_.name), kHour, age) >=
                                               std::int64_t{*source_.per_hour};
  const bool ahead = std::any_of(bench.account.methods.begin(), bench.account.methods.end(),
                                 [&](const Method& method) { return is_ahead(method, now, window); });
  if (bench.admission == Admission::kOpen && (crowded || ahead)) bench.admission = Admission::kGuarded;
  return bench;
}

// Whoever is closed out sees the questions of whoever is guarded; on sites that lock, those of whoever is not.
bool Conversation::wants_two(Admission admission) const {
  return admission == Admission::kGuarded || (admission == Admission::kClosed && !manner_.risk.lock);
}

void Conversation::foresee(const Records& records, Instant now) {
  guarded_ = wants_two(take_bench(records, now).admission);
}

Outcome Conversation::begin(const Policy& policy, const Records& records, Instant now) {
  observe_ = policy.observe;
  decision_ = decide(policy, facts_, now);
  if (decision_.action == Action::kSkip) return conclude(Ruling::kSkip, "skipped", "exempt", now);
  source_ = source_of(facts_, policy, manner_.risk);
  const Bench bench = take_bench(records, now);
  return observe_ ? begin_observed(bench.account, now) : begin_enforced(bench, now);
}

Outcome Conversation::begin_observed(const Account& account, Instant now) {
  decision_.would_rule = decision_.rule;
  Outcome outcome = conclude(Ruling::kSkip, "would", reason_to_refuse(account), now);
  outcome.events.back().would =
      kProspectNames[static_cast<std::size_t>(prospect_of(decision_, account, facts_.exists))];
  return outcome;
}

Outcome Conversation::begin_enforced(const Bench& bench, Instant now) {
  if (prospect_of(decision_, bench.account, facts_.exists) != Prospect::kPasses) {
    guarded_ = wants_two(bench.admission);
    return ask("", false);
  }
  Outcome outcome = conclude(Ruling::kSkip, "skipped", reason_to_refuse(bench.account), now);
  if (decision_.unenrolled == Unenrolled::kRemind) std::get<Verdict>(outcome.reply).message = say(TextId::kRemind);
  return outcome;
}

Outcome Conversation::answer(std::string_view typed, const Records& records, Instant now) {
  if (--turns_left_ == 0) return refuse_try("too-many-turns", "", now);
  if (typed == "?" || typed == "？") return ask(say(TextId::kHelp), false);
  const auto code = parse_code(typed);
  if (!guarded_) return code ? judge_typed({*code, {}}, records, now) : refuse_try("not-a-code", "", now);
  if (!first_) {
    if (const auto pair = parse_pair(typed)) return judge_typed({pair->first, pair->second}, records, now);
    if (!code) return refuse_try("not-a-code", "", now);
    first_ = code;
    return ask("", false);
  }
  return code ? judge_typed({*first_, code}, records, now) : refuse_try("not-a-code", "", now);
}

Outcome Conversation::judge_typed(const Typed& typed, const Records& records, Instant now) {
  Bench bench = take_bench(records, now);
  // One code where two are wanted is not looked at, and so it costs nothing.
  const bool wanted = bench.admission == Admission::kOpen || (bench.admission == Admission::kGuarded && typed.second);
  if (!wanted) {
    foresee(records, now);
    return refuse_try(bench.admission == Admission::kGuarded ? "guarded" : "over-limit", "", now);
  }
  const Instant age = std::max(now, records.latest);
  const Standing charge =
      typed.second ? guarded_try(bench.standing, source_, age) : charged(bench.standing, source_, bench.cost, age);
  records.store.record_standing(bench.debtor, claimant(), charge);
  const std::string hollow = reason_to_refuse(bench.account);
  if (!hollow.empty()) return refuse_counted(bench, hollow, records, now);
  const Comparison found = compare(bench.account.methods, typed, manner_.codes.window, now);
  if (found.match.fresh != 0) return admit(bench, found, records, now);
  if (found.match.spent == 0) return refuse_counted(bench, "wrong-code", records, now);
  records.store.record_standing(bench.debtor, claimant(), bench.standing);
  foresee(records, now);
  return refuse_try("already-used", bench.account.methods[found.spent].label, now);
}

Outcome Conversation::refuse_counted(const Bench& bench, std::string_view reason, const Records& records, Instant now) {
  bool alarm = false;
  const Instant age = std::max(now, records.latest);
  if (facts_.trusted) {
    const FailureWindow fleet = counted(records.sources.failures_from(Sources::kEveryone), kDay, age);
    records.sources.record_failures_from(Sources::kEveryone, fleet);
    alarm = fleet.count == kFleetAlarm;
  }
  if (source_.per_hour)
    records.sources.record_failures_from(source_.name,
                                         counted(records.sources.failures_from(source_.name), kHour, age));
  foresee(records, now);
  const bool was_open = bench.admission == Admission::kOpen;
  Outcome outcome = refuse_try(reason, "", now);
  if (guarded_ && was_open) outcome.events.push_back(alarm_event("guarded", facts_.user.text(), now));
  if (alarm) outcome.events.push_back(alarm_event("many-failures", "", now));
  return outcome;
}

Outcome Conversation::admit(Bench& bench, const Comparison& found, const Records& records, Instant now) {
  const Method& method = bench.account.methods[found.method];
  const Step step{static_cast<std::int64_t>(found.match.step)};
  const Drift drift = drift_after(method, step, now);
  const bool guarded = bench.admission == Admission::kGuarded;
  const Spend spend = guarded ? records.store.spend_pair(facts_.user, method.id, step, drift, now)
                              : records.store.spend(facts_.user, method.id, step, drift, now);
  if (spend != Spend::kWon)
    return refuse_try(spend == Spend::kAlready ? "already-used" : "spend-unknown", method.label, now);
  const Instant age = std::max(now, records.latest);
  records.store.record_standing(bench.debtor, claimant(), succeeded(bench.standing, source_, guarded, age));
  method_ = method.label;
  Outcome outcome = conclude(Ruling::kAllow, "accepted", guarded ? "guarded" : "", now);
  if (bench.standing.failed > 0)
    std::get<Verdict>(outcome.reply).message = tell_failures(bench.account, bench.standing);
  return outcome;
}

Outcome Conversation::withhold(Withheld reason, Instant now) {
  if (--turns_left_ == 0) return refuse_try("too-many-turns", "", now);
  if (reason == Withheld::kPassword) return ask(say(TextId::kWasPassword), false);
  if (reason == Withheld::kPasswordMethod) tries_left_ = 1;
  return refuse_try(kWithheldReasons[static_cast<std::size_t>(reason)], "", now);
}

Outcome Conversation::fail(std::string_view reason, Instant now) {
  if (observe_) {
    Outcome outcome = conclude(Ruling::kSkip, "would", reason, now);
    outcome.events.back().would = "refuse";
    return outcome;
  }
  Outcome outcome = conclude(Ruling::kUnavailable, "error", reason, now);
  outcome.negative = false;
  return outcome;
}

Outcome Conversation::ask(std::string notice, bool negative) {
  Outcome outcome;
  if (!notice.empty()) notice += '\n';
  const TextId prompt = !guarded_ ? TextId::kPrompt : first_ ? TextId::kSecondOfTwo : TextId::kFirstOfTwo;
  outcome.reply = Prompt{notice + say(prompt, manner_.codes.digits), manner_.codes.echo};
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
  const TextId text = tries_left_ > 1    ? TextId::kNotAccepted
                      : tries_left_ == 1 ? TextId::kOneTryLeft
                                         : TextId::kNoTriesLeft;
  std::string notice = say(text, tries_left_);
  if (!manner_.help.empty()) notice += "\n" + manner_.help;
  Outcome outcome;
  if (tries_left_ > 0) {
    outcome = ask(notice, true);
  } else {
    // sshd's `password` method has no second prompt: that login was refused, not worn out.
    const bool once = reason == "password-method";
    outcome = conclude(once ? Ruling::kDeny : Ruling::kExhausted, "refused", once ? reason : "tries-used-up", now);
    std::get<Verdict>(outcome.reply).message = notice;
  }
  outcome.events.insert(outcome.events.begin(), event);
  return outcome;
}

Outcome Conversation::conclude(Ruling ruling, std::string_view name, std::string_view reason, Instant now) {
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
  outcome.reply = Verdict{ruling, ""};
  outcome.events.push_back(event);
  outcome.negative = ruling != Ruling::kAllow && ruling != Ruling::kSkip;
  return outcome;
}

std::string Conversation::reason_to_refuse(const Account& account) const {
  if (account.suspended) return "suspended";
  if (decision_.action == Action::kDeny) return "denied-by-rule";
  if (!facts_.exists && account.methods.empty()) return "unknown-user";
  if (!account.methods.empty()) return "";
  return account.enrolled_before ? "stripped" : "not-enrolled";
}

// "2 failed codes since … from …": whoever knows the password has been here.
std::string Conversation::tell_failures(const Account& account, const Standing& standing) const {
  std::optional<Instant> since;
  for (const Method& method : account.methods)
    since = std::max(since, method.last_used ? method.last_used : std::optional(method.registered));
  return failed_codes_text(manner_.language, standing.failed, utc_time(*since), standing.failed_from);
}

Event Conversation::alarm_event(std::string_view reason, std::string_view user, Instant now) const {
  Event event = login_event(facts_, manner_, id_, now);
  event.event = "alarm";
  event.outcome = "noticed";
  event.user = user;
  event.reason = reason;
  return event;
}

std::string Conversation::say(TextId id, int number) const { return text_of(id, manner_.language, number); }

Claimant Conversation::claimant() const { return facts_.trusted ? Claimant::kTrusted : Claimant{facts_.peer_uid}; }

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/conversation.h"

namespace seimon::core {

namespace {

struct Best {
  const Method* method = nullptr;
  std::optional<Step> step;
  std::string spent_label;
};

// Every method is looked at, whichever matches, so that the time does not tell which one did.
Best find_among(const std::vector<Method>& methods, const Code& code, int window, Instant now) {
  Best best;
  for (const Method& method : methods) {
    const Found found = find_code(method.key, method.otp, window_of(method, now, window), method.mark, code);
    if (found.fresh && best.method == nullptr) best.method = &method, best.step = found.fresh;
    if (found.spent) best.spent_label = method.label;
  }
  return best;
}

Drift drift_after(const Method& method, Step step, Instant now) {
  if (method.otp.by_counter()) return method.drift;
  const auto offset = static_cast<std::int64_t>(step) - static_cast<std::int64_t>(step_at(now, method.otp.period));
  return learned(method.drift, offset);
}

std::string withheld_reason(Withheld reason) {
  switch (reason) {
    case Withheld::kEmpty: return "empty";
    case Withheld::kFiller: return "not-a-code";
    case Withheld::kPassword: return "password";
    case Withheld::kPasswordMethod: return "password-method";
    case Withheld::kTooLong: return "not-a-code";
  }
  return "not-a-code";
}

std::string prospect_name(Prospect prospect) {
  switch (prospect) {
    case Prospect::kRefused: return "refuse";
    case Prospect::kAsked: return "require";
    case Prospect::kPasses: return "skip";
  }
  return "refuse";
}

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

Outcome Conversation::begin(const Policy& policy, Store& store, Instant now) {
  observe_ = policy.observe;
  decision_ = decide(policy, facts_, now);
  if (decision_.action == Action::kSkip) return conclude(Ruling::kSkip, "skipped", "exempt", now);
  const Account account = store.account(facts_.user);
  return observe_ ? begin_observed(account, now) : begin_enforced(account, now);
}

Outcome Conversation::begin_observed(const Account& account, Instant now) {
  decision_.would_rule = decision_.rule;
  Outcome outcome = conclude(Ruling::kSkip, "would", reason_to_refuse(account), now);
  outcome.events.back().would = prospect_name(prospect_of(decision_, account, facts_.exists));
  return outcome;
}

Outcome Conversation::begin_enforced(const Account& account, Instant now) {
  if (prospect_of(decision_, account, facts_.exists) != Prospect::kPasses) return ask("", false);
  Outcome outcome = conclude(Ruling::kSkip, "skipped", reason_to_refuse(account), now);
  if (decision_.unenrolled == Unenrolled::kRemind) std::get<Verdict>(outcome.reply).message = say(TextId::kRemind);
  return outcome;
}

Outcome Conversation::answer(std::string_view typed, Store& store, Instant now) {
  if (--turns_left_ == 0) return refuse_try("too-many-turns", "", now);
  if (typed == "?" || typed == "？") return ask(say(TextId::kHelp), false);
  const auto code = parse_code(typed);
  if (!code) return refuse_try("not-a-code", "", now);
  return judge_code(*code, store, now);
}

Outcome Conversation::judge_code(const Code& code, Store& store, Instant now) {
  const Account account = store.account(facts_.user);
  const std::string hollow = reason_to_refuse(account);
  if (!hollow.empty()) return refuse_try(hollow, "", now);
  const auto known = account.failures.find(claimant());
  const Failures failures = known == account.failures.end() ? Failures() : known->second;
  if (is_over_limit(failures, now)) return refuse_try("over-limit", "", now);

  const Best best = find_among(account.methods, code, manner_.codes.window, now);
  if (best.method == nullptr && !best.spent_label.empty()) return refuse_try("already-used", best.spent_label, now);
  if (best.method == nullptr) {
    store.record_failures(facts_.user, claimant(), with_failure(failures, now));
    return refuse_try("wrong-code", "", now);
  }
  const Drift drift = drift_after(*best.method, *best.step, now);
  const Spend spend = store.spend(facts_.user, best.method->id, *best.step, drift, now);
  if (spend != Spend::kWon)
    return refuse_try(spend == Spend::kAlready ? "already-used" : "spend-unknown", best.method->label, now);
  if (forgiven(failures) != failures) store.record_failures(facts_.user, claimant(), forgiven(failures));
  method_ = best.method->label;
  return conclude(Ruling::kAllow, "accepted", "", now);
}

Outcome Conversation::withhold(Withheld reason, Instant now) {
  if (--turns_left_ == 0) return refuse_try("too-many-turns", "", now);
  if (reason == Withheld::kPassword) return ask(say(TextId::kWasPassword), false);
  if (reason == Withheld::kPasswordMethod) tries_left_ = 1;
  return refuse_try(withheld_reason(reason), "", now);
}

Outcome Conversation::fail(std::string_view reason, Instant now) {
  if (observe_ && !asked_) {
    Outcome outcome = conclude(Ruling::kSkip, "would", reason, now);
    outcome.events.back().would = "refuse";
    return outcome;
  }
  Outcome outcome = conclude(Ruling::kUnavailable, "error", reason, now);
  outcome.negative = false;
  return outcome;
}

Outcome Conversation::ask(std::string notice, bool negative) {
  asked_ = true;
  Outcome outcome;
  if (!notice.empty()) notice += '\n';
  outcome.reply = Prompt{notice + say(TextId::kPrompt, manner_.codes.digits), manner_.codes.echo};
  outcome.negative = negative;
  return outcome;
}

Outcome Conversation::refuse_try(std::string_view reason, std::string_view method, Instant now) {
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

std::string Conversation::say(TextId id, int number) const { return text_of(id, manner_.language, number); }

Claimant Conversation::claimant() const { return facts_.trusted ? Claimant::kTrusted : Claimant{facts_.peer_uid}; }

}  // namespace seimon::core

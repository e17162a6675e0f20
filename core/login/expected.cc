// SPDX-License-Identifier: Apache-2.0
#include "core/login/expected.h"

#include <array>

namespace seimon::core {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 5> kExpectedNames = {"refuse", "require", "skip", "ask", "enrol"};

ExpectedOutcome expected_without_method(Unenrolled action, const Situation& situation, bool skips) {
  switch (action) {
    case Unenrolled::kAllow:
    case Unenrolled::kRemind: return ExpectedOutcome::kPasses;
    case Unenrolled::kAsk: return situation.may_register ? ExpectedOutcome::kOffered : ExpectedOutcome::kPasses;
    case Unenrolled::kEnrol:
      if (situation.may_register) return ExpectedOutcome::kRegisters;
      [[fallthrough]];
    case Unenrolled::kDeny: return skips ? ExpectedOutcome::kPasses : ExpectedOutcome::kRefused;
  }
  return ExpectedOutcome::kRefused;
}

}  // namespace

std::string_view expected_name(ExpectedOutcome expected) { return kExpectedNames[static_cast<std::size_t>(expected)]; }

Situation situation_of(const Facts& facts, const Policy& policy, const EnrolmentSettings& settings, Moment now) {
  Situation situation;
  situation.age = now.age;
  situation.exists = facts.exists;
  situation.on_page = facts.service == kPageService;
  const bool believed = facts.trusted && facts.untrusted_host.empty();
  situation.from_enrol_from = believed && is_in_networks(policy, settings.enrol_from, facts.origin, now.wall);
  situation.may_replace = believed && is_in_networks(policy, settings.replace_from, facts.origin, now.wall);
  situation.may_register = facts.exists && believed && facts.has_account_line && facts.purpose == Purpose::kLogin &&
                           !facts.one_answer && !facts.target &&
                           (settings.enrol_from.empty() || situation.from_enrol_from);
  return situation;
}

namespace {

ExpectedOutcome outcome_at_prompt(const Decision& decision, const Account& account, const Due& due,
                                  const Situation& situation) {
  const bool skips = decision.action == Action::kSkip;
  if (account.profile.suspended || decision.action == Action::kDeny) return ExpectedOutcome::kRefused;
  if (is_enrolled(account, situation.age)) return skips ? ExpectedOutcome::kPasses : ExpectedOutcome::kAsked;
  const bool has_codes = !account.profile.recovery.unused.empty() || !account.profile.bypass.empty();
  if (has_codes && !skips && account.profile.enrolled_before) return ExpectedOutcome::kAsked;
  if (!situation.exists) return skips ? ExpectedOutcome::kPasses : ExpectedOutcome::kRefused;
  if (!account.profile.enrolled_before) return expected_without_method(due.action, situation, skips);
  // Reset: registers again only from where that is explicitly allowed.
  const bool wanted = due.action == Unenrolled::kAsk || due.action == Unenrolled::kEnrol;
  if (wanted && situation.may_register && situation.from_enrol_from) return ExpectedOutcome::kRegisters;
  return skips ? ExpectedOutcome::kPasses : ExpectedOutcome::kRefused;
}

}  // namespace

ExpectedOutcome expected_outcome_of(const Decision& decision, const Account& account, const Due& due,
                                    const Situation& situation) {
  const ExpectedOutcome outcome = outcome_at_prompt(decision, account, due, situation);
  const bool registers = outcome == ExpectedOutcome::kOffered || outcome == ExpectedOutcome::kRegisters;
  return registers && situation.on_page ? ExpectedOutcome::kPasses : outcome;
}

}  // namespace seimon::core

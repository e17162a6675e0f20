// SPDX-License-Identifier: Apache-2.0
// The expected outcome of a login: the policy's decision together with the user's methods. For the conversation, for
// `explain`, and for the rollout reports.
#pragma once

#include "core/login/enrolment.h"
#include "core/policy/policy.h"

namespace seimon::core {

// The expected outcome of a login with this decision and account.
enum class ExpectedOutcome : std::uint8_t { kRefused, kAsked, kPasses, kOffered, kRegisters };
[[nodiscard]] std::string_view expected_name(ExpectedOutcome expected);  // refuse, require, skip, ask, enrol
struct Situation {
  bool exists = false;           // NSS knows the name
  bool may_register = false;     // the login comes from where people may register
  bool from_enrol_from = false;  // because `enrol_from` names that place
  bool may_replace = false;      // `replace_from` names it: whoever has a method may change it without a code
  bool on_page = false;          // a sign-in to the page, where people register after it
  Instant age{};                 // when: a letter's method counts by it, or not yet
};
[[nodiscard]] ExpectedOutcome expected_outcome_of(const Decision& decision, const Account& account, const Due& due,
                                                  const Situation& situation);
[[nodiscard]] Situation situation_of(const Facts& facts, const Policy& policy, const EnrolmentSettings& settings,
                                     Moment now);

}  // namespace seimon::core

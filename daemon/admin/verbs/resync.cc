// SPDX-License-Identifier: Apache-2.0
// A token or phone that ran away: found again by two codes in a row.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/login/enrolment.h"
#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

// Ten an hour, as at a guarded prompt.
void count_try(Request& request, const StepContext& context, const Account& account) {
  const core::CounterScope scope{request.actor.uid};
  const auto known = account.failure_records.find(scope);
  const core::Source source{"uid " + std::to_string(request.actor.uid), false, std::nullopt};
  const core::FailureRecord failures = known == account.failure_records.end() ? core::FailureRecord() : known->second;
  const core::Instant age = context.now.age;
  const core::KnownSource* here = failures.find(source.name);
  if (here != nullptr && core::count_in(here->guarded, core::kHour, age) >= core::kMostGuardedTries)
    throw Refusal{"Refused", "too many tries in this hour; try again later, or ask the help desk", {}};
  context.store.record_failures(request.user, scope, core::guarded_try(failures, source, age));
  keep_so_far(request, context);
}

// The step of two codes in a row, beyond the last used step only.
core::Match find_far(const Method& method, const std::pair<core::Code, core::Code>& pair, core::Instant now,
                     int window) {
  const auto last_step = static_cast<std::int64_t>(method.last_step);
  if (method.otp.by_counter()) {
    const core::Window ahead{core::Step{last_step + 2}, core::Step{last_step + 2 + kFarAhead}};
    return core::match_pair(method.key, method.otp, ahead, method.last_step, pair.first, pair.second);
  }
  const auto centre = static_cast<std::int64_t>(core::step_at(now, method.otp.period));
  const core::Window around{core::Step{centre - core::Drift::kMostDrift}, core::Step{centre + core::Drift::kMostDrift}};
  return core::match_pair(method.key, method.otp, around, core::spent_up_to(method, window), pair.first, pair.second);
}

}  // namespace

json resync(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  request.demand_known(account);
  const std::string name = request.text("method").value_or("");
  const Method& method = method_named(account, name, request);
  if (!core::makes_codes(method.kind))
    throw Refusal{"InvalidParameter",
                  "\"{1}\" makes no codes by itself; there is nothing to synchronise",
                  {base::escaped(method.label)}};
  const auto pair = core::parse_pair(request.text("code").value_or(""));
  if (!pair) throw Refusal{"InvalidParameter", "two codes in a row are needed", {}};
  if (request.is_own) count_try(request, context, account);
  const core::Match match = find_far(method, *pair, context.now.wall, context.config.codes.window);
  const auto record = [&](std::string_view outcome) {
    Event event = event_of(request, context, "resync", outcome);
    event.method = method.label;
    request.events.push_back(event);
    keep_so_far(request, context);
  };
  if (match.fresh == 0) {
    record("refused");
    throw Refusal{"WrongCode",
                  "these are not two codes in a row of \"{1}\" beyond the ones that were used; press for two new ones",
                  {base::escaped(method.label)}};
  }
  const core::Step step{static_cast<std::int64_t>(match.step)};
  core::Drift drift = method.drift;
  if (!method.otp.by_counter()) {
    const auto offset =
        static_cast<std::int64_t>(step) - static_cast<std::int64_t>(core::step_at(context.now.wall, method.otp.period));
    drift = {offset, offset, core::Drift::kRunToLearn};
  }
  if (context.store.spend(request.user, method.id, {step, true}, drift, context.now.age) != core::Spend::kWon) {
    record("refused");
    throw Refusal{"WrongCode", "these codes were used already; press for two new ones", {}};
  }
  if (core::is_waiting(method, context.now.age)) {
    core::Profile profile = context.store.account(request.user).profile;
    profile.enrolled_before = true;
    context.store.write_profile(request.user, profile);
  }
  record("accepted");
  return {{"method", method.label}};
}

}  // namespace seimon::daemon

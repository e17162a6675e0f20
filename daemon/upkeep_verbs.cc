// SPDX-License-Identifier: Apache-2.0
// The verbs of the administrator who puts things right: budgets, counters, clock, copies, damage.
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "daemon/keeper.h"
#include "daemon/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

constexpr int kUsersAtOnce = 200;        // of an inspection, so that logins go on between
constexpr std::int64_t kFarAhead = 100;  // counters or steps that a resync looks at

// Where two codes in a row stand; beyond the mark only.
core::Match find_far(const Method& method, const std::pair<core::Code, core::Code>& pair, core::Instant now) {
  const auto mark = static_cast<std::int64_t>(method.mark);
  if (method.otp.by_counter()) {
    const core::Window ahead{core::Step{mark + 2}, core::Step{mark + 2 + kFarAhead}};
    return core::match_pair(method.key, method.otp, ahead, method.mark, pair.first, pair.second);
  }
  const auto centre = static_cast<std::int64_t>(core::step_at(now, method.otp.period));
  const core::Window around{core::Step{centre - core::Drift::kMostDrift}, core::Step{centre + core::Drift::kMostDrift}};
  return core::match_pair(method.key, method.otp, around, core::spent_up_to(method, 1), pair.first, pair.second);
}

}  // namespace

json reset_failures(Request& request, const Court& court) {
  const Account account = court.store.account(request.user);
  request.demand_known(account);
  std::int64_t failures = 0;
  for (const auto& [claimant, standing] : account.standings) {
    failures += standing.unforgiven_failures();
    court.store.record_standing(request.user, claimant, core::reset(standing));
  }
  request.events.push_back(event_of(request, court, "reset-failures", "reset"));
  return {{"user", request.user.text()}, {"failures", failures}};
}

json resync(Request& request, const Court& court) {
  const Account account = court.store.account(request.user);
  request.demand_known(account);
  const Method& method = method_named(account, request.text("method").value_or(""), request);
  const auto pair = core::parse_pair(request.text("code").value_or(""));
  if (!pair) throw Refusal{"InvalidParameter", "two codes in a row are needed"};
  const core::Match match = find_far(method, *pair, court.now);
  Event event = event_of(request, court, "resync", match.fresh != 0 ? "accepted" : "refused");
  event.method = method.label;
  request.events.push_back(event);
  if (match.fresh == 0)
    throw Refusal{"WrongCode", "these are not two codes in a row of \"" + core::escaped(method.label) +
                                   "\" beyond the ones that were used; press for two new ones"};
  const core::Step step{static_cast<std::int64_t>(match.step)};
  core::Drift drift = method.drift;
  if (!method.otp.by_counter()) {
    const auto offset =
        static_cast<std::int64_t>(step) - static_cast<std::int64_t>(core::step_at(court.now, method.otp.period));
    drift = {offset, offset, core::Drift::kRunToLearn};
  }
  if (court.store.spend_pair(request.user, method.id, step, drift, court.now) != core::Spend::kWon)
    throw Refusal{"WrongCode", "these codes were used already; press for two new ones"};
  return {{"method", method.label}};
}

json accept_clock(Request& request, const Court& court) {
  const std::int64_t lowered = court.upkeep.accept_clock(court.now, court.config.codes.window);
  court.clock.accept(court.now);
  Event event = event_of(request, court, "clock", "accepted");
  event.user.clear();
  request.events.push_back(event);
  return {{"methods", lowered}};
}

json backup(Request& request, const Court& court) {
  if (request.flag("begin")) court.keeper.begin_copy();
  std::string failure;
  switch (court.keeper.copy_state(failure)) {
    case Keeper::Copy::kNone: throw Refusal{"Refused", "no copy is under way"};
    case Keeper::Copy::kUnderWay: return {{"done", false}};
    case Keeper::Copy::kFailed: throw Refusal{"StoreUnavailable", core::escaped(failure)};
    case Keeper::Copy::kDone: break;
  }
  Event event = event_of(request, court, "backup", "copied");
  event.user.clear();
  request.events.push_back(event);
  return {{"done", true}};
}

json begin_epoch(Request& request, const Court& court) {
  court.upkeep.begin_epoch(std::max(court.now, court.clock.latest()));
  court.health.came_back.clear();
  Event event = event_of(request, court, "epoch", "begun");
  event.user.clear();
  request.events.push_back(event);
  return {{"epoch", court.upkeep.era().epoch}};
}

json restore(Request& request, const Court& court) {
  Restored restored;
  try {
    restored = court.keeper.restore(court.now);
  } catch (const std::exception& error) {
    throw Refusal{"InvalidInput", core::escaped(error.what())};
  }
  court.health = Health();
  Event event = event_of(request, court, "restore", "restored");
  event.user.clear();
  event.reason = "backup of " + restored.saved;
  request.events.push_back(event);
  return {{"epoch", restored.epoch},
          {"saved", restored.saved},
          {"came_back", restored.came_back},
          {"resumed", restored.resumed},
          {"unknown", core::escaped(restored.unknown)}};
}

json inspect(Request& request, const Court& court) {
  const core::Inspection inspection = court.upkeep.inspect(request.text("after").value_or(""), kUsersAtOnce);
  json rows = json::array();
  for (const core::Damage& damage : inspection.damages) {
    rows.push_back({{"name", damage.user}, {"what", core::escaped(damage.what)}});
    if (court.health.damaged.size() < Health::kMostDamages)
      court.health.damaged.emplace(damage.what, iso_time(court.now));
  }
  return {{"damages", rows}, {"last", inspection.last}};
}

json repair(Request& request, const Court& court) {
  const std::string name = request.text("name").value_or("");
  const std::vector<std::string> dropped = court.upkeep.repair(core::UserName::of_record(name));
  std::erase_if(court.health.damaged, [&](const auto& row) {
    return row.first.starts_with("user " + name + ",") || row.first.starts_with("user " + name + ":");
  });
  json rows = json::array();
  for (const std::string& what : dropped) rows.push_back(core::escaped(what));
  Event event = event_of(request, court, "repair", "dropped");
  event.user = name;
  event.reason = std::to_string(dropped.size()) + " records";
  if (!dropped.empty()) request.events.push_back(event);
  return {{"dropped", rows}};
}

}  // namespace seimon::daemon

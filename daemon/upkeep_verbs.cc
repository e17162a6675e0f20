// SPDX-License-Identifier: Apache-2.0
// The verbs of the administrator who puts things right: clock, copies, damage.
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "daemon/keeper.h"
#include "daemon/verbs.h"

namespace seimon::daemon {

using core::Event;
using nlohmann::json;

json accept_clock(Request& request, const Court& court) {
  const std::int64_t lowered = court.upkeep.accept_clock(court.now.wall, court.config.codes.window);
  court.clock.accept(court.now.wall);
  Event event = event_of_all(request, court, "clock", "accepted");
  request.events.push_back(event);
  return {{"methods", lowered}};
}

// A server's store has its own tools for that.
void demand_own_store(const Court& court) {
  if (!court.config.store.server.empty())
    throw Refusal{"Refused",
                  "the store is on a database server: back it up and restore it with the server's tools, keep seal.key "
                  "apart from that, and after a restore run: seimon restore --epoch",
                  {}};
}

json backup(Request& request, const Court& court) {
  demand_own_store(court);
  if (request.flag("begin") && !court.keeper.begin_copy())
    throw Refusal{"Refused", "another backup is under way; try again when it has ended", {}};
  std::string failure;
  switch (court.keeper.copy_state(failure)) {
    case Keeper::Copy::kNone: throw Refusal{"Refused", "no copy is under way", {}};
    case Keeper::Copy::kUnderWay: return {{"done", false}};
    case Keeper::Copy::kFailed: throw Refusal{"StoreUnavailable", core::escaped(failure), {}};
    case Keeper::Copy::kDone: break;
  }
  Event event = event_of_all(request, court, "backup", "copied");
  request.events.push_back(event);
  return {{"done", true}};
}

json rewrap_key(Request& request, const Court& court) {
  if (!court.keeper.is_rotating())
    throw Refusal{"Refused", "the service has not read the next sealing key: restart it, and try again", {}};
  court.upkeep.rewrap();
  request.events.push_back(event_of_all(request, court, "key", "rotated"));
  return json::object();
}

json begin_epoch(Request& request, const Court& court) {
  court.upkeep.begin_epoch(std::max(court.now.wall, court.now.age));
  court.health.note_came_back("");
  Event event = event_of_all(request, court, "epoch", "begun");
  request.events.push_back(event);
  return {{"epoch", court.upkeep.era().epoch}};
}

json restore(Request& request, const Court& court) {
  demand_own_store(court);
  Restored restored;
  try {
    restored = court.keeper.restore(std::max(court.now.wall, court.now.age));
  } catch (const std::exception& error) {
    throw Refusal{"InvalidInput", core::escaped(error.what()), {}};
  }
  court.health.forget_all();
  Event event = event_of_all(request, court, "restore", "restored");
  event.reason = "backup of " + restored.saved;
  request.events.push_back(event);
  return {{"epoch", restored.epoch},
          {"saved", restored.saved},
          {"came_back", restored.came_back},
          {"resumed", restored.resumed},
          {"unknown", core::escaped(restored.unknown)}};
}

json inspect(Request& request, const Court& court) {
  (void)court.audit.page(core::EventQuery{});
  const core::Inspection inspection = court.upkeep.inspect(request.text("after").value_or(""), kUsersAtOnce);
  json rows = json::array();
  for (const core::Damage& damage : inspection.damages) {
    rows.push_back({{"name", damage.user}, {"what", core::escaped(damage.what)}});
    court.health.note_damage(damage.what, court.now.wall);
  }
  return {{"damages", rows}, {"last", inspection.last}};
}

json repair(Request& request, const Court& court) {
  const std::string name = request.text("name").value_or("");
  const std::vector<std::string> dropped = court.upkeep.repair(core::UserName::of_record(name));
  court.health.forget_damage_of(name);
  json rows = json::array();
  for (const std::string& what : dropped) rows.push_back(core::escaped(what));
  Event event = event_of(request, court, "repair", "dropped");
  event.user = name;
  event.reason = std::to_string(dropped.size()) + " records";
  if (!dropped.empty()) request.events.push_back(event);
  return {{"dropped", rows}};
}

}  // namespace seimon::daemon

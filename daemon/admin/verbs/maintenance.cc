// SPDX-License-Identifier: Apache-2.0
// The verbs of the administrator who puts things right: clock, copies, damage.
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/work/backup_job.h"

namespace seimon::daemon {

using core::Event;
using nlohmann::json;

json accept_clock(Request& request, const StepContext& context) {
  const std::int64_t lowered = context.maintenance.accept_clock(context.now.wall, context.config.codes.window);
  context.clock.accept(context.now.wall);
  Event event = event_of_all(request, context, "clock", "accepted");
  request.events.push_back(event);
  return {{"methods", lowered}};
}

// A server's store has its own tools for that.
void demand_own_store(const StepContext& context) {
  if (!context.config.store.server.empty())
    throw Refusal{"Refused",
                  "the store is on a database server: back it up and restore it with the server's tools, keep seal.key "
                  "apart from that, and after a restore run: seimon restore --epoch",
                  {}};
}

json backup(Request& request, const StepContext& context) {
  demand_own_store(context);
  if (request.flag("begin") && !context.backup.begin_copy())
    throw Refusal{"Refused", "another backup is under way; try again when it has ended", {}};
  std::string failure;
  switch (context.backup.copy_state(failure)) {
    case BackupJob::Copy::kNone: throw Refusal{"Refused", "no copy is under way", {}};
    case BackupJob::Copy::kUnderWay: return {{"done", false}};
    case BackupJob::Copy::kFailed: throw Refusal{"StoreUnavailable", base::escaped(failure), {}};
    case BackupJob::Copy::kDone: break;
  }
  Event event = event_of_all(request, context, "backup", "copied");
  request.events.push_back(event);
  return {{"done", true}};
}

json rewrap_key(Request& request, const StepContext& context) {
  if (!context.backup.is_rotating())
    throw Refusal{"Refused", "the service has not read the next sealing key: restart it, and try again", {}};
  context.maintenance.rewrap();
  request.events.push_back(event_of_all(request, context, "key", "rotated"));
  return json::object();
}

json begin_epoch(Request& request, const StepContext& context) {
  context.maintenance.begin_epoch(std::max(context.now.wall, context.now.age));
  context.health.note_came_back("");
  Event event = event_of_all(request, context, "epoch", "begun");
  request.events.push_back(event);
  return {{"epoch", context.maintenance.state().epoch}};
}

json restore(Request& request, const StepContext& context) {
  demand_own_store(context);
  Restored restored;
  try {
    restored = context.backup.restore(std::max(context.now.wall, context.now.age));
  } catch (const std::exception& error) {
    throw Refusal{"InvalidInput", base::escaped(error.what()), {}};
  }
  context.health.forget_all();
  Event event = event_of_all(request, context, "restore", "restored");
  event.reason = "backup of " + restored.saved;
  request.events.push_back(event);
  return {{"epoch", restored.epoch},
          {"saved", restored.saved},
          {"came_back", restored.came_back},
          {"resumed", restored.resumed},
          {"unknown", base::escaped(restored.unknown)}};
}

json inspect(Request& request, const StepContext& context) {
  (void)context.audit.page(core::EventQuery{});
  const core::Inspection inspection = context.maintenance.inspect(request.text("after").value_or(""), kUsersAtOnce);
  json rows = json::array();
  for (const core::Damage& damage : inspection.damages) {
    rows.push_back({{"name", damage.user}, {"what", base::escaped(damage.what)}});
    context.health.note_damage(damage.what, context.now.wall);
  }
  return {{"damages", rows}, {"last", inspection.last}};
}

json repair(Request& request, const StepContext& context) {
  const std::string name = request.text("name").value_or("");
  const std::vector<std::string> dropped = context.maintenance.repair(core::UserName::of_record(name));
  context.health.forget_damage_of(name);
  json rows = json::array();
  for (const std::string& what : dropped) rows.push_back(base::escaped(what));
  Event event = event_of(request, context, "repair", "dropped");
  event.user = name;
  event.reason = std::to_string(dropped.size()) + " records";
  if (!dropped.empty()) request.events.push_back(event);
  return {{"dropped", rows}};
}

}  // namespace seimon::daemon

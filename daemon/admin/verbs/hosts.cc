// SPDX-License-Identifier: Apache-2.0
// Verbs about the stateless login hosts, which ask a gate.
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/characters.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using nlohmann::json;

namespace {

std::string host_name(const Request& request) {
  std::string name = request.text("host").value_or("");
  if (name.empty() || name.size() > 253)
    throw Refusal{"InvalidParameter", "a host has a name of up to 253 characters", {}};
  return name;
}

json row_of(const core::LoginHost& host) {
  return {{"host", base::escaped(host.name)},
          {"serial", base::escaped(host.serial)},
          {"enrolled", iso_time(host.enrolled)},
          {"until", iso_time(host.until)},
          {"revoked", host.revoked}};
}

void record(Request& request, const StepContext& context, const std::string& host, std::string_view outcome) {
  core::Event event = event_of_all(request, context, "host", outcome);
  event.reason = "host: " + host;
  request.events.push_back(std::move(event));
}

}  // namespace

json enrol_host(Request& request, const StepContext& context) {
  core::LoginHost host;
  host.name = host_name(request);
  host.serial = request.text("serial").value_or("");
  if (host.serial.empty() || host.serial.size() > 64)
    throw Refusal{"InvalidParameter", "a certificate has a serial number of up to 64 digits", {}};
  host.enrolled = context.now.wall;
  host.until = core::Instant(core::seconds(request.bounded("until", 0, 1, std::int64_t{1} << 40)));
  context.maintenance.write_login_host(host);
  record(request, context, host.name, "enrolled");
  return row_of(host);
}

namespace {

struct CameIn {
  core::Event event;
  core::MethodId method{};
};

// Methods that were registered, replaced or taken over through that host since then, and are still there.
std::vector<CameIn> came_in_through(const std::string& host, core::Instant since, const StepContext& context) {
  std::vector<CameIn> found;
  for (const std::string_view kind : {"enrol", "replace"}) {
    core::EventQuery query;
    query.limit = 1000;
    query.event = kind;
    query.host = host;
    query.since = since;
    for (bool more = true; more;) {
      const core::EventPage page = context.audit.page(query);
      for (const core::Event& event : page.events) {
        const auto user = core::UserName::parse(event.user);
        if (!user) continue;
        for (const core::Method& method : context.store.account(*user).methods)
          if (method.label == event.method && method.registered == event.at) found.push_back({event, method.id});
      }
      query.before = page.next;
      more = page.next > 0;
    }
  }
  return found;
}

}  // namespace

// With `undo_since` what came in through it since then is removed; without, it is only listed.
json revoke_host(Request& request, const StepContext& context) {
  const std::string name = host_name(request);
  auto host = context.maintenance.login_host(name);
  if (!host) throw Refusal{"NoSuchHost", "there is no host \"{1}\"; see: seimon host list", {base::escaped(name)}};
  host->revoked = true;
  context.maintenance.write_login_host(*host);
  record(request, context, name, "revoked");
  json reply = row_of(*host);
  reply["methods"] = json::array();
  const bool undoes = request.number("undo_since").has_value();
  const core::Instant since(core::seconds(request.bounded("undo_since", 0, 0, std::int64_t{1} << 40)));
  for (const CameIn& row : came_in_through(name, since, context)) {
    reply["methods"].push_back({{"user", base::escaped(row.event.user)},
                                {"method", base::escaped(row.event.method)},
                                {"at", iso_time(row.event.at)},
                                {"removed", undoes}});
    if (!undoes) continue;
    const core::UserName user = core::UserName::of_record(row.event.user);
    (void)context.store.remove_method(user, row.method);
    core::Profile profile = context.store.account(user).profile;
    if (context.store.account(user).methods.empty()) profile.revoke();
    profile.tickets.clear();
    context.store.write_profile(user, profile);
    core::Event event = event_of_all(request, context, "remove", "removed");
    event.user = row.event.user;
    event.method = row.event.method;
    event.reason = "host: " + name;
    request.events.push_back(std::move(event));
  }
  return reply;
}

json login_hosts(Request& /*request*/, const StepContext& context) {
  std::map<std::string, core::Host> seen;
  for (core::Host& host : context.maintenance.hosts()) seen.emplace(host.name, std::move(host));
  json rows = json::array();
  for (const core::LoginHost& host : context.maintenance.login_hosts()) {
    json row = row_of(host);
    const auto known = seen.find(host.name);
    if (known != seen.end()) {
      row["version"] = base::escaped(known->second.version);
      row["seen"] = iso_time(known->second.seen);
      row["clock_offset"] = known->second.clock_offset;
    }
    rows.push_back(std::move(row));
  }
  return {{"hosts", rows}};
}

}  // namespace seimon::daemon

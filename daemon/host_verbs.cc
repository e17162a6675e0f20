// SPDX-License-Identifier: Apache-2.0
// Verbs about the login hosts that hold nothing and ask a gate.
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "daemon/clock.h"
#include "daemon/verbs.h"

namespace seimon::daemon {

using nlohmann::json;

namespace {

std::string host_name(const Request& request) {
  std::string name = request.text("host").value_or("");
  if (name.empty() || name.size() > 253)
    throw Refusal{"InvalidParameter", "a host has a name of up to 253 characters", {}};
  return name;
}

json row_of(const core::GuestHost& host) {
  return {{"host", core::escaped(host.name)},
          {"serial", core::escaped(host.serial)},
          {"enrolled", iso_time(host.enrolled)},
          {"until", iso_time(host.until)},
          {"revoked", host.revoked}};
}

void record(Request& request, const Court& court, const std::string& host, std::string_view outcome) {
  core::Event event = event_of_all(request, court, "host", outcome);
  event.reason = "host: " + host;
  request.events.push_back(std::move(event));
}

}  // namespace

json enrol_host(Request& request, const Court& court) {
  core::GuestHost host;
  host.name = host_name(request);
  host.serial = request.text("serial").value_or("");
  if (host.serial.empty() || host.serial.size() > 64)
    throw Refusal{"InvalidParameter", "a certificate has a serial number of up to 64 digits", {}};
  host.enrolled = court.now;
  host.until = core::Instant(core::seconds(request.bounded("until", 0, 1, std::int64_t{1} << 40)));
  court.upkeep.write_guest_host(host);
  record(request, court, host.name, "enrolled");
  return row_of(host);
}

json revoke_host(Request& request, const Court& court) {
  const std::string name = host_name(request);
  auto host = court.upkeep.guest_host(name);
  if (!host) throw Refusal{"NoSuchHost", "there is no host \"{1}\"; see: seimon host list", {core::escaped(name)}};
  host->revoked = true;
  court.upkeep.write_guest_host(*host);
  record(request, court, name, "revoked");
  return row_of(*host);
}

json guest_hosts(Request& /*request*/, const Court& court) {
  std::map<std::string, core::Host> seen;
  for (core::Host& host : court.upkeep.hosts()) seen.emplace(host.name, std::move(host));
  json rows = json::array();
  for (const core::GuestHost& host : court.upkeep.guest_hosts()) {
    json row = row_of(host);
    const auto known = seen.find(host.name);
    if (known != seen.end()) {
      row["version"] = core::escaped(known->second.version);
      row["seen"] = iso_time(known->second.seen);
      row["clock_offset"] = known->second.clock_offset;
    }
    rows.push_back(std::move(row));
  }
  return {{"hosts", rows}};
}

}  // namespace seimon::daemon

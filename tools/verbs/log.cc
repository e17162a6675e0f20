// SPDX-License-Identifier: Apache-2.0
// seimon log: the audit trail, oldest first. The service has escaped every value.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "tools/enroll/proof.h"
#include "tools/import/csv.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_log {
namespace {

using nlohmann::json;

constexpr int kMost = 1000;  // of one reply
constexpr int kMostOfOwn = 200;
constexpr int kMostShown = 100000;
constexpr auto kPause = 500;  // ms between two looks of --follow

std::string user;
std::string event;
std::string outcome;
std::string service;
std::string from;
std::string reason;
std::string since;
std::string until;
std::string host;
std::int64_t before = 0;
int limit = 100;
bool follow = false;
bool csv = false;
bool lines = false;

constexpr std::array<const char*, 15> kOrder = {"event",   "outcome", "user",  "actor",        "service",
                                                "host",    "from",    "tty",   "method",       "rule",
                                                "network", "reason",  "would", "clock_offset", "conversation"};

struct Filter {
  const char* key;
  const std::string* wanted;
};
constexpr std::array<Filter, 6> kFilters = {{{"event", &event},
                                             {"outcome", &outcome},
                                             {"service", &service},
                                             {"from", &from},
                                             {"reason", &reason},
                                             {"host", &host}}};

void add(Options& options) {
  options.add_option("user,-u,--user", user, "only this user's events");
  options.add_option("-n,--limit", limit, "the newest N events (default 100)").between(1, kMostShown);
  options.add_option("--event", event, "only these: login, try, enrol, alarm …");
  options.add_option("--outcome", outcome, "only these: accepted, refused, skipped …");
  options.add_option("--service", service, "only of this PAM service");
  options.add_option("--from", from, "only from this address");
  options.add_option("--reason", reason, "only with this reason");
  options.add_option("--host", host, "only of this host");
  options.add_option("--since", since, "only from then on: an age (15m, 7d) or a date (2026-04-04, 2026-04-04T09:00)");
  options.add_option("--until", until, "only before then");
  options.add_option("--before", before, "only older than the event of this id: the next page").positive();
  options.add_flag("--follow,-f", follow, "continue with new events, until Ctrl-C");
  options.add_flag("--csv", csv, "comma-separated values");
  options.add_flag("--json-lines", lines, "a JSON object a line");
}

json query() {
  json parameters = {{"user", user.empty() ? own_name() : user}, {"limit", getuid() == 0 ? kMost : kMostOfOwn}};
  if (user.empty() && getuid() == 0) parameters["all"] = true;
  for (const Filter& filter : kFilters)
    if (!filter.wanted->empty()) parameters[filter.key] = *filter.wanted;
  if (!since.empty()) parameters["since"] = std::max<std::int64_t>(0, moment_of(since, "--since"));
  if (!until.empty()) parameters["until"] = std::max<std::int64_t>(0, moment_of(until, "--until"));
  return parameters;
}

struct Found {
  json events = json::array();  // oldest first
  std::int64_t next = 0;        // older ones are before this id
};

// The newest `limit` that the filters let through, page by page.
Found find(Client& client) {
  json parameters = query();
  Found found;
  found.next = before;
  do {
    if (found.next > 0) parameters["before"] = found.next;
    const std::size_t wanted = static_cast<std::size_t>(limit) - found.events.size();
    parameters["limit"] = std::min<std::size_t>(parameters.at("limit").get<std::size_t>(), wanted);
    json reply = call_with_proof(client, "Log", parameters);
    json page = std::move(reply.at("events"));
    page.insert(page.end(), found.events.begin(), found.events.end());
    found.events = std::move(page);
    found.next = reply.at("next");
  } while (found.next > 0 && found.events.size() < static_cast<std::size_t>(limit));
  return found;
}

void print_event(const json& row) {
  if (lines) {
    std::printf("%s\n", row.dump().c_str());
  } else if (csv) {
    std::string line = row.at("at").get<std::string>();
    for (const char* key : kOrder) line += "," + csv_shown(row.value(key, ""));
    std::printf("%s\r\n", line.c_str());
  } else {
    std::printf("%s", local_time(row.at("at")).c_str());
    for (const char* key : kOrder)
      if (row.contains(key)) std::printf(" %s=\"%s\"", key, row.at(key).get<std::string>().c_str());
    std::printf("\n");
  }
}

// Prints events newer than the event `last`. Several hosts on one server may commit out of order: a few events are read
// again.
[[noreturn]] void follow_from(Client& client, std::int64_t last) {
  std::set<std::int64_t> shown;
  json parameters = query();
  while (true) {
    (void)std::fflush(stdout);
    (void)poll(nullptr, 0, kPause);
    const json events = call_with_proof(client, "Log", parameters).at("events");
    const bool gap = !events.empty() && events.size() == parameters.at("limit").get<std::size_t>() &&
                     events.front().at("id").get<std::int64_t>() > std::max(last, shown.empty() ? 0 : *shown.rbegin());
    if (gap) std::fprintf(stderr, "%s\n", _("more events came than are shown here"));
    for (const auto& row : events) {
      const std::int64_t id = row.at("id");
      if (id > last && shown.insert(id).second) print_event(row);
    }
    while (shown.size() > kMost) {
      last = std::max(last, *shown.begin());
      shown.erase(shown.begin());
    }
  }
}

int run(const Common& common) {
  Client client(common);
  const Found found = find(client);
  if (common.json && !follow) {
    print_json(found.events);
    return kDone;
  }
  lines = lines || common.json;
  if (csv) {
    std::printf("at");
    for (const char* key : kOrder) std::printf(",%s", key);
    std::printf("\r\n");
  }
  for (const auto& row : found.events) print_event(row);
  if (follow) follow_from(client, found.events.empty() ? 0 : found.events.back().at("id").get<std::int64_t>());
  if (found.next > 0 && !lines && !csv)
    std::fprintf(stderr, "%s\n",
                 filled(_("there are more; the next page: --before {1}"), {std::to_string(found.next)}).c_str());
  return kDone;
}

}  // namespace
}  // namespace verb_log

extern const VerbRow kLog = {
    .name = "log",
    .help = N_("the audit trail"),
    .examples = "seimon log alice -n 20\nseimon log --outcome refused --since 24h\nseimon log --follow --json-lines",
    .has_json = true,
    .add = verb_log::add,
    .run = verb_log::run};

}  // namespace seimon::tools

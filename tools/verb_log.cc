// SPDX-License-Identifier: Apache-2.0
// seimon log: the audit trail, oldest first. The service has escaped every value.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/csv.h"
#include "tools/duration.h"
#include "tools/proof.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

constexpr int kMost = 1000;   // of one reply
constexpr auto kPause = 500;  // ms between two looks of --follow

std::string user;
std::string event;
std::string outcome;
std::string service;
std::string from;
std::string reason;
std::string since;
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
constexpr std::array<Filter, 5> kFilters = {
    {{"event", &event}, {"outcome", &outcome}, {"service", &service}, {"from", &from}, {"reason", &reason}}};

void add(CLI::App& app) {
  app.add_option("user,-u,--user", user, "only this user's events");
  app.add_option("-n,--limit", limit, "the newest N events (default 100)")->check(CLI::Range(1, kMost));
  app.add_option("--event", event, "only these: login, try, enrol, alarm …");
  app.add_option("--outcome", outcome, "only these: accepted, refused, skipped …");
  app.add_option("--service", service, "only of this PAM service");
  app.add_option("--from", from, "only from this address");
  app.add_option("--reason", reason, "only with this reason");
  app.add_option("--since", since, "only of the last 90s, 15m, 24h or 2d");
  app.add_flag("--follow,-f", follow, "go on with what comes, until Ctrl-C");
  app.add_flag("--csv", csv, "comma-separated values");
  app.add_flag("--json-lines", lines, "a JSON object a line");
}

// Times are of one form and one zone: their order is that of their texts.
bool is_wanted(const json& row, const std::string& begin) {
  for (const Filter& filter : kFilters)
    if (!filter.wanted->empty() && row.value(filter.key, "") != *filter.wanted) return false;
  return begin.empty() || row.at("at").get<std::string>() >= begin;
}

std::string begin_of(std::int64_t seconds) {
  const std::time_t at = std::time(nullptr) - seconds;
  std::tm parts = {};
  (void)gmtime_r(&at, &parts);
  std::array<char, 32> text{};
  (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

json newest(Client& client) {
  json parameters = {{"user", user.empty() ? own_name() : user}, {"limit", kMost}};
  if (user.empty() && getuid() == 0) parameters["all"] = true;
  if (getuid() != 0) parameters["limit"] = 200;
  return call_with_proof(client, "Log", parameters).at("events");
}

void print_event(const json& row) {
  if (lines) {
    std::printf("%s\n", row.dump().c_str());
  } else if (csv) {
    std::string line = row.at("at").get<std::string>();
    for (const char* key : kOrder) line += "," + csv_cell(row.value(key, ""));
    std::printf("%s\r\n", line.c_str());
  } else {
    std::printf("%s", row.at("at").get<std::string>().c_str());
    for (const char* key : kOrder)
      if (row.contains(key)) std::printf(" %s=\"%s\"", key, row.at(key).get<std::string>().c_str());
    std::printf("\n");
  }
}

// The filters look at the newest kMost events; what they leave is shown, at most `limit`.
json wanted_of(const json& events) {
  const std::string begin = since.empty() ? "" : begin_of(seconds_of(since, "--since"));
  json rows = json::array();
  for (const auto& row : events)
    if (is_wanted(row, begin)) rows.push_back(row);
  if (rows.size() > static_cast<std::size_t>(limit)) rows.erase(rows.begin(), rows.end() - limit);
  return rows;
}

// What is in `now` behind the last event of `before`.
json fresh(const json& before, const json& now) {
  std::size_t at = now.size();
  while (at > 0 && !before.empty() && now[at - 1] != before.back()) --at;
  if (at == 0 && !before.empty()) std::fprintf(stderr, "%s\n", _("more events came than are shown here"));
  json rows = json::array();
  for (std::size_t i = before.empty() ? 0 : at; i < now.size(); ++i)
    if (is_wanted(now[i], "")) rows.push_back(now[i]);
  return rows;
}

[[noreturn]] void follow_from(Client& client, json seen) {
  while (true) {
    (void)std::fflush(stdout);
    (void)poll(nullptr, 0, kPause);
    json now = newest(client);
    for (const auto& row : fresh(seen, now)) print_event(row);
    seen = std::move(now);
  }
}

int run(const Common& common) {
  Client client(common);
  json events = newest(client);
  const json rows = wanted_of(events);
  if (common.json && !follow) {
    std::printf("%s\n", rows.dump(2).c_str());
    return kDone;
  }
  lines = lines || common.json;
  if (csv) {
    std::printf("at");
    for (const char* key : kOrder) std::printf(",%s", key);
    std::printf("\r\n");
  }
  for (const auto& row : rows) print_event(row);
  if (follow) follow_from(client, std::move(events));
  return kDone;
}

}  // namespace

const VerbRow kLog = {"log", "the audit trail", add, run};

}  // namespace seimon::tools

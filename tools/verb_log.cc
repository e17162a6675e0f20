// SPDX-License-Identifier: Apache-2.0
// seimon log: the audit trail, oldest first. The service has escaped every value.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/proof.h"

namespace seimon::tools {

namespace {

std::string user;
int limit = 100;

constexpr std::array<const char*, 14> kOrder = {"event",   "outcome", "user",  "actor",       "service",
                                                "host",    "from",    "tty",   "method",      "rule",
                                                "network", "reason",  "would", "conversation"};

void add(CLI::App& app) {
  app.add_option("user,-u,--user", user, "only this user's events");
  app.add_option("-n,--limit", limit, "the newest N events (default 100)")->check(CLI::Range(1, 1000));
}

int run(const Common& common) {
  const bool all = user.empty() && getuid() == 0;
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}, {"limit", limit}};
  if (all) parameters["all"] = true;
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "Log", parameters);
  if (common.json) {
    std::printf("%s\n", reply.at("events").dump(2).c_str());
    return kDone;
  }
  for (const auto& event : reply.at("events")) {
    std::printf("%s", event.at("at").get<std::string>().c_str());
    for (const char* key : kOrder)
      if (event.contains(key)) std::printf(" %s=\"%s\"", key, event.at(key).get<std::string>().c_str());
    std::printf("\n");
  }
  return kDone;
}

}  // namespace

const VerbRow kLog = {"log", "the audit trail", add, run};

}  // namespace seimon::tools

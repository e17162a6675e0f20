// SPDX-License-Identifier: Apache-2.0
// seimon status: is the service well; or one user's standing.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"

namespace seimon::tools {

namespace {

std::string user;

void add(CLI::App& app) { app.add_option("user,-u,--user", user, "one user's standing"); }

void print_user(const nlohmann::json& reply) {
  std::printf("%s: %s%s\n", reply.at("user").get<std::string>().c_str(), reply.at("state").get<std::string>().c_str(),
              reply.at("suspended").get<bool>() ? ", suspended" : "");
  std::printf("wrong codes today: %d\n", reply.at("failures").get<int>());
  const auto until = reply.at("over_limit_until").get<std::string>();
  if (!until.empty()) std::printf("over the limit: every code is refused until %s\n", until.c_str());
  for (const auto& method : reply.at("methods"))
    std::printf("method %s (%s), last used %s\n", method.at("label").get<std::string>().c_str(),
                method.at("kind").get<std::string>().c_str(),
                method.at("last_used").get<std::string>().empty() ? "never"
                                                                  : method.at("last_used").get<std::string>().c_str());
}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply =
      user.empty() ? client.call("Status", nlohmann::json::object()) : client.call("UserStatus", {{"user", user}});
  if (common.json) {
    std::printf("%s\n", reply.dump(2).c_str());
  } else if (user.empty()) {
    for (const auto& [key, value] : reply.items())
      std::printf("%-12s %s\n", key.c_str(),
                  value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
  } else {
    print_user(reply);
  }
  return kDone;
}

}  // namespace

const VerbRow kStatus = {"status", "the service's health, or one user's standing", add, run};

}  // namespace seimon::tools

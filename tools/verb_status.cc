// SPDX-License-Identifier: Apache-2.0
// seimon status: is the service well; or one user's standing.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/proof.h"
#include "tools/saying.h"

namespace seimon::tools {

namespace {

std::string user;
std::string from;

void add(CLI::App& app) {
  app.add_option("user,-u,--user", user, "one user's standing");
  app.add_option("--from", from, "what a login from this address would meet");
}

std::string shown(const nlohmann::json& value, const char* otherwise) {
  const auto text = value.get<std::string>();
  return text.empty() ? otherwise : text;
}

void print_budget(const nlohmann::json& budget) {
  const auto state = budget.at("state").get<std::string>();
  const auto relaxes = budget.at("relaxes_at").get<std::string>();
  std::printf("budget: %s", state.c_str());
  if (!relaxes.empty()) std::printf(" until %s", relaxes.c_str());
  std::printf("; %d failures that nothing forgave\n", budget.at("failures").get<int>());
  for (const auto& window : budget.at("windows"))
    std::printf("  %-12s %3d tries, %.2g of %.2g\n", window.at("window").get<std::string>().c_str(),
                window.at("tries").get<int>(), window.at("used").get<double>(), window.at("most").get<double>());
  if (budget.at("clock_was_ahead").get<bool>())
    std::printf("a method was used while the clock was ahead: two codes in a row are asked for\n");
}

std::string text(const nlohmann::json& row, const char* key) { return row.value(key, ""); }

void print_method(const nlohmann::json& method) {
  std::printf("method %s (%s), last used %s", method.at("label").get<std::string>().c_str(),
              method.at("kind").get<std::string>().c_str(), shown(method.at("last_used"), "never").c_str());
  if (method.at("clock_offset").get<int>() != 0)
    std::printf(", the phone's clock is %+d s off", method.at("clock_offset").get<int>());
  if (!text(method, "lapses_at").empty()) std::printf(", lapses unused at %s", text(method, "lapses_at").c_str());
  std::printf("%s\n", method.at("waits_for_resync").get<bool>() ? ", waits for: seimon resync" : "");
}

void print_user(const nlohmann::json& reply) {
  std::printf("%s: %s%s\n", reply.at("user").get<std::string>().c_str(), reply.at("state").get<std::string>().c_str(),
              reply.at("suspended").get<bool>() ? ", suspended" : "");
  print_budget(reply.at("budget"));
  for (const auto& source : reply.at("sources"))
    std::printf("source %s: %d failures, last success %s%s%s\n", shown(source.at("from"), "unknown").c_str(),
                source.at("failures").get<int>(), shown(source.at("last_success"), "none").c_str(),
                source.at("guarded_success").get<std::string>().empty() ? "" : ", took two codes ",
                source.at("guarded_success").get<std::string>().c_str());
  for (const auto& method : reply.at("methods")) print_method(method);
  std::printf("recovery codes left: %d, bypass codes open: %d\n", reply.at("recovery_codes").get<int>(),
              reply.at("bypass_codes").get<int>());
  for (const auto& event : reply.at("events"))
    std::printf("event %s %s %s %s\n", event.at("at").get<std::string>().c_str(), text(event, "event").c_str(),
                text(event, "outcome").c_str(), text(event, "reason").c_str());
  std::printf("from %s the rule \"%s\" decides: %s\n", from.empty() ? "an unknown place" : from.c_str(),
              reply.at("rule").get<std::string>().c_str(), reply.at("outcome").get<std::string>().c_str());
  const Saying saying = what_to_say(reply);
  std::printf("Say: %s\nSay: %s\n", saying.english.c_str(), saying.japanese.c_str());
}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = user.empty() ? client.call("Status", nlohmann::json::object())
                                            : call_with_proof(client, "UserStatus", {{"user", user}, {"from", from}});
  if (common.json) {
    std::printf("%s\n", reply.dump(2).c_str());
  } else if (user.empty()) {
    for (const auto& [key, value] : reply.items())
      if (!value.is_array())
        std::printf("%-14s %s\n", key.c_str(),
                    value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
    for (const auto& trouble : reply.value("troubles", nlohmann::json::array()))
      std::printf("trouble: %s\n", trouble.get<std::string>().c_str());
  } else {
    print_user(reply);
  }
  return kDone;
}

}  // namespace

const VerbRow kStatus = {"status", "the service's health, or one user's standing", add, run};

}  // namespace seimon::tools

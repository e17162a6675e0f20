// SPDX-License-Identifier: Apache-2.0
// seimon explain: which rule decides a login, and why the others did not.
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/login_options.h"
#include "tools/proof.h"
#include "tools/terminal.h"

namespace seimon::tools {

namespace {

LoginOptions login;
std::string at;

void add(CLI::App& app) {
  login.add_to(app);
  app.add_option("--at", at, "time, as 2026-04-04T09:00:00 (local) or with Z");
}

std::int64_t parse_time(const std::string& text) {
  std::tm parts = {};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) end = strptime(text.c_str(), "%Y-%m-%d", &parts);
  const bool utc = end != nullptr && std::string_view(end) == "Z";
  if (end == nullptr || (*end != '\0' && !utc))
    throw Stop{kUsage, "--at \"" + text + "\": write 2026-04-04T09:00:00 or 2026-04-04T00:00:00Z", ""};
  parts.tm_isdst = -1;
  return utc ? timegm(&parts) : std::mktime(&parts);
}

std::string text(const nlohmann::json& reply, const char* key) { return reply.at(key).get<std::string>(); }

struct Outcome {
  std::string_view name;
  const char* words;
};
constexpr std::array<Outcome, 5> kOutcomes = {{{"asked", "is asked for a code"},
                                               {"passes", "passes without a code"},
                                               {"offered", "is asked whether to register now"},
                                               {"registers", "must register now, and goes on then"},
                                               {"refused", "is asked and refused"}}};

const char* in_words(const std::string& outcome) {
  for (const Outcome& row : kOutcomes)
    if (row.name == outcome) return row.words;
  return "is refused";
}

void print(const nlohmann::json& reply) {
  const std::string place = text(reply, "origin") == "address" ? text(reply, "from") : text(reply, "origin") + " place";
  std::printf("%s at %s from %s: %s", text(reply, "user").c_str(), text(reply, "service").c_str(), place.c_str(),
              text(reply, "action").c_str());
  std::printf(", by rule \"%s\"%s%s\n", text(reply, "rule").c_str(), text(reply, "network").empty() ? "" : ", network ",
              text(reply, "network").c_str());
  if (text(reply, "mode") == "observe")
    std::printf("mode is observe: nobody is asked; enforced it would be: %s\n", text(reply, "would").c_str());
  else if (text(reply, "would") != text(reply, "action"))
    std::printf("once its network is on, rule \"%s\" would make it: %s\n", text(reply, "would_rule").c_str(),
                text(reply, "would").c_str());
  const bool enrolled = !reply.at("methods").empty();
  std::printf("the user %s%s: the login %s\n", enrolled ? "is enrolled" : "has no method, unenrolled = ",
              enrolled ? "" : text(reply, "unenrolled").c_str(), in_words(text(reply, "outcome")));
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : reply.at("considered")) rows.push_back({row.at("rule"), row.at("why"), row.at("place")});
  print_table({"RULE", "WHY", "WHERE"}, rows);
}

int run(const Common& common) {
  nlohmann::json parameters = {{"user", login.user.empty() ? own_name() : login.user},
                               {"service", login.service},
                               {"from", login.from},
                               {"tty", login.tty}};
  if (!at.empty()) parameters["at"] = parse_time(at);
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "Explain", parameters);
  if (common.json) std::printf("%s\n", reply.dump(2).c_str());
  else print(reply);
  return kDone;
}

}  // namespace

const VerbRow kExplain = {"explain", "which rule decides a login, and why", add, run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon list: a user's methods.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/terminal.h"

namespace seimon::tools {

namespace {

std::string user;

void add(CLI::App& app) { app.add_option("user,-u,--user", user, "whose methods (default: yours)"); }

int run(const Common& common) {
  const nlohmann::json reply = Client(common).call("List", {{"user", user.empty() ? own_name() : user}});
  if (common.json) {
    std::printf("%s\n", reply.dump(2).c_str());
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& method : reply.at("methods"))
    rows.push_back({std::to_string(method.at("id").get<std::int64_t>()), method.at("kind"), method.at("label"),
                    method.at("registered"),
                    method.at("last_used").get<std::string>().empty() ? std::string("never")
                                                                      : method.at("last_used").get<std::string>()});
  if (rows.empty()) std::printf("no methods; register one with: seimon enroll %s\n", user.c_str());
  else print_table({"ID", "KIND", "LABEL", "REGISTERED", "LAST USED"}, rows);
  return kDone;
}

}  // namespace

const VerbRow kList = {"list", "list a user's methods", add, run};

}  // namespace seimon::tools

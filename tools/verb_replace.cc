// SPDX-License-Identifier: Apache-2.0
// seimon replace: a new phone for an old one. The old one goes only when the new one has shown its first code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/registering.h"

namespace seimon::tools {

namespace {

std::string user;
std::string method;
std::string label;
std::string qr;

void add(CLI::App& app) {
  app.add_option("-u,--user", user, "whose method (default: yours)");
  app.add_option("method", method, "its label or number")->required();
  app.add_option("--label", label, "another label for the new one");
  app.add_option("--qr", qr, "utf8 (default), inverted, wide, ansi, none, png=FILE or svg=FILE");
}

int run(const Common& common) {
  check_qr(qr);
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}, {"replaces", method}};
  if (!label.empty()) parameters["label"] = label;
  Client client(common);
  register_method(client, parameters, qr, common.json);
  return kDone;
}

}  // namespace

const VerbRow kReplace = {"replace", "change to another phone", add, run};

}  // namespace seimon::tools

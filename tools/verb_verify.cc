// SPDX-License-Identifier: Apache-2.0
// seimon verify: is this the code that the user's app shows? It is counted and spent like at a login.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/proof.h"

namespace seimon::tools {

namespace {

std::string user;

void add(CLI::App& app) { app.add_option("user,-u,--user", user, "whose code (default: yours)"); }

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply =
      call_with_code(client, "Verify", {{"user", user.empty() ? own_name() : user}}, "code", "Code: ");
  std::printf("%s\n", common.json ? reply.dump(2).c_str() : "accepted");
  return kDone;
}

}  // namespace

const VerbRow kVerify = {"verify", "check a user's code, and spend it", add, run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon verify: is this the code that the user's app shows? The help desk's identity check; the code is spent.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/proof.h"
#include "tools/terminal.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

std::string user;

void add(CLI::App& app) { app.add_option("user,-u,--user", user, "whose code (default: yours)"); }

int run(const Common& common) {
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}};
  // Who acts on another account by a role proves themselves before the caller's code is spent.
  const bool by_role = getuid() != 0 && parameters.at("user") != own_name() && !Client::has_ticket();
  if (by_role) parameters["actor_proof"] = ask_line(_("A code of your own, to show that it is you: ")).value_or("");
  Client client(common);
  const nlohmann::json reply =
      call_with_code(client, "Verify", parameters, "code", by_role ? _("The caller's code: ") : _("Code: "));
  std::printf("%s\n", common.json ? reply.dump(2).c_str() : _("accepted"));
  return kDone;
}

}  // namespace

const VerbRow kVerify = {"verify", "check a user's code, and spend it", add, run};

}  // namespace seimon::tools

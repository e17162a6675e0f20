// SPDX-License-Identifier: Apache-2.0
// seimon verify: is this the code that the user's app shows? The help desk's identity check; the code is spent.
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
std::string note;

void add(CLI::App& app) {
  app.add_option("user,-u,--user", user, "whose code (default: yours)");
  app.add_option("--note", note, "why, for the audit trail");
}

int run(const Common& common) {
  Client client(common);
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}, {"note", note}};
  nlohmann::json reply;
  try {
    reply = call_with_code(client, "Verify", parameters, "code", _("Code: "));
  } catch (const Stop& stop) {
    if (stop.error != "ActorProofNeeded") throw;
    const auto proof = ask_line(_("A code of your own, to show that it is you: "));
    const auto code = proof ? ask_line(_("The caller's code: ")) : std::nullopt;
    if (!code) throw Stop{kUsage, _("no code: it is read from standard input"), ""};
    parameters["actor_proof"] = *proof;
    parameters["code"] = *code;
    reply = client.call("Verify", parameters);
  }
  std::printf("%s\n", common.json ? reply.dump(2).c_str() : _("accepted"));
  return kDone;
}

}  // namespace

const VerbRow kVerify = {"verify", "check a user's code, and spend it", add, run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon recovery-codes: new ones; the old ones end.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/enroll/registering.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_recovery_codes {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "user (default: yourself)"); }

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "RecoveryCodes", {{"user", user.empty() ? own_name() : user}});
  if (common.json) print_json(reply);
  else show_recovery_codes(reply.at("recovery"));
  return kDone;
}

}  // namespace
}  // namespace verb_recovery_codes

extern const VerbRow kRecoveryCodes = {.name = "recovery-codes",
                                       .help = N_("new recovery codes; the old ones end"),
                                       .examples = "seimon recovery-codes",
                                       .has_json = true,
                                       .add = verb_recovery_codes::add,
                                       .run = verb_recovery_codes::run};

}  // namespace seimon::tools

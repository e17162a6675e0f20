// SPDX-License-Identifier: Apache-2.0
// seimon recovery-codes: a new sheet; the old one ends.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/options.h"
#include "tools/proof.h"
#include "tools/registering.h"
#include "tools/words.h"

namespace seimon::tools {

namespace verb_recovery_codes {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "for whom (default: you)"); }

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "RecoveryCodes", {{"user", user.empty() ? own_name() : user}});
  if (common.json) std::printf("%s\n", reply.dump(2).c_str());
  else show_recovery_codes(reply.at("recovery"));
  return kDone;
}

}  // namespace
}  // namespace verb_recovery_codes

const VerbRow kRecoveryCodes = {"recovery-codes", N_("new recovery codes; the old ones end"), verb_recovery_codes::add,
                                verb_recovery_codes::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon reset-failures (alias unlock): nothing is held against a user any more.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_reset_failures {
namespace {

std::string user;

void add(Options& options) {
  options.alias("unlock");
  options.add_option("user,-u,--user", user, "which account").required();
}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "ResetFailures", {{"user", user}});
  if (common.json) print_json(reply);
  else
    print_line(_("{1}: {2} failures reset; one code is enough again"),
               {user, std::to_string(reply.at("failures").get<int>())});
  return kDone;
}

}  // namespace
}  // namespace verb_reset_failures

extern const VerbRow kResetFailures = {.name = "reset-failures",
                                       .help = N_("forget a user's wrong codes (the help desk's word)"),
                                       .examples = "seimon reset-failures alice",
                                       .has_json = true,
                                       .add = verb_reset_failures::add,
                                       .run = verb_reset_failures::run};

}  // namespace seimon::tools

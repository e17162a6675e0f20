// SPDX-License-Identifier: Apache-2.0
// seimon list: a user's methods.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/reports/listing.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_list {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "user (default: yourself)"); }

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "List", {{"user", user.empty() ? own_name() : user}});
  if (common.json) print_json(reply);
  else print_methods(reply);
  return kDone;
}

}  // namespace
}  // namespace verb_list

extern const VerbRow kList = {.name = "list",
                              .help = N_("list a user's methods"),
                              .examples = "seimon list\nseimon list alice --json",
                              .has_json = true,
                              .add = verb_list::add,
                              .run = verb_list::run};

}  // namespace seimon::tools

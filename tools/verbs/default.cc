// SPDX-License-Identifier: Apache-2.0
// seimon default: which method the texts name first. Any method's code is accepted all the same.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_default {
namespace {

std::string user;
std::string method;

void add(Options& options) {
  options.add_option("-u,--user", user, "user (default: yourself)");
  options.add_option("method", method, "its label or number").required();
}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply =
      call_with_proof(client, "Default", {{"user", user.empty() ? own_name() : user}, {"method", method}});
  if (common.json) print_json(reply);
  else print_line(_("the default method is \"{1}\" now"), {reply.at("method")});
  return kDone;
}

}  // namespace
}  // namespace verb_default

extern const VerbRow kDefault = {.name = "default",
                                 .help = N_("choose the default method"),
                                 .examples = "seimon default app",
                                 .has_json = true,
                                 .add = verb_default::add,
                                 .run = verb_default::run};

}  // namespace seimon::tools

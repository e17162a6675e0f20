// SPDX-License-Identifier: Apache-2.0
// seimon forget-hosts: remembered hosts are asked again.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_forget_hosts {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "user (default: yourself)"); }

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "ForgetHosts", {{"user", user.empty() ? own_name() : user}});
  if (common.json) print_json(reply);
  else print_line(_("{1} hosts forgotten"), {std::to_string(reply.at("forgotten").get<int>())});
  return kDone;
}

}  // namespace
}  // namespace verb_forget_hosts

extern const VerbRow kForgetHosts = {.name = "forget-hosts",
                                     .help = N_("ask for a code again on remembered hosts"),
                                     .examples = "seimon forget-hosts alice",
                                     .has_json = true,
                                     .add = verb_forget_hosts::add,
                                     .run = verb_forget_hosts::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon rename: another label for a method.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_rename {
namespace {

std::string user;
std::string method;
std::string label;

void add(Options& options) {
  options.add_option("-u,--user", user, "user (default: yourself)");
  options.add_option("method", method, "its label or number").required();
  options.add_option("label", label, "the new label").required();
}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(
      client, "Rename", {{"user", user.empty() ? own_name() : user}, {"method", method}, {"label", label}});
  if (common.json) print_json(reply);
  else print_line(_("\"{1}\" is called \"{2}\" now"), {reply.at("was"), reply.at("method")});
  return kDone;
}

}  // namespace
}  // namespace verb_rename

extern const VerbRow kRename = {.name = "rename",
                                .help = N_("give a method another label"),
                                .examples = "seimon rename app \"old phone\"\nseimon rename -u alice 3 \"red token\"",
                                .has_json = true,
                                .add = verb_rename::add,
                                .run = verb_rename::run};

}  // namespace seimon::tools

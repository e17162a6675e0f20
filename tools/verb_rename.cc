// SPDX-License-Identifier: Apache-2.0
// seimon rename: another label for a method.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/options.h"
#include "tools/proof.h"
#include "tools/words.h"

namespace seimon::tools {

namespace verb_rename {
namespace {

std::string user;
std::string method;
std::string label;

void add(Options& options) {
  options.add_option("-u,--user", user, "whose method (default: yours)");
  options.add_option("method", method, "its label or number").required();
  options.add_option("label", label, "the new label").required();
}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(
      client, "Rename", {{"user", user.empty() ? own_name() : user}, {"method", method}, {"label", label}});
  if (common.json) std::printf("%s\n", reply.dump(2).c_str());
  else print_line(_("\"{1}\" is called \"{2}\" now"), {reply.at("was"), reply.at("method")});
  return kDone;
}

}  // namespace
}  // namespace verb_rename

const VerbRow kRename = {"rename", N_("give a method another label"), verb_rename::add, verb_rename::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon resync: finds a token that was pressed too often, or whose counter is unknown after a restore, by two codes in
// a row.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_resync {
namespace {

std::string user;
std::string method;

void add(Options& options) {
  options.add_option("method", method, "label or number of the method").required();
  options.add_option("-u,--user", user, "user (default: yourself)");
}

int run(const Common& common) {
  const auto first = ask_line(_("Code: "));
  const auto second = first ? ask_line(_("The next code: ")) : std::nullopt;
  if (!second) throw Stop{kUsage, _("two codes in a row are read from standard input"), ""};
  Client client(common);
  const nlohmann::json reply = call_with_proof(
      client, "Resync",
      {{"user", user.empty() ? own_name() : user}, {"method", method}, {"code", *first + " " + *second}});
  if (common.json) print_json(reply);
  else print_line(_("\"{1}\" is found again"), {reply.at("method")});
  return kDone;
}

}  // namespace
}  // namespace verb_resync

extern const VerbRow kResync = {.name = "resync",
                                .help = N_("find a token again by two codes in a row"),
                                .examples = "seimon resync -u alice \"red token\"",
                                .has_json = true,
                                .add = verb_resync::add,
                                .run = verb_resync::run};

}  // namespace seimon::tools

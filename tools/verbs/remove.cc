// SPDX-License-Identifier: Apache-2.0
// seimon remove: ends a method, after asking.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_remove {
namespace {

std::string user;
std::string method;
bool all = false;

void add(Options& options) {
  options.add_option("-u,--user", user, "user (default: yourself)");
  options.add_option("method", method, "its label or number, as `seimon list` shows it");
  options.add_flag("--all", all, "all methods");
}

int run(const Common& common) {
  const std::string whom = user.empty() ? own_name() : user;
  if (all != method.empty()) throw Stop{kUsage, _("name one method or say --all; see: seimon list"), ""};
  const std::string question = all ? filled(_("Remove all methods of {1}?"), {whom})
                                   : filled(_("Remove method \"{1}\" of {2}?"), {method, whom});
  if (!common.yes && !ask_yes(question)) return kNo;
  nlohmann::json parameters = {{"user", whom}};
  if (all) parameters["all"] = true;
  else parameters["method"] = method;
  Client client(common);
  nlohmann::json reply;
  try {
    reply = call_with_proof(client, "Remove", parameters);
  } catch (Stop& stop) {
    // `seimon remove alice` is meant as in `seimon list alice` by people who know the other verbs.
    if (stop.error == "NoSuchMethod" && user.empty() && !all)
      stop.message += filled(_("; did you mean -u {1}?"), {method});
    throw;
  }
  if (common.json) print_json(reply);
  else
    print_line(_("removed; {1} left. Delete the entry in the app as well."),
               {std::to_string(reply.at("left").get<int>())});
  return kDone;
}

}  // namespace
}  // namespace verb_remove

extern const VerbRow kRemove = {.name = "remove",
                                .help = N_("remove a method"),
                                .examples = "seimon remove \"old phone\"\nseimon remove -u alice --all",
                                .has_json = true,
                                .add = verb_remove::add,
                                .run = verb_remove::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon rename-user: an account has another name now.
#include <pwd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_rename_user {
namespace {

std::string from;
std::string to;

void add(Options& options) {
  options.add_option("from", from, "the old name").required();
  options.add_option("to", to, "the new name").required();
}

int run(const Common& common) {
  if (getpwnam(to.c_str()) == nullptr)
    throw Stop{kNoSuch, filled(_("there is no user \"{1}\" on this system; rename the account first"), {to}), ""};
  const nlohmann::json reply = Client(common).call("RenameUser", {{"user", from}, {"to", to}});
  if (common.json) print_json(reply);
  else
    print_line(_("{1} is {2} now, with {3} methods; recovery codes and tickets have ended: seimon recovery-codes"),
               {from, to, std::to_string(reply.at("methods").get<int>())});
  return kDone;
}

}  // namespace
}  // namespace verb_rename_user

extern const VerbRow kRenameUser = {.name = "rename-user",
                                    .help = N_("keep the methods of a renamed account"),
                                    .examples = "seimon rename-user asmith ajones",
                                    .has_json = true,
                                    .add = verb_rename_user::add,
                                    .run = verb_rename_user::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon revoke: a lost device. Methods, recovery and bypass codes, remembered hosts and tickets end at once.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/system/sessions.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_revoke {
namespace {

std::string user;
bool sessions = false;

void add(Options& options) {
  options.add_option("user,-u,--user", user, "user (default: yourself)");
  options.add_flag("--end-sessions", sessions, "end the user's logins on this host as well");
}

int run(const Common& common) {
  const std::string whom = user.empty() ? own_name() : user;
  const std::string question =
      filled(_("End every sign-in method of {1}? A new one must be registered before the next login."), {whom});
  if (!common.yes && !ask_yes(question)) return kNo;
  Client client(common);
  nlohmann::json reply = call_with_proof(client, "Revoke", {{"user", whom}});
  if (sessions) reply["sessions"] = end_sessions(whom);
  if (common.json) {
    print_json(reply);
    return kDone;
  }
  print_line(_("revoked: {1} methods, and all codes, tickets and remembered hosts of {2}"),
             {std::to_string(reply.at("removed").size()), whom});
  if (sessions) print_line(_("{1} sessions ended"), {std::to_string(reply.at("sessions").get<int>())});
  return kDone;
}

}  // namespace
}  // namespace verb_revoke

extern const VerbRow kRevoke = {.name = "revoke",
                                .help = N_("a device is lost: end all methods at once"),
                                .examples = "seimon revoke alice --end-sessions",
                                .has_json = true,
                                .add = verb_revoke::add,
                                .run = verb_revoke::run};

}  // namespace seimon::tools

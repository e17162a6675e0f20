// SPDX-License-Identifier: Apache-2.0
// seimon verify: is this the code that the user's app shows? The help desk's identity check; the code is spent.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_verify {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "user (default: yourself)"); }

int run(const Common& common) {
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}};
  Client client(common);
  // A role holder who acts on another account proves themselves on this connection before the user's code is spent.
  const bool by_role = getuid() != 0 && parameters.at("user") != own_name();
  if (by_role) (void)call_with_proof(client, "List", parameters);
  const nlohmann::json reply =
      call_with_code(client, "Verify", parameters, "code", by_role ? _("The caller's code: ") : _("Code: "));
  if (common.json) print_json(reply);
  else print_line(_("accepted"));
  return kDone;
}

}  // namespace
}  // namespace verb_verify

extern const VerbRow kVerify = {.name = "verify",
                                .help = N_("check a user's code, and spend it"),
                                .examples = "seimon verify alice",
                                .has_json = true,
                                .add = verb_verify::add,
                                .run = verb_verify::run};

}  // namespace seimon::tools

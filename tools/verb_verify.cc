// SPDX-License-Identifier: Apache-2.0
// seimon verify: is this the code that the user's app shows? The help desk's identity check; the code is spent.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/options.h"
#include "tools/proof.h"
#include "tools/terminal.h"
#include "tools/words.h"

namespace seimon::tools {

namespace verb_verify {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "whose code (default: yours)"); }

int run(const Common& common) {
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}};
  Client client(common);
  // Who acts on another account by a role proves themselves, on this connection, before the caller's code is spent.
  const bool by_role = getuid() != 0 && parameters.at("user") != own_name();
  if (by_role) (void)call_with_proof(client, "List", parameters);
  const nlohmann::json reply =
      call_with_code(client, "Verify", parameters, "code", by_role ? _("The caller's code: ") : _("Code: "));
  std::printf("%s\n", common.json ? reply.dump(2).c_str() : _("accepted"));
  return kDone;
}

}  // namespace
}  // namespace verb_verify

const VerbRow kVerify = {"verify", N_("check a user's code, and spend it"), verb_verify::add, verb_verify::run};

}  // namespace seimon::tools

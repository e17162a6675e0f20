// SPDX-License-Identifier: Apache-2.0
// seimon try: a real PAM conversation, here: the service's whole stack, with the prompts on this terminal.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/setup/trial.h"
#include "tools/terminal/client.h"
#include "tools/terminal/login_options.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_try {
namespace {

LoginOptions login;

void add(Options& options) { login.add_to(options); }

// The concluding event of that conversation, when the service can be asked.
nlohmann::json event_of(const Common& common, const std::string& whom, const std::string& conversation) {
  try {
    const nlohmann::json reply = Client(common).call("Log", {{"user", whom}, {"limit", 20}});
    nlohmann::json found;
    for (const auto& event : reply.at("events"))
      if (event.value("conversation", "") == conversation && !conversation.empty()) found = event;
    return found;
  } catch (const Stop&) {
    return {};
  }
}

int run(const Common& common) {
  const std::string whom = login.user.empty() ? own_name() : login.user;
  if (getuid() != 0 && whom != own_name()) throw Stop{kNotPermitted, "only root may try another account's login", ""};
  const Trial result = try_login(login, whom);
  const bool in = result.is_in();
  const nlohmann::json event = event_of(common, whom, result.conversation);
  const std::string account = result.account_name();
  if (common.json) {
    print_json(
        {{"verdict", in ? "in" : "out"}, {"auth", pam_code_name(result.auth)}, {"account", account}, {"event", event}});
  } else {
    std::printf("%s: auth %s, account %s\n", in ? "LET IN" : "REFUSED", pam_code_name(result.auth).c_str(),
                account.c_str());
    if (!event.is_null()) std::printf("event: %s\n", event.dump().c_str());
    else std::printf("event: none; did the stack of \"%s\" come to pam_seimon at all?\n", login.service.c_str());
  }
  return in ? kDone : kNo;
}

}  // namespace
}  // namespace verb_try

extern const VerbRow kTry = {.name = "try",
                             .help = N_("a real login's questions, here"),
                             .examples = "seimon try alice --service sshd --from 203.0.113.9",
                             .has_json = true,
                             .add = verb_try::add,
                             .run = verb_try::run};

}  // namespace seimon::tools

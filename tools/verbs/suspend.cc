// SPDX-License-Identifier: Apache-2.0
// seimon suspend, seimon resume: suspend an account, and end that.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_suspend {
namespace {

std::string user;

void add(Options& options) { options.add_option("user,-u,--user", user, "which account").required(); }

int set(const Common& common, bool suspended) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "Suspend", {{"user", user}, {"suspended", suspended}});
  const bool changed = reply.at("changed").get<bool>();
  if (common.json) print_json(reply);
  else if (suspended) print_line(changed ? _("{1} suspended") : _("{1} already suspended"), {user});
  else print_line(changed ? _("{1} active") : _("{1} already active"), {user});
  return kDone;
}

int run_suspend(const Common& common) { return set(common, true); }
int run_resume(const Common& common) { return set(common, false); }

}  // namespace
}  // namespace verb_suspend

extern const VerbRow kSuspend = {.name = "suspend",
                                 .help = N_("refuse every login of an account"),
                                 .examples = "seimon suspend alice --note \"left in May\"",
                                 .has_json = true,
                                 .add = verb_suspend::add,
                                 .run = verb_suspend::run_suspend};
extern const VerbRow kResume = {.name = "resume",
                                .help = N_("let a suspended account in again"),
                                .examples = "seimon resume alice",
                                .has_json = true,
                                .add = verb_suspend::add,
                                .run = verb_suspend::run_resume};

}  // namespace seimon::tools

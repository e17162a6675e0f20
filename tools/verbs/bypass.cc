// SPDX-License-Identifier: Apache-2.0
// seimon bypass: a temporary code from the help desk, shown once.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_bypass {
namespace {

std::string user;
std::string length;
int uses = 1;
bool list = false;
bool cancel = false;

void add(Options& options) {
  options.add_option("user,-u,--user", user, "user").required();
  options.add_option("--for", length, "how long it works: 15m, 1h (default), 2d");
  options.add_option("--uses", uses, "how often (default 1)").positive();
  const Option open = options.add_flag("--list", list, "the codes that are open, without the codes");
  options.add_flag("--cancel", cancel, "end them all").excludes(open);
}

int print_list(const nlohmann::json& reply) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& code : reply.at("bypass"))
    rows.push_back({std::to_string(code.at("id").get<std::int64_t>()), local_time(code.at("until")),
                    std::to_string(code.at("uses").get<int>()), code.at("actor"), code.at("note")});
  if (rows.empty()) print_line(_("no bypass code is open"));
  else print_table({_("ID"), _("UNTIL"), _("USES"), _("BY"), _("NOTE")}, rows);
  return kDone;
}

int run(const Common& common) {
  Client client(common);
  nlohmann::json parameters = {{"user", user}};
  if (!list && !cancel) {
    if (!length.empty()) parameters["for"] = seconds_of(length, "--for");
    parameters["uses"] = uses;
  }
  const char* call = list ? "ListBypass" : cancel ? "CancelBypass" : "Bypass";
  const nlohmann::json reply = call_with_proof(client, call, parameters);
  if (common.json) {
    print_json(reply);
    return kDone;
  }
  if (list) return print_list(reply);
  if (cancel) {
    print_line(_("{1} bypass codes cancelled"), {std::to_string(reply.at("cancelled").get<int>())});
    return kDone;
  }
  print_line(_("Bypass code of {1}: {2}"), {user, reply.at("code")});
  print_line(_("It works until {1}, {2} times, at the prompt for the code. It is shown only now."),
             {local_time(reply.at("until")), std::to_string(reply.at("uses").get<int>())});
  return kDone;
}

}  // namespace
}  // namespace verb_bypass

extern const VerbRow kBypass = {
    .name = "bypass",
    .help = N_("a temporary code from the help desk"),
    .examples = "seimon bypass alice --for 4h --note \"ticket 4711\"\nseimon bypass alice --cancel",
    .has_json = true,
    .add = verb_bypass::add,
    .run = verb_bypass::run};

}  // namespace seimon::tools

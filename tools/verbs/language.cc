// SPDX-License-Identifier: Apache-2.0
// seimon language: the language of a user's logins.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_language {
namespace {

std::string user;
std::string language;

void add(Options& options) {
  options.add_option("-u,--user", user, "user (default: yourself)");
  options.add_option("language", language, "ja, en or both; default: print the current one")
      .one_of({"ja", "en", "both"});
}

int run(const Common& common) {
  Client client(common);
  nlohmann::json parameters = {{"user", user.empty() ? own_name() : user}};
  if (!language.empty()) parameters["language"] = language;
  const nlohmann::json reply = call_with_proof(client, "Language", parameters);
  const auto chosen = reply.at("language").get<std::string>();
  if (common.json) print_json(reply);
  else print_line(_("logins speak: {1}"), {chosen.empty() ? _("as the site has it") : chosen});
  return kDone;
}

}  // namespace
}  // namespace verb_language

extern const VerbRow kLanguage = {.name = "language",
                                  .help = N_("choose the language of logins"),
                                  .examples = "seimon language ja",
                                  .has_json = true,
                                  .add = verb_language::add,
                                  .run = verb_language::run};

}  // namespace seimon::tools

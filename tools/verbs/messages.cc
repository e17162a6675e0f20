// SPDX-License-Identifier: Apache-2.0
// seimon messages: every text of a login with its id, for manuals and for `texts` in seimon.conf(5).
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_messages {
namespace {

std::string id;

void add(Options& options) { options.add_option("id", id, "one text only"); }

int run(const Common& common) {
  const nlohmann::json reply = Client(common).call("Messages", nlohmann::json::object());
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : reply.at("messages"))
    if (id.empty() || row.at("id") == id) rows.push_back(row);
  if (rows.empty()) throw Stop{kNoSuch, "there is no text \"" + id + "\"; see: seimon messages", ""};
  if (common.json) {
    print_json(rows);
    return kDone;
  }
  for (const auto& row : rows)
    std::printf("%s%s\n  en: %s\n  ja: %s\n", row.at("id").get<std::string>().c_str(),
                row.at("overridden").get<bool>() ? " (overridden)" : "", row.at("en").get<std::string>().c_str(),
                row.at("ja").get<std::string>().c_str());
  return kDone;
}

}  // namespace
}  // namespace verb_messages

extern const VerbRow kMessages = {.name = "messages",
                                  .help = N_("the texts of logins, with their ids"),
                                  .examples = "seimon messages",
                                  .has_json = true,
                                  .add = verb_messages::add,
                                  .run = verb_messages::run};

}  // namespace seimon::tools

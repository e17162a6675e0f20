// SPDX-License-Identifier: Apache-2.0
// seimon repair: reads every record of the store and drops the damaged ones, after asking for each user.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_repair {
namespace {

using nlohmann::json;

bool dry = false;

void add(Options& options) { options.add_flag("--check", dry, "only list damaged records"); }

json all_damages(Client& client) {
  json damages = json::array();
  std::string after;
  do {
    const json part = client.call("Inspect", {{"after", after}});
    for (const json& row : part.at("damages")) damages.push_back(row);
    after = part.at("last").get<std::string>();
  } while (!after.empty());
  return damages;
}

bool repair_one(Client& client, const Common& common, const json& damage) {
  const auto name = damage.at("name").get<std::string>();
  std::printf("%s\n", damage.at("what").get<std::string>().c_str());
  if (dry || (!common.yes && !ask_yes("Drop what is damaged?"))) return false;
  const json reply = client.call("Repair", {{"name", name}});
  for (const json& row : reply.at("dropped")) std::printf("  dropped: %s\n", row.get<std::string>().c_str());
  return true;
}

int run(const Common& common) {
  Client client(common);
  const json damages = all_damages(client);
  if (common.json) {
    print_json(damages);
    return damages.empty() ? kDone : kNo;
  }
  bool all = true;
  for (const json& damage : damages) all = repair_one(client, common, damage) && all;
  if (damages.empty()) std::printf("every record is whole\n");
  else if (all) std::printf("Whoever lost a method registers a new one with the help desk: seimon enroll USER\n");
  return all ? kDone : kNo;
}

}  // namespace
}  // namespace verb_repair

extern const VerbRow kRepair = {.name = "repair",
                                .help = N_("find damaged records and drop them"),
                                .examples = "seimon repair --check",
                                .has_json = true,
                                .add = verb_repair::add,
                                .run = verb_repair::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon config check: what seimond would say of the files. seimon config show: what is in force.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/system/config_check.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_config {
namespace {

std::string what;
std::string file = "/etc/seimon/seimon.conf";

void add(Options& options) {
  options.add_option("what", what, "check or show").required().one_of({"check", "show"});
  options.add_option("--config", file, "configuration file to check");
}

int check() {
  const Output output = check_config(file);
  std::fputs(output.text.c_str(), output.code == 0 ? stdout : stderr);
  if (output.code == 127) throw Stop{kUnreachable, "seimond cannot be started: is it installed?", ""};
  return output.code;
}

int show(const Common& common) {
  const nlohmann::json reply = Client(common).call("ShowConfig", nlohmann::json::object());
  if (common.json) {
    print_json(reply);
    return kDone;
  }
  for (const char* key : {"mode", "store", "issuer"})
    std::printf("%-8s %s\n", key, reply.at(key).get<std::string>().c_str());
  std::printf("%-8s %d digits, %d s, window %d\n\n", "codes", reply.at("digits").get<int>(),
              reply.at("period").get<int>(), reply.at("window").get<int>());
  std::vector<std::vector<std::string>> rows;
  for (const auto& rule : reply.at("rules"))
    rows.push_back({rule.at("name"), rule.at("action"), rule.at("unenrolled"), rule.at("place")});
  print_table({"RULE", "ACTION", "UNENROLLED", "WHERE"}, rows);
  rows.clear();
  for (const auto& network : reply.at("networks"))
    rows.push_back({network.at("name"), network.at("state"), std::to_string(network.at("ranges").get<int>())});
  if (!rows.empty()) {
    std::printf("\n");
    print_table({"NETWORK", "STATE", "RANGES"}, rows);
  }
  return kDone;
}

int run(const Common& common) { return what == "check" ? check() : show(common); }

}  // namespace
}  // namespace verb_config

extern const VerbRow kConfig = {.name = "config",
                                .help = N_("check the configuration, or show the one in force"),
                                .examples = "seimon config check\nseimon config show",
                                .has_json = true,
                                .add = verb_config::add,
                                .run = verb_config::run};

}  // namespace seimon::tools

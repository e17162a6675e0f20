// SPDX-License-Identifier: Apache-2.0
// seimon reload: the service reads its configuration anew, and says whether it has.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_reload {
namespace {

void add(Options&) {}

int run(const Common& common) {
  const nlohmann::json reply = Client(common).call("Reload", nlohmann::json::object());
  if (common.json) return print_json(reply), kDone;
  for (const std::string& warning : reply.at("warnings").get<std::vector<std::string>>())
    std::fprintf(stderr, "%s: %s\n", _("warning"), warning.c_str());
  std::printf("%s\n", _("the configuration is in force"));
  return kDone;
}

}  // namespace
}  // namespace verb_reload

extern const VerbRow kReload = {.name = "reload",
                                .help = N_("read the configuration anew"),
                                .examples = "seimon reload",
                                .has_json = true,
                                .add = verb_reload::add,
                                .run = verb_reload::run};

}  // namespace seimon::tools

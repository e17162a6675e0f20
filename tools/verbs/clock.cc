// SPDX-License-Identifier: Apache-2.0
// seimon clock accept: the clock is right now, whatever it showed before.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_clock {
namespace {

std::string what;

void add(Options& options) { options.add_option("what", what, "accept").required().one_of({"accept"}); }

int run(const Common& common) {
  const nlohmann::json reply = Client(common).call("AcceptClock", nlohmann::json::object());
  if (common.json) print_json(reply);
  else
    std::printf("the clock is accepted; %d methods that had been used ahead of it are usable again\n",
                reply.at("methods").get<int>());
  return kDone;
}

}  // namespace
}  // namespace verb_clock

extern const VerbRow kClock = {.name = "clock",
                               .help = N_("accept the clock after it was wrong"),
                               .examples = "seimon clock accept",
                               .has_json = true,
                               .add = verb_clock::add,
                               .run = verb_clock::run};

}  // namespace seimon::tools

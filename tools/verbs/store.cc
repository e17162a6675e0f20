// SPDX-License-Identifier: Apache-2.0
// seimon store init|migrate|copy: a store on a database server. The work is seimon-store's, which alone among our
// programs reaches a database as its owner.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_store {
namespace {

std::vector<std::string> words;
std::string role;
std::string keep_days;

void add(Options& options) {
  options.add_option("what", words, "init URL, migrate URL, or copy sqlite:PATH URL").required();
  options.add_option("--role", role, "of seimond at the server (default seimond)");
  options.add_option("--keep-days", keep_days, "how long events stay (default 400)");
}

int run(const Common& /*common*/) {
  std::string program = own_program("seimon-store", SEIMON_LIBEXECDIR);
  std::vector<std::string> all = words;
  all.insert(all.begin(), program);
  if (!role.empty()) all.insert(all.end(), {"--role", role});
  if (!keep_days.empty()) all.insert(all.end(), {"--keep-days", keep_days});
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  (void)execv(program.c_str(), arguments.data());
  throw Stop{kBadInput, program + ": " + std::strerror(errno) + "; install the package seimon-postgresql", ""};
}

}  // namespace
}  // namespace verb_store

extern const VerbRow kStore = {.name = "store",
                               .help = N_("make, migrate or fill a store on a database server"),
                               .examples =
                                   "seimon store init postgresql:service=seimon-owner --role seimond\n"
                                   "seimon store copy sqlite:/var/lib/seimon/seimon.db postgresql:service=seimon-owner",
                               .has_json = false,
                               .add = verb_store::add,
                               .run = verb_store::run};

}  // namespace seimon::tools

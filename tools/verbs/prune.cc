// SPDX-License-Identifier: Apache-2.0
// seimon prune: forgets users who are gone from the system.
#include <pwd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_prune {
namespace {

bool dry_run = false;
bool many = false;

void add(Options& options) {
  options.add_flag("--dry-run", dry_run, "only list them");
  options.add_flag("--many", many, "even when more than 5 % would go");
}

constexpr std::size_t kMostPercent = 5;

std::vector<std::string> all_users(Client& client) {
  std::vector<std::string> users;
  std::string after;
  do {
    const nlohmann::json reply = client.call("Users", {{"after", after}});
    for (const auto& user : reply.at("users")) users.push_back(user);
    after = reply.at("last");
  } while (!after.empty());
  return users;
}

// Users that the user database does not know. An error of the database is not an answer.
bool is_gone(const std::string& user) {
  errno = 0;
  if (getpwnam(user.c_str()) != nullptr) return false;
  if (errno == 0 || errno == ENOENT || errno == ESRCH) return true;
  throw Stop{kUnreachable, filled(_("the system's user database did not answer for {1}; no user was removed"), {user}),
             ""};
}

int run(const Common& common) {
  Client client(common);
  const std::vector<std::string> users = all_users(client);
  std::vector<std::string> gone;
  for (const std::string& user : users)
    if (is_gone(user)) gone.push_back(user);
  for (const std::string& user : gone) std::printf("%s\n", user.c_str());
  std::fprintf(
      stderr, "%s\n",
      filled(_("{1} of {2} users are gone"), {std::to_string(gone.size()), std::to_string(users.size())}).c_str());
  const bool too_many = gone.size() * 100 > users.size() * kMostPercent;
  if (too_many && !many)
    throw Stop{kNo,
               _("more than 5 % of the users would be removed: is the user database complete? No user was removed; use "
                 "--many if this is intended"),
               ""};
  if (dry_run || gone.empty()) return kDone;
  if (!common.yes && !ask_yes(_("Forget them?"))) return kNo;
  Client later(common);  // a person may have thought for long
  for (const std::string& user : gone) (void)later.call("Prune", {{"user", user}});
  return kDone;
}

}  // namespace
}  // namespace verb_prune

extern const VerbRow kPrune = {.name = "prune",
                               .help = N_("remove users who no longer exist on the system"),
                               .examples = "seimon prune --dry-run",
                               .has_json = false,
                               .add = verb_prune::add,
                               .run = verb_prune::run};

}  // namespace seimon::tools

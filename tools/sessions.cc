// SPDX-License-Identifier: Apache-2.0
#include "tools/sessions.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "tools/accounts.h"
#include "tools/client.h"
#include "tools/program.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

constexpr const char* kLoginctl = "/usr/bin/loginctl";
constexpr auto kPatience = std::chrono::milliseconds(100);
constexpr int kRounds = 20;

bool logind_runs() { return access("/run/systemd/system", F_OK) == 0 && access(kLoginctl, X_OK) == 0; }

bool terminated_by_logind(const std::string& user) {
  return run_program({kLoginctl, "terminate-user", user}).code == 0;
}

std::optional<pid_t> pid_of(const std::filesystem::path& path) {
  const std::string name = path.filename();
  pid_t pid = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return failure == std::errc() && end == name.data() + name.size() ? std::optional(pid) : std::nullopt;
}

// Session leaders of the uid, but ours.
std::vector<pid_t> leaders_of(uid_t uid) {
  std::vector<pid_t> leaders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = pid_of(entry.path());
    struct stat status = {};
    if (!pid || stat(entry.path().c_str(), &status) != 0 || status.st_uid != uid) continue;
    if (getsid(*pid) == *pid && *pid != getsid(0)) leaders.push_back(*pid);
  }
  return leaders;
}

}  // namespace

int end_sessions(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) throw Stop{kNoSuch, filled(_("there is no user \"{1}\" on this system"), {user}), ""};
  const uid_t uid = entry->pw_uid;
  if (uid < kFirstPerson)
    throw Stop{kNotPermitted,
               filled(_("sessions of uid {1} are the system's own; none was ended"), {std::to_string(uid)}), ""};
  const std::vector<pid_t> leaders = leaders_of(uid);
  // logind would end the caller's own session too: not where the caller is that user.
  if (logind_runs() && getuid() != uid && terminated_by_logind(user)) return static_cast<int>(leaders.size());
  for (const pid_t leader : leaders) (void)kill(leader, SIGHUP);
  for (int round = 0; round < kRounds && !leaders_of(uid).empty(); ++round) std::this_thread::sleep_for(kPatience);
  for (const pid_t leader : leaders_of(uid)) (void)kill(leader, SIGKILL);
  for (int round = 0; round < kRounds && !leaders_of(uid).empty(); ++round) std::this_thread::sleep_for(kPatience);
  const std::size_t left = leaders_of(uid).size();
  if (left > 0)
    throw Stop{kNotPermitted,
               filled(_("{1} sessions of {2} could not be ended from here; ask root: seimon revoke --end-sessions"),
                      {std::to_string(left), user}),
               ""};
  return static_cast<int>(leaders.size());
}

}  // namespace seimon::tools

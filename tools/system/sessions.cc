// SPDX-License-Identifier: Apache-2.0
#include "tools/system/sessions.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "tools/system/accounts.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr const char* kLoginctl = "/usr/bin/loginctl";
constexpr auto kPatience = std::chrono::milliseconds(100);
constexpr int kRounds = 20;
constexpr std::size_t kMostAncestors = 100;

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

// The process that made it, and so on.
std::vector<pid_t> ancestors() {
  std::vector<pid_t> pids = {getpid()};
  for (pid_t pid = getppid(); pid > 1 && pids.size() < kMostAncestors;) {
    pids.push_back(pid);
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name = text.rfind(')');  // proc(5): pid (name) state ppid
    char state = 0;
    pid_t parent = 0;
    std::istringstream rest(name == std::string::npos ? "" : text.substr(name + 1));
    pid = rest >> state >> parent ? parent : 0;
  }
  return pids;
}

// Every process of the uid but those of our own session and what it stands on: what a thief has left running behind a
// session is no leader of one. `only_leaders`: one for each session.
std::vector<pid_t> processes_of(uid_t uid, bool only_leaders) {
  std::vector<pid_t> found;
  const std::vector<pid_t> ours = ancestors();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = pid_of(entry.path());
    struct stat status = {};
    if (!pid || stat(entry.path().c_str(), &status) != 0 || status.st_uid != uid) continue;
    if (getsid(*pid) == getsid(0) || std::find(ours.begin(), ours.end(), *pid) != ours.end()) continue;
    if (!only_leaders || getsid(*pid) == *pid) found.push_back(*pid);
  }
  return found;
}

// By a descriptor of the process: between the list and the signal a pid may have become somebody else's.
void signal_process_of(uid_t uid, pid_t pid, int signal) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return;
  struct stat status = {};
  if (stat(("/proc/" + std::to_string(pid)).c_str(), &status) == 0 && status.st_uid == uid)
    (void)syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0);
  (void)close(process);
}

}  // namespace

int end_sessions(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) throw Stop{kNoSuch, filled(_("there is no user \"{1}\" on this system"), {user}), ""};
  const uid_t uid = entry->pw_uid;
  if (uid < kFirstPerson)
    throw Stop{kNotPermitted,
               filled(_("sessions of uid {1} are the system's own; none was ended"), {std::to_string(uid)}), ""};
  const int sessions = static_cast<int>(processes_of(uid, true).size());
  // logind would end the caller's own session too: not where the caller is that user.
  if (logind_runs() && getuid() != uid && terminated_by_logind(user)) return sessions;
  for (const int signal : {SIGHUP, SIGKILL}) {
    for (const pid_t pid : processes_of(uid, false)) signal_process_of(uid, pid, signal);
    for (int round = 0; round < kRounds && !processes_of(uid, false).empty(); ++round)
      std::this_thread::sleep_for(kPatience);
  }
  const std::size_t left = processes_of(uid, false).size();
  if (left > 0)
    throw Stop{kNotPermitted,
               filled(_("{1} processes of {2} could not be ended from here; ask root: seimon revoke --end-sessions"),
                      {std::to_string(left), user}),
               ""};
  return sessions;
}

}  // namespace seimon::tools

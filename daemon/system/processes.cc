// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/processes.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostOfProc = 4096;
constexpr std::string_view kNoSession = "4294967295";  // pam_loginuid has not run

int open_process(pid_t pid) { return pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1; }

std::string line_of(const std::string& path) {
  try {
    std::string text = base::read_file(path, kMostOfProc);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const std::runtime_error&) {
    return "";
  }
}

// Of the unified hierarchy: "0::/user.slice/user-1000.slice/session-3.scope".
std::string scope_in(std::string_view text) {
  constexpr std::string_view kUnified = "0::";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t scope = line.rfind("/session-");
    if (line.starts_with(kUnified) && scope != std::string_view::npos && line.ends_with(".scope"))
      return "cgroup " + std::string(line.substr(kUnified.size()));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return "";
}

}  // namespace

std::string session_of(pid_t pid, uid_t uid) {
  const int process = open_process(pid);
  if (process < 0) return "";
  const std::string folder = "/proc/" + std::to_string(pid);
  struct stat status = {};
  std::string session;
  if (stat(folder.c_str(), &status) == 0 && status.st_uid == uid) {
    const std::string audit = line_of(folder + "/sessionid");
    session = !audit.empty() && audit != kNoSession ? "audit " + audit : scope_in(line_of(folder + "/cgroup"));
  }
  // Had it ended before this, the number could be another's.
  pollfd ended = {process, POLLIN, 0};
  const bool lives = ::poll(&ended, 1, 0) == 0;
  ::close(process);
  return lives ? session : "";
}

void ProcessWatch::watch(pid_t pid, std::function<void()> ended) {
  const int process = watched_.size() < kMost ? open_process(pid) : -1;
  if (process < 0) return;
  const std::uint64_t id = next_++;
  auto& descriptor = watched_[id] = std::make_unique<asio::posix::stream_descriptor>(loop_, process);
  descriptor->async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, id, ended = std::move(ended)](const asio::error_code& error) {
                           if (error) return;
                           watched_.erase(id);
                           ended();
                         });
}

}  // namespace seimon::daemon

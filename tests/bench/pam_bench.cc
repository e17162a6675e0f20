// SPDX-License-Identifier: Apache-2.0
// pam_bench CONFDIR SERVICE FIRST COUNT PARALLEL KEYFILE: COUNT logins of the users b000000+FIRST …, PARALLEL processes
// at a time, each with the code that its key shows now (lines of KEYFILE: user, base32 key; "-" for a stack that asks
// nothing). Prints one line: successes, p50, p95 and p99 in microseconds, logins a second.
//
// One login is pam_start, pam_authenticate, pam_end, timed as a whole.
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "core/otp.h"

// libpam sends one audit record for each pam_authenticate. Without an audit daemon the kernel prints it on the console,
// which may be a slow serial line: here there is "no audit in this kernel", for every stack alike.
extern "C" [[gnu::visibility("default")]] int audit_open() {
  errno = EPROTONOSUPPORT;
  return -1;
}

namespace {

using Clock = std::chrono::steady_clock;

struct Shared {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::atomic<int> good{0};
  double microseconds[100000] = {};
};

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = answers;
  for (int i = 0; i < count; ++i)
    if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON || messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
      answers[i].resp = strdup(static_cast<const char*>(data));
  return PAM_SUCCESS;
}

struct User {
  std::string name;
  std::string key;
};

std::string code_of(const User& user) {
  using namespace seimon::core;
  if (user.key.empty()) return "";
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::string code =
      std::to_string(code_at(from_base32(user.key), Algorithm::kSha1, 6, step_at(now, std::chrono::seconds(30))));
  code.insert(0, 6 - code.size(), '0');
  return code;
}

bool log_in(const char* folder, const char* service, const User& user, double& microseconds) {
  std::string code = code_of(user);
  const pam_conv conversation = {converse, code.data()};
  const auto start = Clock::now();
  pam_handle_t* handle = nullptr;
  int result = pam_start_confdir(service, user.name.c_str(), &conversation, folder, &handle);
  if (result == PAM_SUCCESS) result = pam_authenticate(handle, PAM_SILENT);
  pam_end(handle, result);
  microseconds = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  return result == PAM_SUCCESS;
}

std::vector<User> read_users(const char* file, int first, int count) {
  std::vector<User> users;
  if (std::string(file) == "-") {
    for (int i = 0; i < count; ++i) users.push_back({"root", ""});
    return users;
  }
  std::ifstream lines(file);
  User user;
  for (int i = 0; lines >> user.name >> user.key && i < first + count; ++i)
    if (i >= first) users.push_back(user);
  return users;
}

double percentile(const std::vector<double>& sorted, double part) {
  return sorted.at(static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const int count = std::atoi(argv[4]);
  const int parallel = std::atoi(argv[5]);
  const std::vector<User> users = read_users(argv[6], std::atoi(argv[3]), count);
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || users.size() != static_cast<std::size_t>(count)) return 2;
  auto* shared = new (memory) Shared;
  std::vector<pid_t> children;
  for (int process = 0; process < parallel; ++process) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    alarm(120);
    ++shared->ready;
    while (!shared->go) usleep(100);
    for (int i = process; i < count; i += parallel)
      if (log_in(argv[1], argv[2], users[static_cast<std::size_t>(i)], shared->microseconds[i])) ++shared->good;
    _exit(0);
  }
  for (int wait = 0; wait < 100000 && shared->ready < parallel; ++wait) usleep(100);
  const auto start = Clock::now();
  shared->go = true;
  for (pid_t child : children) waitpid(child, nullptr, 0);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<double> sorted(shared->microseconds, shared->microseconds + count);
  std::sort(sorted.begin(), sorted.end());
  std::printf("%d %.0f %.0f %.0f %.0f\n", shared->good.load(), percentile(sorted, 0.5), percentile(sorted, 0.95),
              percentile(sorted, 0.99), count / seconds);
  return 0;
}

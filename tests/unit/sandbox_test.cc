// SPDX-License-Identifier: Apache-2.0
// The sandbox from inside: a child enters it and asks for what it must not have.
#include "daemon/system/sandbox.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <set>
#include <thread>

#include "tests/support/test.h"

using namespace seimon::tests;
using seimon::daemon::allowed_calls;
using seimon::daemon::deadly_calls;
using seimon::daemon::enter_sandbox;

namespace {

// The end of a child that enters the sandbox and runs `action`: its exit code, or minus the signal.
template <class Action>
int inside(Action action) {
  const pid_t child = fork();
  if (child == 0) {
    enter_sandbox();
    _exit(action());
  }
  int status = 0;
  check(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void what_executes_or_makes_processes_is_killed() {
  check_equal(inside([] {
                char* none[] = {nullptr};
                return execve("/bin/true", none, none);
              }),
              -SIGSYS);
  check_equal(inside([] { return static_cast<int>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }), -SIGSYS);
  check_equal(inside([] { return static_cast<int>(syscall(SYS_ptrace, 0, 0, 0, 0)); }), -SIGSYS);
  check_equal(inside([] { return static_cast<int>(syscall(SYS_setuid, 0)); }), -SIGSYS);
  check_equal(inside([] { return unshare(CLONE_NEWUSER); }), -SIGSYS);
}

void the_network_is_not_there() {
  check_equal(inside([] { return socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM ? 7 : 1; }), 7);
  check_equal(inside([] { return socket(AF_NETLINK, SOCK_RAW, 0) == -1 && errno == EPERM ? 7 : 1; }), 7);
  check_equal(inside([] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 7 : 1; }), 7);
}

void what_is_in_no_table_fails_like_any_error() {
  check_equal(inside([] { return syscall(SYS_sethostname, "x", 1) == -1 && errno == EPERM ? 7 : 1; }), 7);
  check_equal(inside([] { return syscall(SYS_chmod, "/tmp", 0) == -1 && errno == EPERM ? 7 : 1; }), 7);
}

void threads_still_start() {
  check_equal(inside([] {
                int seen = 0;
                std::thread([&seen] { seen = 7; }).join();
                return seen;
              }),
              7);
}

void each_call_stands_once_and_has_a_reason() {
  std::set<std::string_view> names;
  for (const auto table : {allowed_calls(), deadly_calls()})
    for (const auto& call : table) {
      check(names.insert(call.name).second, std::string(call.name));
      check(!call.reason.empty(), std::string(call.name));
    }
  check(allowed_calls().size() <= 100, "the list stays short");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(what_executes_or_makes_processes_is_killed), SEIMON_TEST(the_network_is_not_there),
      SEIMON_TEST(what_is_in_no_table_fails_like_any_error),   SEIMON_TEST(threads_still_start),
      SEIMON_TEST(each_call_stands_once_and_has_a_reason),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

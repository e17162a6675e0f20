// SPDX-License-Identifier: Apache-2.0
#include "delivery/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <thread>

#include "base/files.h"

namespace seimon::delivery {

namespace {

using base::Descriptor;
using Clock = std::chrono::steady_clock;

struct Pipe {
  Descriptor read;
  Descriptor write;
};

bool open_pipe(Pipe& made) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  made.read.reset(ends[0]);
  made.write.reset(ends[1]);
  return true;
}

// The child, until it is the program. Only functions that signal-safety(7) lists: other threads held locks.
[[noreturn]] void become(char* const* arguments, int input, int output, int errors) {
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {path, nullptr};
  sigset_t none;
  (void)sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)std::signal(SIGPIPE, SIG_DFL);  // what is ignored is inherited
  (void)setpgid(0, 0);
  if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0)
    execve(arguments[0], arguments, environment);
  _exit(127);
}

// Reads what is there into `text`; closes `fd` at its end.
void take_output(Descriptor& fd, std::string& text, bool* is_chatty) {
  std::array<char, 4096> block;
  const ssize_t got = read(fd.get(), block.data(), block.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return fd.reset(-1);
  const std::size_t room = Ended::kMostOutput - text.size();
  text.append(block.data(), std::min(static_cast<std::size_t>(got), room));
  if (is_chatty != nullptr && static_cast<std::size_t>(got) > room) *is_chatty = true;
}

void give_input(Descriptor& fd, std::string_view& rest) {
  const ssize_t put = write(fd.get(), rest.data(), rest.size());
  if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
  if (put < 0 || rest.empty()) fd.reset(-1);  // it does not want the rest: its exit code says what that means
}

// Of a child that has ended, or will.
int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

int remaining(Clock::time_point until) {
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(rest, 0, 1000000));
}

}  // namespace

Ended run_program(const std::vector<std::string>& command, const std::string& input, std::chrono::milliseconds limit) {
  Ended ended;
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  Pipe in;
  Pipe out;
  Pipe err;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(err)) return ended;
  const pid_t child = fork();
  if (child == 0) become(arguments.data(), in.read.get(), out.write.get(), err.write.get());
  if (child < 0) return ended;
  (void)setpgid(child, child);  // whoever of the two is first
  in.read.reset(-1);
  out.write.reset(-1);
  err.write.reset(-1);
  for (const int fd : {in.write.get(), out.read.get(), err.read.get()}) (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  const auto until = Clock::now() + (process.get() < 0 ? std::chrono::milliseconds(0) : limit);
  std::string_view rest = input;
  bool has_ended = false;
  while (!has_ended && !ended.is_late) {
    std::array<pollfd, 4> watched = {{{process.get(), POLLIN, 0},
                                      {in.write.get(), POLLOUT, 0},
                                      {out.read.get(), POLLIN, 0},
                                      {err.read.get(), POLLIN, 0}}};
    const int ready = poll(watched.data(), watched.size(), remaining(until));
    if (ready < 0 && errno != EINTR) break;
    if (watched[1].revents != 0) give_input(in.write, rest);
    if (watched[2].revents != 0) take_output(out.read, ended.output, &ended.is_chatty);
    if (watched[3].revents != 0) take_output(err.read, ended.errors, nullptr);
    has_ended = watched[0].revents != 0;
    ended.is_late = !has_ended && Clock::now() >= until;
  }
  // Its last output; a child of its that keeps the pipe open is not waited for.
  if (has_ended && out.read.get() >= 0) take_output(out.read, ended.output, &ended.is_chatty);
  if (has_ended && err.read.get() >= 0) take_output(err.read, ended.errors, nullptr);
  (void)kill(-child, SIGKILL);  // before it is waited for: its number is still its own
  pollfd end = {process.get(), POLLIN, 0};
  constexpr int kKillTakes = 1000;  // milliseconds
  if (!has_ended && poll(&end, 1, kKillTakes) != 1) {
    // A set-id program that has changed its uid is not ours to kill.
    std::thread([child] { (void)status_of(child); }).detach();
    return ended;
  }
  const int status = status_of(child);
  if (has_ended && WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  return ended;
}

}  // namespace seimon::delivery

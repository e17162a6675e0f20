// SPDX-License-Identifier: Apache-2.0
#include "tools/system/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include "base/files.h"

namespace seimon::tools {

namespace {

constexpr std::size_t kMostOutput = std::size_t{256} << 20U;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> block;
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    if (text.size() < kMostOutput) text.append(block.data(), static_cast<std::size_t>(got));
  }
}

bool fill(int fd, std::string_view text) { return base::write_all(fd, text) && lseek(fd, 0, SEEK_SET) == 0; }

// As root's PATH may lack the folders of its own programs.
std::string found(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = ::getenv("PATH");
  std::string folders = (path == nullptr ? "" : std::string(path) + ":") + "/usr/sbin:/usr/bin:/sbin:/bin:";
  for (std::size_t end = 0; (end = folders.find(':')) != std::string::npos; folders.erase(0, end + 1)) {
    std::string candidate = folders.substr(0, end) + "/" + name;
    if (candidate.front() == '/' && candidate.size() > name.size() + 1 && access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return "";
}

}  // namespace

Output run_program(const std::vector<std::string>& words, std::string_view input) {
  Output output;
  const std::string program = found(words.front());
  std::array<int, 2> ends{};
  // A file in memory: nobody waits for anybody, however long it is.
  const int in = memfd_create("input", MFD_CLOEXEC);
  if (program.empty() || in < 0 || !fill(in, input) || pipe2(ends.data(), O_CLOEXEC) != 0) {
    if (in >= 0) (void)close(in);
    return output;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<std::string> copies = words;
  copies.front() = program;  // sshd wants its whole path
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failure = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  (void)close(in);
  (void)close(ends[1]);
  if (failure == 0) output.text = read_all(ends[0]);
  (void)close(ends[0]);
  int status = 0;
  while (failure == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (failure == 0) output.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

std::string own_program(const std::string& name, const std::string& folder) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = self.parent_path() / name;
  return std::filesystem::exists(beside, error) ? beside.string() : folder + "/" + name;
}

}  // namespace seimon::tools

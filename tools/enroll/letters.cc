// SPDX-License-Identifier: Apache-2.0
#include "tools/enroll/letters.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

// Beside the programs where they were built, else where it was installed.
std::string default_layout() { return own_program("letter.template", SEIMON_DATADIR); }

}  // namespace

Letters::Letters(std::string folder, const std::string& layout)
    : folder_(std::move(folder)),
      layout_(layout.empty() ? default_layout() : layout),
      program_(own_program("seimon-letter", SEIMON_LIBEXECDIR)) {
  if (access(program_.c_str(), X_OK) != 0)
    throw Stop{kBadInput, program_ + ": " + _("is not there; install the package seimon-letter"), ""};
  if (access(layout_.c_str(), R_OK) != 0) throw Stop{kBadInput, layout_ + ": " + std::strerror(errno), ""};
}

void Letters::begin() {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
    throw Stop{kNo, std::string("pipe: ") + std::strerror(errno), ""};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::vector<std::string> words = {program_, folder_, layout_};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int failure = posix_spawn(&child_, program_.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  (void)close(in[0]);
  (void)close(out[1]);
  to_ = fdopen(in[1], "w");
  from_ = fdopen(out[0], "r");
  if (failure != 0) throw Stop{kBadInput, program_ + ": " + std::strerror(failure), ""};
  (void)signal(SIGPIPE, SIG_IGN);  // that it ended is told by what it did not answer
}

Letters::~Letters() {
  if (to_ != nullptr) (void)std::fclose(to_);
  if (from_ != nullptr) (void)std::fclose(from_);
  while (child_ > 0 && waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void Letters::print(const nlohmann::json& letter) {
  std::string text = letter.dump() + "\n";
  const bool sent = std::fwrite(text.data(), 1, text.size(), to_) == text.size() && std::fflush(to_) == 0;
  explicit_bzero(text.data(), text.size());
  std::array<char, 1024> line{};
  const char* got = sent ? std::fgets(line.data(), static_cast<int>(line.size()), from_) : nullptr;
  std::string answer = got == nullptr ? _("seimon-letter ended") : got;
  if (!answer.empty() && answer.back() == '\n') answer.pop_back();
  if (answer != "ok") throw Stop{kBadInput, folder_ + "/" + letter.at("file").get<std::string>() + ": " + answer, ""};
}

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts = {};
  (void)localtime_r(&now, &parts);
  char text[16] = {};
  (void)std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

}  // namespace seimon::tools

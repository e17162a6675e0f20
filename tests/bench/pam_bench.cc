// SPDX-License-Identifier: Apache-2.0
// pam_bench FOLDER SERVICE ANSWER VARIANT FIRST COUNT PARALLEL PEOPLE RAW
//
// COUNT logins (pam_start, pam_authenticate, pam_end, timed as a whole) of the service in FOLDER, PARALLEL at a time,
// each of another of PEOPLE people, the first being number FIRST.
//   ANSWER   none, code (of now), before and after (now's neighbours), counter (how often that person came), wrong,
//            password (and nothing else); a question that begins with "Password" gets the password
//   RHOST in the environment is where they come from; with SHOW there, who failed is told, and how
//   VARIANT  same (one process for all), fork (one each), exec (a fresh one each; timed with its start and end), burst
//            (all begin at one moment, from which each is timed)
// Appends each login to the file RAW and prints: successes, those that count, p50, p95, p99 in microseconds, logins a
// second. What a processor's standstill met does not count (standstill.h).
#include <security/pam_appl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>

#include "tests/bench/people.h"
#include "tests/bench/standstill.h"

// libpam sends one audit record for each pam_authenticate. Without an audit daemon the kernel prints it on the console,
// which may be a slow serial line: here there is "no audit in this kernel", for every stack alike.
extern "C" [[gnu::visibility("default")]] int audit_open() {
  errno = EPROTONOSUPPORT;
  return -1;
}

namespace {

using namespace seimon;
using bench::Clock;

constexpr const char* kPassword = "correct horse";
constexpr std::int64_t kStride = 7919;  // a prime: people come in no order of theirs
constexpr int kMostLogins = 100000;

struct Login {
  Clock::time_point begin;
  Clock::time_point end;
  bool good;
};

struct Shared {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  Clock::time_point start;
  Login logins[kMostLogins];
};

struct Run {
  const char* folder;
  const char* service;
  std::string answer;
  std::string variant;
  std::int64_t first;
  int count;
  int parallel;
  std::int64_t people;
};

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = answers;
  for (int i = 0; i < count; ++i) {
    if (messages[i]->msg_style != PAM_PROMPT_ECHO_ON && messages[i]->msg_style != PAM_PROMPT_ECHO_OFF) continue;
    const bool password = std::strncmp(messages[i]->msg, "Password", 8) == 0;
    answers[i].resp = strdup(password ? kPassword : static_cast<const char*>(data));
  }
  return PAM_SUCCESS;
}

bool log_in(const char* folder, const char* service, const std::string& user, std::string answer) {
  const pam_conv conversation = {converse, answer.data()};
  pam_handle_t* handle = nullptr;
  int result = pam_start_confdir(service, user.c_str(), &conversation, folder, &handle);
  const char* from = std::getenv("RHOST");
  if (result == PAM_SUCCESS && from != nullptr) result = pam_set_item(handle, PAM_RHOST, from);
  if (result == PAM_SUCCESS) result = pam_authenticate(handle, PAM_SILENT);
  if (result != PAM_SUCCESS && std::getenv("SHOW") != nullptr)
    std::fprintf(stderr, "%s: %s\n", user.c_str(), pam_strerror(handle, result));
  pam_end(handle, result);
  return result == PAM_SUCCESS;
}

std::string user_of(const Run& run, int login) { return bench::name_of((run.first + login) * kStride % run.people); }

std::string answer_of(const Run& run, int login) {
  const std::string user = user_of(run, login);
  const auto step = static_cast<std::int64_t>(bench::step_now());
  const auto code = [&](std::int64_t at) { return bench::code_of(user, core::Step{at}); };
  if (run.answer == "code") return code(step);
  if (run.answer == "before") return code(step - 1);
  if (run.answer == "after") return code(step + 1);
  if (run.answer == "counter") return code((run.first + login) / run.people);
  if (run.answer == "wrong") return code(step + 1000);
  return "";
}

bool ended_well(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool in_a_process(const Run& run, const std::string& user, const std::string& answer) {
  const pid_t child = fork();
  if (child == 0) _exit(log_in(run.folder, run.service, user, answer) ? 0 : 1);
  return child > 0 && ended_well(child);
}

bool in_a_program(const Run& run, const std::string& user, const std::string& answer) {
  const char* arguments[] = {"pam_bench", "one", run.folder, run.service, user.c_str(), answer.c_str(), nullptr};
  pid_t child = 0;
  return posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(arguments), environ) == 0 &&
         ended_well(child);
}

void log_in_once(const Run& run, int login, Shared& shared) {
  Login& record = shared.logins[login];
  const std::string user = user_of(run, login);
  const std::string answer = answer_of(run, login);
  record.begin = run.variant == "burst" ? shared.start : Clock::now();
  if (run.variant == "same" || run.variant == "burst") record.good = log_in(run.folder, run.service, user, answer);
  else if (run.variant == "fork") record.good = in_a_process(run, user, answer);
  else record.good = in_a_program(run, user, answer);
  record.end = Clock::now();
}

void report(const Run& run, const Shared& shared, const bench::StandstillWatch& standstills, double seconds,
            const char* raw) {
  std::ofstream file(raw, std::ios::app);
  std::vector<double> times;
  int good = 0;
  for (int i = 0; i < run.count; ++i) {
    const Login& login = shared.logins[i];
    const double time = bench::microseconds(login.end - login.begin);
    const bool counts = !standstills.stood_still(login.begin, login.end);
    if (counts) times.push_back(time);
    good += login.good ? 1 : 0;
    file << run.service << '\t' << run.answer << '\t' << run.variant << '\t' << run.parallel << '\t' << run.people
         << '\t' << time << '\t' << login.good << '\t' << counts << '\n';
  }
  bench::print_times(good, std::move(times), run.count / seconds);
}

std::vector<pid_t> start_processes(const Run& run, Shared& shared) {
  std::vector<pid_t> children;
  for (int process = 0; process < run.parallel; ++process) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    alarm(240);
    (void)answer_of(run, process);  // libcrypto begins before the clock does
    ++shared.ready;
    while (!shared.go) usleep(100);
    for (int i = process; i < run.count; i += run.parallel) log_in_once(run, i, shared);
    _exit(0);
  }
  for (int wait = 0; wait < 100000 && shared.ready < run.parallel; ++wait) usleep(100);
  return children;
}

int measure(const Run& run, const char* raw) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || run.count > kMostLogins || run.count < 1 || run.people < 1) return 2;
  auto* shared = new (memory) Shared;
  const std::vector<pid_t> children = start_processes(run, *shared);
  bench::StandstillWatch standstills;
  const auto start = shared->start = Clock::now();
  shared->go = true;
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  standstills.stop();
  report(run, *shared, standstills, seconds, raw);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::strcmp(argv[1], "one") == 0) return log_in(argv[2], argv[3], argv[4], argv[5]) ? 0 : 1;
  if (argc != 10) return 2;
  return measure({argv[1], argv[2], argv[3], argv[4], std::stoll(argv[5]), std::atoi(argv[6]), std::atoi(argv[7]),
                  std::stoll(argv[8])},
                 argv[9]);
}

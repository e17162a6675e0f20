// SPDX-License-Identifier: Apache-2.0
// The lower bounds of a login's time, and the resources of the service.
//   limits_bench commit FILE COUNT        durable commits of a row each: SQLite, WAL, synchronous=FULL
//   limits_bench socket PATH COUNT        a connection to a Unix socket, one message there and one back, each
//     each prints like pam_bench: successes, those that count, p50, p95, p99 in microseconds, how many a second
//   limits_bench prompts SOCKET COUNT     COUNT people come to the prompt and stay; prints how many, ends at end of
//   input limits_bench first SOCKET PROGRAM …   milliseconds from the start of PROGRAM to its first prompt; ends it
//   then
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cstring>
#include <string>

#include "tests/bench/people.h"
#include "tests/bench/standstill.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/login.h"

namespace {

using namespace seimon;
using bench::Clock;

struct Sample {
  Clock::time_point begin;
  Clock::time_point end;
};

template <class Work>
int measure(int count, Work work) {
  std::vector<Sample> samples;
  bench::StandstillWatch standstills;
  int good = 0;
  const auto start = Clock::now();
  for (int i = 0; i < count; ++i) {
    Sample sample{Clock::now(), {}};
    good += work(i) ? 1 : 0;
    sample.end = Clock::now();
    samples.push_back(sample);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  standstills.stop();
  std::vector<double> times;
  for (const Sample& sample : samples)
    if (!standstills.stood_still(sample.begin, sample.end))
      times.push_back(bench::microseconds(sample.end - sample.begin));
  bench::print_times(good, std::move(times), count / seconds);
  return 0;
}

int commits(const char* path, int count) {
  sqlite3* database = nullptr;
  sqlite3_stmt* insert = nullptr;
  const char* setup =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, "
      "text "
      "TEXT)";
  if (sqlite3_open(path, &database) != SQLITE_OK ||
      sqlite3_exec(database, setup, nullptr, nullptr, nullptr) != SQLITE_OK ||
      sqlite3_prepare_v2(database, "INSERT INTO row (text) VALUES ($1)", -1, &insert, nullptr) != SQLITE_OK)
    return 1;
  const std::string text(200, 'x');
  const int done = measure(count, [&](int) {
    sqlite3_bind_text(insert, 1, text.c_str(), -1, SQLITE_STATIC);
    const bool good = sqlite3_step(insert) == SQLITE_DONE;
    sqlite3_reset(insert);
    return good;
  });
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return done;
}

// Sends everything back, one connection after the other.
void echo(int listening) {
  char block[4096];
  for (int peer = accept(listening, nullptr, nullptr); peer >= 0; peer = accept(listening, nullptr, nullptr)) {
    for (ssize_t got = recv(peer, block, sizeof block, 0); got > 0; got = recv(peer, block, sizeof block, 0))
      (void)send(peer, block, static_cast<std::size_t>(got), MSG_NOSIGNAL);
    close(peer);
  }
}

int round_trips(const char* path, int count) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  unlink(path);
  const int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listening, 64) != 0)
    return 1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    echo(listening);
    _exit(0);
  }
  const std::string text = std::string(200, 'x') + '\0';
  std::vector<char> buffer(4096);
  const int done = measure(count, [&](int) {
    wire::Connection connection;
    std::string_view reply;
    const wire::Deadline deadline = wire::deadline_in(10);
    return connection.connect(path, {0, true}, deadline) == wire::Failure::kNone &&
           connection.send(text, deadline) == wire::Failure::kNone &&
           connection.receive(buffer.data(), buffer.size(), reply, deadline) == wire::Failure::kNone;
  });
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return done;
}

// True when `connection` stands at the prompt.
bool come_to_prompt(wire::Connection& connection, const char* socket, const std::string& user) {
  char buffer[wire::kMaxLogin];
  std::string_view text;
  wire::Open open;
  wire::Envelope envelope;
  wire::Reply reply;
  const wire::Deadline deadline = wire::deadline_in(10);
  return open.user.assign(user) && open.service.assign("sshd") && open.rhost.assign("203.0.113.77") &&
         connection.connect(socket, {0, true}, deadline) == wire::Failure::kNone &&
         connection.send(wire::write_call(open, buffer, sizeof buffer), deadline) == wire::Failure::kNone &&
         connection.receive(buffer, sizeof buffer, text, deadline) == wire::Failure::kNone &&
         wire::read_envelope(text, envelope) && wire::read_parameters(envelope.parameters, reply) &&
         !reply.prompt.empty();
}

int prompts(const char* socket, int count) {
  const rlimit many{static_cast<rlim_t>(count) + 100, static_cast<rlim_t>(count) + 100};
  (void)setrlimit(RLIMIT_NOFILE, &many);
  std::deque<wire::Connection> connections;
  int good = 0;
  for (int i = 0; i < count; ++i) good += come_to_prompt(connections.emplace_back(), socket, bench::name_of(i)) ? 1 : 0;
  std::printf("%d\n", good);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return good == count ? 0 : 1;
}

int first(const char* socket, char** arguments) {
  const auto start = Clock::now();
  pid_t child = 0;
  if (posix_spawn(&child, arguments[0], nullptr, nullptr, arguments, environ) != 0) return 1;
  bool there = false;
  for (int attempt = 0; attempt < 50000 && !there; ++attempt) {
    wire::Connection connection;
    there = come_to_prompt(connection, socket, bench::name_of(0));
    if (!there) usleep(200);
  }
  const double took = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  kill(child, SIGTERM);
  waitpid(child, nullptr, 0);
  if (there) std::printf("%.1f\n", took);
  return there ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 3 ? argv[1] : "";
  if (what == "commit") return commits(argv[2], std::atoi(argv[3]));
  if (what == "socket") return round_trips(argv[2], std::atoi(argv[3]));
  if (what == "prompts") return prompts(argv[2], std::atoi(argv[3]));
  if (what == "first") return first(argv[2], argv + 3);
  return 2;
}

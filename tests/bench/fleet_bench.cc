// SPDX-License-Identifier: Apache-2.0
// A fleet's logins, for tests/bench/fleet.sh: fleet_bench USERS FIRST LOGINS PARALLEL SOCKET …
// Each login is another user's (bench_people), at one of the services in turn.
// A login is Open, the code of now, a verdict; it must be accepted, and the same code refused for every hundredth.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/people.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace {

using namespace seimon;
using bench::name_of;
using bench::step_now;
using Clock = std::chrono::steady_clock;

// The reply's verdict or, at a prompt, "prompt"; and the conversation it is of.
std::string ask(wire::Connection& connection, std::string_view message, std::string& conversation) {
  static thread_local std::vector<char> buffer(wire::kMaxLogin);
  std::string_view text;
  const wire::Deadline deadline = wire::deadline_in(10);
  wire::Envelope envelope;
  wire::Reply reply;
  if (connection.send(message, deadline) != wire::Failure::kNone ||
      connection.receive(buffer.data(), buffer.size(), text, deadline) != wire::Failure::kNone ||
      !wire::read_envelope(text, envelope) || !wire::read_parameters(envelope.parameters, reply))
    return "lost";
  conversation = reply.conversation.view();
  return reply.verdict.empty() ? "prompt" : std::string(reply.verdict.view());
}

std::string log_in(const char* socket, const std::string& user, core::Step step) {
  wire::Connection connection;
  if (connection.connect(socket, {0, true}, wire::deadline_in(10)) != wire::Failure::kNone) return "no socket";
  wire::Open open;
  char buffer[4096];
  (void)open.user.assign(user);
  (void)open.service.assign("sshd");
  (void)open.rhost.assign("203.0.113.77");
  std::string conversation;
  const std::string asked = ask(connection, wire::write_call(open, buffer, sizeof buffer), conversation);
  if (asked != "prompt") return asked;
  wire::Answer answer;
  (void)answer.conversation.assign(conversation);
  (void)answer.answer.assign(bench::code_of(user, step));
  return ask(connection, wire::write_call(answer, buffer, sizeof buffer), conversation);
}

int load(std::int64_t users, std::int64_t first, std::int64_t logins, int parallel, std::vector<const char*> sockets) {
  constexpr std::int64_t kStride = 7919;  // a prime: users come in no order of theirs
  std::atomic<std::int64_t> next{0};
  std::atomic<std::int64_t> accepted{0};
  std::vector<std::vector<double>> times(static_cast<std::size_t>(parallel));
  std::vector<core::Step> used(static_cast<std::size_t>(logins));
  std::vector<std::thread> threads;
  const auto begun = Clock::now();
  for (int thread = 0; thread < parallel; ++thread)
    threads.emplace_back([&, thread] {
      for (std::int64_t i = next++; i < logins; i = next++) {
        const std::string user = name_of((first + i) * kStride % users);
        const auto start = Clock::now();
        const auto at = static_cast<std::size_t>(i) % sockets.size();
        const core::Step step = step_now();
        used[static_cast<std::size_t>(i)] = step;
        const std::string verdict = log_in(sockets[at], user, step);
        times[static_cast<std::size_t>(thread)].push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        if (verdict == "accepted") ++accepted;
        else std::fprintf(stderr, "%s: %s\n", user.c_str(), verdict.c_str());
      }
    });
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - begun).count();
  // The same code at another host.
  std::int64_t reused = 0;
  for (std::int64_t i = 0; i < logins; i += 100) {
    const char* other = sockets[static_cast<std::size_t>(i + 1) % sockets.size()];
    const std::string user = name_of((first + i) * kStride % users);
    if (log_in(other, user, used[static_cast<std::size_t>(i)]) == "accepted") ++reused;
  }
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto part = [&](double share) {
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  std::printf("accepted %lld of %lld, reused %lld, %.0f logins/s, p50 %.2f ms, p99 %.2f ms\n",
              static_cast<long long>(accepted), static_cast<long long>(logins), static_cast<long long>(reused),
              static_cast<double>(logins) / took, part(0.5), part(0.99));
  return accepted == logins && reused == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at) { return std::stoll(argv[at]); };
  if (argc < 6) return 2;
  return load(number(1), number(2), number(3), static_cast<int>(number(4)), {argv + 5, argv + argc});
}

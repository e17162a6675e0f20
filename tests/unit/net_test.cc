// SPDX-License-Identifier: Apache-2.0
// Connections: what closes one, what a handler gets and may send, and how many a uid may have.
#include "daemon/net/session.h"

#include <fcntl.h>

#include <map>
#include <memory>

#include "daemon/net/peer_limits.h"
#include "tests/support/fake_service.h"
#include "tests/support/test.h"

using namespace seimon::tests;
using namespace seimon::daemon;

namespace {

// The calls a handler received, and its scripted replies.
struct Script {
  std::vector<std::string> messages;
  std::vector<std::string> closed;
  bool understands = true;
  bool is_over = false;
};

class ScriptedHandler : public Handler {
 public:
  explicit ScriptedHandler(Script& script) : script_(script) {}
  [[nodiscard]] bool handle(std::string message) override {
    script_.messages.push_back(std::move(message));
    return script_.understands;
  }
  [[nodiscard]] bool is_over() const override { return script_.is_over; }
  [[nodiscard]] bool awaits_person() const override { return false; }
  void closed(std::string_view reason) override { script_.closed.emplace_back(reason); }

 private:
  Script& script_;
};

// One session on a pair of sockets; the other end is the client's.
class Fixture : public SessionOwner {
 public:
  explicit Fixture(uid_t uid = 0) {
    int ends[2] = {-1, -1};
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    client_ = ends[0];
    session_ = std::make_unique<Session>(*this, loop_, ConnectionId{1}, ucred{.pid = getpid(), .uid = uid, .gid = 0});
    check(session_->start(ends[1], [this](Connection&) { return std::make_unique<ScriptedHandler>(script); }));
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  ~Fixture() override {
    session_.reset();
    close(client_);
  }

  [[nodiscard]] Session* find(ConnectionId) const override { return session_.get(); }
  void remove(ConnectionId) override { session_.reset(); }
  void count_event(const Peer&) override { ++events; }
  [[nodiscard]] bool may_act(const Peer&) override { return true; }

  void send(const std::string& bytes) {
    check(write(client_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    run();
  }
  std::string received() {
    char block[4096];
    const ssize_t got = read(client_, block, sizeof block);
    return got > 0 ? std::string(block, static_cast<std::size_t>(got)) : "";
  }
  void run() {
    loop_.restart();
    loop_.poll();
  }
  void run_one() {
    loop_.restart();
    (void)loop_.run_one();
  }
  [[nodiscard]] bool is_open() const { return session_ != nullptr; }
  Session& session() { return *session_; }

  Script script;
  int events = 0;

 private:
  asio::io_context loop_{1};
  std::unique_ptr<Session> session_;
  int client_ = -1;
};

const std::string kMessage = std::string("{\"method\":\"a.B\"}") + '\0';

void a_message_reaches_the_handler_whole_and_its_reply_the_client() {
  Fixture fixture;
  fixture.send(kMessage.substr(0, 5));
  check(fixture.script.messages.empty(), "half a message is none");
  fixture.send(kMessage.substr(5));
  check_equal(fixture.script.messages.size(), 1U);
  check_equal(fixture.script.messages[0] + '\0', kMessage);
  fixture.session().reply(std::string("{}") + '\0', false);
  check_equal(fixture.received(), std::string("{}") + '\0');
  fixture.send(kMessage);
  check_equal(fixture.script.messages.size(), 2U);
}

void a_second_message_before_the_reply_closes() {
  Fixture fixture;
  fixture.send(kMessage);
  fixture.send(kMessage);
  check(!fixture.is_open());
  check_equal(fixture.script.closed.front(), std::string("protocol-error"));
}

void what_is_not_understood_or_follows_the_end_of_a_message_closes() {
  Fixture fixture;
  fixture.script.understands = false;
  fixture.send(kMessage);
  check(!fixture.is_open());
  Fixture two;
  two.send(kMessage + "x");
  check(!two.is_open() && two.script.messages.empty());
}

void a_message_without_an_end_closes_at_its_limit() {
  Fixture fixture;
  const std::string part(32768, 'x');
  for (int sent = 0; fixture.is_open() && sent < 10; ++sent) fixture.send(part);
  check(!fixture.is_open() && fixture.script.messages.empty());
}

void a_negative_reply_does_not_leave_at_once() {
  Fixture fixture(1000);
  fixture.send(kMessage);
  fixture.session().reply(std::string("{\"error\":1}") + '\0', true);
  fixture.run();
  check_equal(fixture.received(), std::string());
  check_equal(fixture.events, 1);
  fixture.run_one();  // the timer
  check_equal(fixture.received(), std::string("{\"error\":1}") + '\0');
}

void a_client_that_disconnects_is_reported_to_the_handler() {
  Script* script = nullptr;
  {
    Fixture fixture;
    script = &fixture.script;
    fixture.send(kMessage);
    fixture.session().close("disconnected");
    check(!fixture.is_open());
    check_equal(script->closed.front(), std::string("disconnected"));
  }
}

void a_login_that_is_over_closes_after_its_reply() {
  Fixture fixture;
  fixture.send(kMessage);
  fixture.script.is_over = true;
  fixture.session().reply(std::string("{}") + '\0', false);
  check(!fixture.is_open());
  check_equal(fixture.received(), std::string("{}") + '\0');
}

void ordinary_users_leave_only_so_many_events_on_a_connection_and_root_any() {
  for (const uid_t uid : {uid_t{1000}, uid_t{0}}) {
    Fixture fixture(uid);
    for (int i = 0; i < 12; ++i) {
      fixture.send(kMessage);
      fixture.session().count_event();
      fixture.session().reply(std::string("{}") + '\0', false);
      if (!fixture.is_open()) break;
    }
    check_equal(fixture.is_open(), uid == 0);
  }
}

using Time = PeerLimits::Time;
constexpr Time kStart = Time{} + std::chrono::hours(1);

void one_uid_has_its_share_of_connections_and_root_always_finds_room() {
  FakeService service;
  PeerLimits limits(service.service);
  for (std::size_t i = 0; i < PeerLimits::kMostOfOneUser; ++i) check(limits.admit(1000, kStart));
  check(!limits.admit(1000, kStart), "one more of the same uid");
  check(limits.admit(1001, kStart), "another uid");
  for (int i = 0; i < 1000; ++i) check(limits.admit(0, kStart), "root");
  limits.leave(1000);
  check(limits.admit(1000, kStart), "after one has closed");
}

void all_ordinary_users_together_have_a_limit() {
  FakeService service;
  PeerLimits limits(service.service);
  std::size_t admitted = 0;
  for (uid_t uid = 2000; uid < 2000 + 40; ++uid)
    for (std::size_t i = 0; i < PeerLimits::kMostOfOneUser; ++i) admitted += limits.admit(uid, kStart) ? 1U : 0U;
  check_equal(admitted, PeerLimits::kMostOfUsers);
  check(limits.admit(0, kStart));
}

void new_connections_of_a_minute_are_counted_and_the_next_minute_begins_anew() {
  FakeService service;
  PeerLimits limits(service.service);
  int admitted = 0;
  for (int i = 0; i < 300; ++i) {
    if (!limits.admit(1000, kStart)) continue;
    ++admitted;
    limits.leave(1000);
  }
  check_equal(admitted, PeerLimits::kMostPerMinute);
  check(limits.admit(1000, kStart + std::chrono::minutes(2)));
}

void events_of_a_minute_are_limited_and_what_was_refused_is_recorded_once() {
  FakeService service;
  PeerLimits limits(service.service);
  const Peer peer{.uid = 1000, .host = "", .boot = "", .pid = 0, .session = ""};
  check(limits.may_act(peer, kStart));
  for (int i = 0; i < PeerLimits::kMostEvents; ++i) limits.count_event(peer);
  for (int i = 0; i < 3; ++i) check(!limits.may_act(peer, kStart + std::chrono::seconds(1)));
  check(limits.may_act({.uid = 0, .host = "", .boot = "", .pid = 0, .session = ""}, kStart));
  check(limits.may_act(peer, kStart + std::chrono::minutes(2)), "the next minute");
  service.run();
  const auto page = service.store.page({});
  check_equal(page.events.size(), 1U);
  check_equal(page.events.front().reason, std::string("too-many-requests: 3 more"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_message_reaches_the_handler_whole_and_its_reply_the_client),
      SEIMON_TEST(a_second_message_before_the_reply_closes),
      SEIMON_TEST(what_is_not_understood_or_follows_the_end_of_a_message_closes),
      SEIMON_TEST(a_message_without_an_end_closes_at_its_limit),
      SEIMON_TEST(a_negative_reply_does_not_leave_at_once),
      SEIMON_TEST(a_client_that_disconnects_is_reported_to_the_handler),
      SEIMON_TEST(a_login_that_is_over_closes_after_its_reply),
      SEIMON_TEST(ordinary_users_leave_only_so_many_events_on_a_connection_and_root_any),
      SEIMON_TEST(one_uid_has_its_share_of_connections_and_root_always_finds_room),
      SEIMON_TEST(all_ordinary_users_together_have_a_limit),
      SEIMON_TEST(new_connections_of_a_minute_are_counted_and_the_next_minute_begins_anew),
      SEIMON_TEST(events_of_a_minute_are_limited_and_what_was_refused_is_recorded_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// SPDX-License-Identifier: Apache-2.0
// The executor, and the log: many steps at once, steps that break, one that wants the store for itself. Run under
// ThreadSanitizer too.
#include "daemon/work/loop_executor.h"
#include "daemon/work/thread_executor.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/work/backup_job.h"
#include "gate/handshake_limits.h"
#include "tests/support/opened_store.h"

using namespace seimon::tests;
using seimon::daemon::CommitResult;
using seimon::daemon::Job;
using seimon::daemon::LoopExecutor;
using seimon::daemon::Needs;
using seimon::daemon::StepContext;
using seimon::daemon::ThreadExecutor;

namespace {

template <class AnyStore>
struct FixtureOf {
  seimon::daemon::StorePorts ports() { return seimon::daemon::StorePorts::of(store, backup); }
  // The loop syncs by itself, so that a run of it does all there is to do.
  LoopExecutor::Disk disk() {
    return {.log = &driver, .is_busy = [] { return false; }};
  }
  StoreFolder folder;
  seimon::store::Seal wrapping{key_of(7)};
  SqliteDriver driver{folder.file()};
  AnyStore store{driver, wrapping};
  seimon::daemon::BackupJob backup{store, {wrapping, "", nullptr, ""}, folder.file()};
  seimon::daemon::Spool spool{folder.path() + "/spool"};
  seimon::daemon::Journal journal{false, "/nonexistent", "/nonexistent"};
  seimon::daemon::ServiceState state{journal, {}, ""};
  asio::io_context loop{1};
  std::string said;
};
using Fixture = FixtureOf<SqlStore>;

void of_many_spends_at_once_one_is_won() {
  Fixture fixture;
  std::atomic<int> won{0};
  std::atomic<int> told{0};
  {
    ThreadExecutor executor(fixture.loop, fixture.state, {fixture.ports()}, fixture.spool);
    executor.run_step(
        [](const StepContext& context) {
          return (void)context.store.add_method(name("alice"), 1, method_of("app")), Needs::kCommit;
        },
        [](const CommitResult&) {});
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          auto spend = std::make_shared<Spend>(Spend::kUnknown);
          executor.run_step(
              [spend](const StepContext& context) {
                *spend = context.store.spend(name("alice"), MethodId{1}, Step{200}, {}, context.now.age);
                return Needs::kCommit;
              },
              [&, spend](const CommitResult& result) {
                ++told;
                if (result.kind == CommitResult::Kind::kDurable && *spend == Spend::kWon) ++won;
              });
        }
      });
    for (std::thread& thread : threads) thread.join();
  }
  fixture.loop.run();
  check_equal(won.load(), 1);
  check_equal(told.load(), 200);
}

void one_step_that_breaks_is_undone_alone() {
  Fixture fixture;
  std::vector<CommitResult::Kind> results;
  {
    LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
    for (int i = 0; i < 10; ++i)
      executor.run_step(
          [i](const StepContext& context) {
            context.store.set_suspended(name(("user" + std::to_string(i)).c_str()), true);
            if (i == 3) throw StoreDamaged("user three");
            if (i == 5) throw std::runtime_error("a bug");
            return Needs::kCommit;
          },
          [&](const CommitResult& result) { results.push_back(result.kind); });
  }
  fixture.loop.run();
  check_equal(results.size(), 10U);
  check_equal(std::count(results.begin(), results.end(), CommitResult::Kind::kDurable), 8);
  check_equal(std::count(results.begin(), results.end(), CommitResult::Kind::kDamaged), 1);
  in_transaction(fixture.store, [&] {
    check(!fixture.store.account(name("user3")).profile.suspended &&
          fixture.store.account(name("user4")).profile.suspended);
    return 0;
  });
}

class Alone : public Job {
 public:
  explicit Alone(Fixture& fixture) : bench_(fixture) {}
  Needs run(const StepContext& /*context*/) override {
    // It may open and close the store itself.
    bench_.store.begin();
    bench_.store.roll_back();
    bench_.store.close();
    return Needs::kCommit;
  }
  void done(const CommitResult& result) override { check(result.kind == CommitResult::Kind::kDurable, result.reason); }
  [[nodiscard]] bool is_alone() const override { return true; }

 private:
  Fixture& bench_;
};

void a_step_may_have_the_store_for_itself() {
  Fixture fixture;
  int durable = 0;
  {
    LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
    for (int i = 0; i < 20; ++i) {
      executor.submit(std::make_unique<Alone>(fixture), 0);
      executor.run_step(
          [](const StepContext& context) { return (void)context.reports.summary(), Needs::kCommit; },
          [&](const CommitResult& result) { durable += result.kind == CommitResult::Kind::kDurable ? 1 : 0; });
    }
  }
  fixture.loop.run();
  check_equal(durable, 20);
}

// A disk that takes nothing any more.
class Full : public SqlStore {
 public:
  using SqlStore::SqlStore;
  void commit() override {
    said += "commit ";
    if (full) throw seimon::core::StoreUnavailable("no space left");
    SqlStore::commit();
  }
  bool full = false;
  std::string said;
};

class Noted : public Job {
 public:
  Noted(std::string& said, std::string what) : said_(said), what_(std::move(what)) {}
  Needs run(const StepContext& context) override {
    if (what_.starts_with("write"))
      context.store.set_suspended(name("alice"), !context.store.account(name("alice")).profile.suspended);
    else (void)context.store.account(name("alice"));
    return Needs::kCommit;
  }
  void done(const CommitResult& result) override {
    said_ += what_ + (result.kind == CommitResult::Kind::kDurable ? ":good " : ":lost ");
  }
  [[nodiscard]] bool is_question() const override { return what_ == "ask"; }
  [[nodiscard]] bool asks_person() const override { return what_ == "ask"; }
  [[nodiscard]] bool is_alone() const override { return what_ == "alone"; }

 private:
  std::string& said_;
  std::string what_;
};

// Nor for those of its batch who write; but who has read what they wrote waits with them.
void who_only_asks_waits_for_no_disk() {
  FixtureOf<Full> fixture;
  LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
  const auto step = [&](const char* what) { executor.submit(std::make_unique<Noted>(fixture.store.said, what), 0); };
  const auto batch = [&] {
    fixture.loop.run();
    fixture.loop.restart();
    return std::exchange(fixture.store.said, "");
  };
  step("write");
  check_equal(batch(), std::string("commit write:good "));
  fixture.store.full = true;
  step("write");
  step("read");
  step("ask");
  step("ask");
  check_equal(batch(), std::string("ask:good ask:good commit write:lost read:lost "));
  // Until the store is well, what it keeps of itself comes first.
  step("ask");
  check_equal(batch(), std::string("commit ask:lost "));
  fixture.store.full = false;
  step("ask");
  check_equal(batch(), std::string("commit ask:good "));
  step("ask");
  check_equal(batch(), std::string("ask:good commit "));
}

// A disk that is as slow, and as bad, as the test wants it.
class SlowLog : public seimon::store::WriteAheadLog {
 public:
  void sync() override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return begun_ <= allowed_; });
    if (is_bad_) throw seimon::core::StoreUnavailable("the disk is bad");
  }
  [[nodiscard]] std::int64_t log_pages() const override { return pages; }
  void write_back() noexcept override {
    std::unique_lock lock(mutex_);
    ++written_back_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return written_back_ <= written_back_allowed_; });
  }

  void allow_sync(bool is_bad = false) {
    const std::lock_guard lock(mutex_);
    is_bad_ = is_bad;
    ++allowed_;
    changed_.notify_all();
  }
  void allow_write_back() {
    const std::lock_guard lock(mutex_);
    ++written_back_allowed_;
    changed_.notify_all();
  }
  void await_sync(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= count; });
  }
  void await_write_back(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return written_back_ >= count; });
  }

  std::int64_t pages = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  int allowed_ = 0;
  bool is_bad_ = false;
  int written_back_ = 0;
  int written_back_allowed_ = 0;
};

struct SlowFixture : Fixture {
  void step(const char* what) { executor.submit(std::make_unique<Noted>(said, what), 0); }
  // Runs all that is ready; returns what was told.
  std::string batch() {
    loop.restart();
    loop.poll();
    return std::exchange(said, "");
  }
  // The next that is told, by a thread.
  std::string told() {
    loop.restart();
    const auto work = asio::make_work_guard(loop);
    while (said.empty()) (void)loop.run_one();
    return batch();
  }

  SlowLog log;
  std::string lost;
  LoopExecutor executor{
      loop,
      state,
      ports(),
      spool,
      {.log = &log, .lost = [this](const std::string& why) { lost += why; }, .stuck_after = std::chrono::seconds(0)}};
};

void results_wait_for_a_sync_that_began_after_their_commit() {
  SlowFixture slow;
  slow.step("write-1");
  check_equal(slow.batch(), std::string());
  slow.log.await_sync(1);
  // The loop goes on: who asks a person is told at once, who relies on what it reads is not.
  slow.step("write-2");
  check_equal(slow.batch(), std::string());
  slow.step("read");
  slow.step("ask");
  check_equal(slow.batch(), std::string("ask:good "));
  slow.log.allow_sync();
  check_equal(slow.told(), std::string("write-1:good "));
  slow.log.await_sync(2);
  slow.log.allow_sync();
  check_equal(slow.told(), std::string("write-2:good read:good "));
  slow.step("read");
  check_equal(slow.batch(), std::string("read:good "));
}

void after_a_sync_that_failed_nobody_is_told_that_it_was_kept() {
  SlowFixture slow;
  slow.step("write-1");
  check_equal(slow.batch(), std::string());
  slow.step("write-2");
  check_equal(slow.batch(), std::string());
  slow.log.allow_sync(true);
  check_equal(slow.told(), std::string("write-1:lost write-2:lost "));
  check_equal(slow.lost, "the disk is bad");
  slow.log.allow_sync(true);
  slow.step("read");
  check_equal(slow.told(), std::string("read:lost "));
  slow.log.allow_sync(true);
  slow.step("alone");
  check_equal(slow.told(), std::string("alone:lost "));
  check_equal(slow.lost, "the disk is bad");
}

void the_end_waits_for_the_disk() {
  SlowFixture slow;
  slow.step("write-1");
  check_equal(slow.batch(), std::string());
  slow.log.await_sync(1);
  slow.step("write-2");
  slow.log.allow_sync();
  slow.log.allow_sync();
  slow.executor.finish();
  check_equal(slow.batch(), std::string("write-1:good write-2:good "));
}

void a_disk_that_does_not_answer_is_noticed() {
  SlowFixture slow;
  check(!slow.executor.is_stuck());
  slow.step("write");
  check_equal(slow.batch(), std::string());
  check(slow.executor.is_stuck(), "the watchdog is not told that all is well");
  slow.log.allow_sync();
  check_equal(slow.told(), std::string("write:good "));
  check(!slow.executor.is_stuck());
}

void who_wants_the_store_alone_waits_for_the_disk() {
  SlowFixture slow;
  slow.step("write");
  check_equal(slow.batch(), std::string());
  slow.log.await_sync(1);
  slow.executor.submit(std::make_unique<Alone>(slow), 0);
  slow.log.allow_sync();
  slow.log.allow_sync();
  check_equal(slow.batch(), std::string("write:good "));
}

void steps_wait_where_the_log_grows_faster_than_it_is_written_back() {
  SlowFixture slow;
  for (int i = 0; i < 10; ++i) slow.log.allow_sync();
  slow.log.pages = 1000;
  slow.step("write-1");
  check_equal(slow.told(), std::string("write-1:good "));
  slow.log.await_write_back(1);
  slow.log.pages = 3999;
  slow.step("write-2");
  check_equal(slow.told(), std::string("write-2:good "));
  slow.log.pages = 4000;
  slow.step("write-3");
  check_equal(slow.batch(), std::string());
  slow.log.pages = 10;  // it began anew
  slow.log.allow_write_back();
  check_equal(slow.told(), std::string("write-3:good "));
}

// By the real one.
void the_log_is_written_back_while_steps_go_on() {
  Fixture fixture;
  LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
  std::int64_t most = 0;
  int kept = 0;
  const auto work = asio::make_work_guard(fixture.loop);
  for (bool again = false; !again && most < 6000; ++kept) {
    executor.submit(std::make_unique<Noted>(fixture.said, "write"), 0);
    while (fixture.said.empty()) (void)fixture.loop.run_one();
    check_equal(std::exchange(fixture.said, ""), std::string("write:good "));
    again = fixture.driver.log_pages() < most;
    most = std::max(most, fixture.driver.log_pages());
  }
  check(most >= 1000 && most < 6000, std::to_string(most) + " pages, and it never began anew");
  executor.finish();
  in_transaction(fixture.store, [&] {
    check_equal(fixture.store.account(name("alice")).profile.suspended, kept % 2 == 1);
    return 0;
  });
}

// Pages that only the housekeeping reads are damaged.
class Damaged : public SqlStore {
 public:
  using SqlStore::SqlStore;
  std::optional<std::set<UserName>> suspended_since() override { throw StoreDamaged("an index"); }
  void forget_before(Instant, Instant) override { throw StoreDamaged("the oldest events"); }
};

void damage_that_only_the_housekeeping_meets_refuses_nobody() {
  FixtureOf<Damaged> fixture;
  check(fixture.spool.append({Event()}));
  int durable = 0;
  std::size_t noticed = 0;
  {
    LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
    for (int i = 0; i < 3; ++i)
      executor.run_step(
          [&](const StepContext& context) {
            noticed = context.health.facts().damaged.size();
            return Needs::kCommit;
          },
          [&](const CommitResult& result) { durable += result.kind == CommitResult::Kind::kDurable ? 1 : 0; });
  }
  fixture.loop.run();
  check_equal(durable, 3);
  check(noticed >= 1, "and it is noticed");
}

void copies_are_made_while_steps_go_on() {
  Fixture fixture;
  int durable = 0;
  {
    LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
    for (int i = 0; i < 30; ++i)
      executor.run_step(
          [i](const StepContext& context) {
            if (i % 10 == 3) (void)context.backup.begin_copy();
            context.store.set_suspended(name(("user" + std::to_string(i)).c_str()), true);
            return Needs::kCommit;
          },
          [&](const CommitResult& result) { durable += result.kind == CommitResult::Kind::kDurable ? 1 : 0; });
  }
  fixture.loop.run();
  check_equal(durable, 30);
}

void lines_that_no_log_took_are_counted_for_it() {
  const StoreFolder folder;
  const std::string path = folder.path() + "/log";
  seimon::daemon::Journal journal(false, "/nonexistent", path);
  for (int i = 0; i < 3; ++i) check(!journal.write(LOG_INFO, "nobody listens"));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  check_equal(bind(log, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  check(journal.write(LOG_INFO, "it is back") && journal.write(LOG_INFO, "and stays"));
  std::string heard;
  char block[512];
  for (ssize_t got = recv(log, block, sizeof block, 0); got > 0; got = recv(log, block, sizeof block, 0))
    heard += std::string(block, static_cast<std::size_t>(got)) + "\n";
  close(log);
  check(heard.find("it is back") < heard.find("3 lines are missing here"), heard);
  check(heard.find("3 lines are missing here") < heard.find("and stays"), heard);
  check(heard.find("missing", heard.find("and stays")) == std::string::npos, heard);
}

// Sessions that end with the service leave events; a store that is away must not swallow them.
void what_is_submitted_at_the_end_is_told_that_it_was_not_kept() {
  FixtureOf<Full> fixture;
  LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
  fixture.store.full = true;
  executor.submit(std::make_unique<Noted>(fixture.store.said, "write"), 0);
  executor.finish();
  executor.submit(std::make_unique<Noted>(fixture.store.said, "late"), 0);
  fixture.loop.restart();
  fixture.loop.poll();
  check_equal(fixture.store.said, std::string("commit write:lost late:lost "));
}

// A verb keeps a proof that was counted, and undoes the rest when it refuses.
void what_a_step_has_kept_stays_and_the_rest_is_undone() {
  Fixture fixture;
  {
    LoopExecutor executor(fixture.loop, fixture.state, fixture.ports(), fixture.spool, fixture.disk());
    executor.run_step(
        [](const StepContext& context) {
          context.store.set_suspended(name("proof"), true);
          context.step->release();
          context.step->savepoint();
          context.store.set_suspended(name("rest"), true);
          context.step->roll_back_to_savepoint();
          context.step->savepoint();
          return Needs::kCommit;
        },
        [](const CommitResult& result) { check(result.kind == CommitResult::Kind::kDurable, result.reason); });
  }
  fixture.loop.run();
  in_transaction(fixture.store, [&] {
    check(fixture.store.account(name("proof")).profile.suspended &&
          !fixture.store.account(name("rest")).profile.suspended);
    return 0;
  });
}

// 600 silent connections of one address, then of a thousand addresses.
void a_crowd_at_a_gate_leaves_room_for_hosts() {
  seimon::daemon::HandshakeLimits handshakes;
  const auto comes = [&](const std::string& place) {
    if (!handshakes.has_room_for(place)) return false;
    handshakes.came(place);
    return true;
  };
  std::size_t in = 0;
  for (int i = 0; i < 600; ++i)
    if (comes("192.0.2.1")) ++in;
  check_equal(in, seimon::daemon::HandshakeLimits::kMostOfAddress);
  check(handshakes.has_room_for("192.0.2.2"), "others come in");
  for (int i = 0; i < 1000; ++i)
    if (comes("2001:db8:" + std::to_string(i) + "::/64")) ++in;
  check_equal(in, seimon::daemon::HandshakeLimits::kMostUnknown);
  handshakes.know("198.51.100.7");
  check(comes("198.51.100.7") && !comes("198.51.100.8"), "a host's address has its reserve");
  handshakes.went("192.0.2.1");
  handshakes.went("198.51.100.7");
  check(comes("192.0.2.1"), "a place that is free again is given again");
  const auto place = [](const char* text) {
    return seimon::daemon::HandshakeLimits::place_of(asio::ip::make_address(text));
  };
  check_equal(place("2001:db8::1"), place("2001:db8::ffff"));
  check_equal(place("::ffff:192.0.2.1"), "192.0.2.1");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_crowd_at_a_gate_leaves_room_for_hosts),
      SEIMON_TEST(of_many_spends_at_once_one_is_won),
      SEIMON_TEST(one_step_that_breaks_is_undone_alone),
      SEIMON_TEST(a_step_may_have_the_store_for_itself),
      SEIMON_TEST(who_only_asks_waits_for_no_disk),
      SEIMON_TEST(results_wait_for_a_sync_that_began_after_their_commit),
      SEIMON_TEST(after_a_sync_that_failed_nobody_is_told_that_it_was_kept),
      SEIMON_TEST(the_end_waits_for_the_disk),
      SEIMON_TEST(a_disk_that_does_not_answer_is_noticed),
      SEIMON_TEST(who_wants_the_store_alone_waits_for_the_disk),
      SEIMON_TEST(the_log_is_written_back_while_steps_go_on),
      SEIMON_TEST(steps_wait_where_the_log_grows_faster_than_it_is_written_back),
      SEIMON_TEST(damage_that_only_the_housekeeping_meets_refuses_nobody),
      SEIMON_TEST(copies_are_made_while_steps_go_on),
      SEIMON_TEST(lines_that_no_log_took_are_counted_for_it),
      SEIMON_TEST(what_is_submitted_at_the_end_is_told_that_it_was_not_kept),
      SEIMON_TEST(what_a_step_has_kept_stays_and_the_rest_is_undone),
  };
  umask(077);
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// SPDX-License-Identifier: Apache-2.0
// A service without a disk, a socket or a clock to wait for: the store in memory (memory_store.h), a loop that runs
// only when a test says so, connections that keep what was sent. Include before tests/support/test.h.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <deque>
#include <string>
#include <vector>

#include "daemon/net/handler.h"
#include "daemon/work/backup_job.h"
#include "daemon/work/loop_executor.h"
#include "daemon/work/service.h"
#include "store/sqlite/driver.h"
#include "tests/support/folder.h"
#include "tests/support/memory_store.h"

namespace seimon::tests {

// The rest of the ports, with what these tests need of them.
class MemoryPorts : public MemoryStore,
                    public core::Maintenance,
                    public core::UserDirectory,
                    public core::Reports,
                    public core::Mailbox {
 public:
  core::StoreState state() override { return {}; }
  std::string problem() override { return ""; }
  void live_on(core::Instant) override {}
  void begin_epoch(core::Instant) override {}
  std::int64_t accept_clock(core::Instant, int) override { return 0; }
  core::Inspection inspect(const std::string&, int) override { return {}; }
  std::vector<std::string> repair(const core::UserName&) override { return {}; }
  void sign_in(const std::string&, const std::string&, core::Instant) override {}
  std::vector<core::Host> hosts() override { return {}; }
  std::optional<core::LoginHost> login_host(const std::string&) override { return std::nullopt; }
  std::vector<core::LoginHost> login_hosts() override { return {}; }
  void write_login_host(const core::LoginHost&) override {}
  std::int64_t standbys() override { return 0; }
  void rewrap() override {}
  std::set<core::UserName> suspended() override { return {}; }
  std::optional<std::set<core::UserName>> suspended_since() override { return std::nullopt; }
  std::vector<std::string> names_after(const std::string&, int) override { return {}; }
  void forget(const core::UserName&) override {}
  core::StoreSummary summary() override { return {}; }
  std::vector<core::Tally> tally_of(const std::string&, core::Instant) override { return {}; }
  std::vector<core::Tally> tally(core::Instant, std::int64_t&) override { return {}; }
  bool post(const core::Mail&) override { return true; }
  std::optional<core::Mail> next_mail(core::Instant) override { return std::nullopt; }
  bool drop_mail(std::int64_t, std::int64_t) override { return true; }
  bool retry_mail(std::int64_t, std::int64_t, core::Instant) override { return true; }
  std::int64_t forget_mail(core::Instant) override { return 0; }

  // The commit fails; what it held is gone.
  void commit() override {
    if (disk_is_full) throw core::StoreUnavailable("no space left on device");
    MemoryStore::commit();
  }
  bool disk_is_full = false;
};

// A syslog that keeps what it is sent, until it is removed.
class FakeSyslog {
 public:
  explicit FakeSyslog(const Folder& folder)
      : path_(folder.path() + "/log"), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    (void)!bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  FakeSyslog(const FakeSyslog&) = delete;
  FakeSyslog& operator=(const FakeSyslog&) = delete;
  ~FakeSyslog() { close(fd_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  void remove() { (void)unlink(path_.c_str()); }
  // All that was sent since the last call.
  [[nodiscard]] std::string lines() {
    std::string text;
    char block[4096];
    for (ssize_t got = recv(fd_, block, sizeof block, 0); got > 0; got = recv(fd_, block, sizeof block, 0))
      text += std::string(block, static_cast<std::size_t>(got)) + "\n";
    return text;
  }

 private:
  std::string path_;
  int fd_;
};

class FakeConnection : public daemon::Connection {
 public:
  explicit FakeConnection(uid_t uid, std::uint64_t id = 1)
      : id_(id), peer_{.uid = uid, .host = "", .boot = "", .pid = getpid(), .session = ""} {}
  [[nodiscard]] daemon::ConnectionId id() const override { return daemon::ConnectionId{id_}; }
  [[nodiscard]] daemon::Peer& peer() override { return peer_; }
  void reply(std::string message, bool negative) override {
    if (!message.empty() && message.back() == '\0') message.pop_back();
    replies.push_back(std::move(message));
    was_negative = negative;
  }
  void close(std::string_view reason) override { closed = reason; }
  void count_event() override { ++events; }
  [[nodiscard]] bool may_act() override { return true; }

  // The next reply; empty when there is none.
  [[nodiscard]] std::string take() {
    if (replies.empty()) return "";
    std::string first = replies.front();
    replies.pop_front();
    return first;
  }

  std::deque<std::string> replies;
  bool was_negative = false;
  std::string closed;
  int events = 0;

 private:
  std::uint64_t id_;
  daemon::Peer peer_;
};

// The parts in the order that Server has them (daemon/server.h).
struct FakeService {
  explicit FakeService(const daemon::Config& with = {}) : config(with) {}

  // Runs all that is ready.
  void run() {
    loop.restart();
    loop.poll();
  }
  // Until `connection` has a reply: for calls that ask the name service, on threads of its own.
  void run_until_reply(FakeConnection& connection) {
    for (loop.restart(); connection.replies.empty() && connection.closed.empty();) (void)loop.run_one();
  }

  Folder folder;
  FakeSyslog syslog{folder};
  daemon::Config config;
  asio::io_context loop{1};
  daemon::Journal journal{false, "/nonexistent", syslog.path()};
  MemoryPorts store;
  store::Seal wrapping{core::Secret::random(32)};
  store::SqliteDriver no_driver{folder.path() + "/none.db"};
  store::SqlStore no_store{no_driver, wrapping};
  daemon::BackupJob backup{
      no_store, {.wrapping = wrapping, .file = "", .next = nullptr, .next_file = ""}, folder.path() + "/none.db"};
  daemon::Spool spool{folder.path() + "/spool"};
  daemon::ServiceState state{journal, config, ""};
  daemon::LoopExecutor executor{loop, state, daemon::StorePorts::of(store, backup), spool, {}};
  daemon::EventLog events{loop, executor, journal, spool, false};
  daemon::Groups groups{loop, folder.path() + "/groups"};
  daemon::Outbox outbox;
  daemon::CodeSender sender{loop, outbox, events, state.health()};
  daemon::Service service{.loop = loop,
                          .executor = executor,
                          .state = state,
                          .events = events,
                          .groups = groups,
                          .journal = journal,
                          .spool = spool,
                          .outbox = outbox,
                          .sender = sender,
                          .config = config,
                          .host = "here",
                          .boot = "boot"};
};

}  // namespace seimon::tests

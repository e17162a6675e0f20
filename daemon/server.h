// SPDX-License-Identifier: Apache-2.0
// The running service: its parts in the order of their lifetimes, each using only those above it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/connection.h"
#include "daemon/net/listener.h"
#include "daemon/work/backup_job.h"
#include "daemon/work/engine.h"
#include "store/sql_store.h"

namespace seimon::daemon {

// Files that are read and opened before the service drops its privileges.
struct Startup {
  Config config;
  std::string host;
  std::string boot;
  std::optional<Gates> gates;  // of a stateless login host, which has no key
  core::Secret key;
  std::string key_file;
  std::optional<core::Secret> next_key;  // while a rotation is under way (seimon key rotate)
  std::string next_key_file;
  int socket = -1;

  [[nodiscard]] bool is_stateless() const { return gates.has_value(); }
  [[nodiscard]] bool is_shared() const { return !config.store.server.empty(); }
};

class Server {
 public:
  // `engine` was opened before the sandbox. `load`: reads the configuration anew, or throws what is wrong with it.
  Server(Startup startup, const Engine& engine, Journal& journal, std::function<Config()> load);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Serves until SIGTERM or SIGINT; then concludes what is open. False if the name service keeps threads waiting: the
  // process has to end without joining them.
  [[nodiscard]] bool run();

 private:
  void start();
  void finish();
  // Returns why the previous configuration is kept, or nothing.
  std::string reload();
  void reload_on_hangup();
  // Now, and each half minute.
  void heartbeat();
  // A sync of the store failed.
  void end_now(const std::string& reason);
  // As long as the loop runs and the disk answers; else systemd restarts the service.
  void notify_watchdog(std::chrono::microseconds every);

  Startup startup_;
  Journal& journal_;
  std::function<Config()> load_;
  asio::io_context loop_{1};
  store::Seal wrapping_;
  std::optional<store::Seal> next_wrapping_;
  std::vector<std::unique_ptr<store::SqlStore>> stores_;  // one for each connection
  BackupJob backup_;
  Spool spool_;
  ServiceState state_;
  std::unique_ptr<Executor> executor_;
  EventLog events_;
  Groups groups_;
  Outbox outbox_;
  CodeSender sender_;
  Service service_;
  Logins logins_;
  AdminCalls admin_;
  Relays relays_;
  Pages pages_;
  Handlers handlers_;
  Listener listener_;
  asio::signal_set stop_;
  asio::signal_set hangup_;
  asio::steady_timer heartbeat_;
  asio::steady_timer watchdog_;
};

// Each line of `text` at `priority`.
void report(Journal& journal, int priority, const std::string& text);

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/server.h"

#include <syslog.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <asio/post.hpp>

#include "daemon/config/error.h"
#include "daemon/system/activation.h"
#include "daemon/work/loop_executor.h"
#include "daemon/work/thread_executor.h"

namespace seimon::daemon {

namespace {

constexpr auto kHeartbeat = std::chrono::seconds(30);
constexpr auto kFinish = std::chrono::seconds(5);

std::vector<std::unique_ptr<store::SqlStore>> stores_on(const Engine& engine, const store::Seal& wrapping,
                                                        const std::optional<store::Seal>& next) {
  std::vector<std::unique_ptr<store::SqlStore>> stores;
  for (const auto& driver : engine.drivers())
    stores.push_back(std::make_unique<store::SqlStore>(*driver, wrapping, next ? &*next : nullptr));
  return stores;
}

std::unique_ptr<Executor> executor_on(const std::vector<std::unique_ptr<store::SqlStore>>& stores, bool is_shared,
                                      asio::io_context& loop, ServiceState& state, BackupJob& backup, Spool& spool,
                                      LoopExecutor::Disk disk) {
  std::vector<StorePorts> ports;
  for (const auto& store : stores) ports.push_back(StorePorts::of(*store, backup));
  if (is_shared) return std::make_unique<ThreadExecutor>(loop, state, ports, spool);
  return std::make_unique<LoopExecutor>(loop, state, ports.front(), spool, std::move(disk));
}

}  // namespace

void report(Journal& journal, int priority, const std::string& text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    journal.write(priority, text.substr(start, end - start));
    start = end + 1;
  }
}

Server::Server(Startup startup, const Engine& engine, Journal& journal, std::function<Config()> load)
    : startup_(std::move(startup)),
      journal_(journal),
      load_(std::move(load)),
      wrapping_(std::move(startup_.key)),
      next_wrapping_(startup_.next_key ? std::optional<store::Seal>(std::in_place, std::move(*startup_.next_key))
                                       : std::nullopt),
      stores_(stores_on(engine, wrapping_, next_wrapping_)),
      backup_(*stores_.front(),
              {.wrapping = wrapping_,
               .file = startup_.key_file,
               .next = next_wrapping_ ? &*next_wrapping_ : nullptr,
               .next_file = startup_.next_key_file},
              startup_.config.store_path),
      spool_(startup_.config.store_path + ".spool"),
      state_(journal, startup_.config, startup_.is_shared() ? startup_.host : ""),
      executor_(executor_on(stores_, startup_.is_shared(), loop_, state_, backup_, spool_,
                            {.log = engine.log(),
                             .is_busy = [this] { return logins_.open.size() > 1; },
                             .lost = [this](const std::string& reason) { end_now(reason); }})),
      events_(loop_, *executor_, journal, spool_, startup_.is_shared()),
      groups_(loop_, startup_.config.store_path + ".groups"),
      sender_(loop_, outbox_, events_, state_.health()),
      service_{.loop = loop_,
               .executor = *executor_,
               .state = state_,
               .events = events_,
               .groups = groups_,
               .journal = journal,
               .spool = spool_,
               .outbox = outbox_,
               .sender = sender_,
               .config = startup_.config,
               .host = startup_.host,
               .boot = startup_.boot},
      logins_(service_),
      admin_{.service = service_, .reload = [this] { return reload(); }},
      relays_{.service = service_},
      pages_{.service = service_},
      handlers_{.service = service_,
                .logins = logins_,
                .admin = admin_,
                .relays = relays_,
                .pages = pages_,
                .gates = startup_.gates ? &*startup_.gates : nullptr},
      listener_(
          service_,
          [this](Connection& connection) { return std::make_unique<ConnectionHandler>(handlers_, connection); },
          startup_.socket),
      stop_(loop_, SIGTERM, SIGINT),
      hangup_(loop_, SIGHUP),
      heartbeat_(loop_),
      watchdog_(loop_) {
  state_.clock().keep_in(startup_.config.store_path + ".clock", startup_.boot, uptime());
  if (startup_.gates) state_.health().note_gates("no gate has answered since seimond started");
}

// Lookups of gates' names end before the loop does.
Server::~Server() {
  if (startup_.gates) startup_.gates->stop();
}

bool Server::run() {
  start();
  loop_.run();
  finish();
  return groups_.stop();
}

void Server::start() {
  groups_.name(service_.config.named_groups());
  stop_.async_wait([this](const asio::error_code& error, int) {
    if (!error) loop_.stop();
  });
  reload_on_hangup();
  if (startup_.is_shared() || startup_.is_stateless()) heartbeat();
  listener_.start();
  // Opens the store now, so that the log names what is wrong with it before the first login.
  executor_->run_step([](const StepContext& context) { return (void)context.users.suspended(), Needs::kCommit; },
                      [this](const CommitResult& result) {
                        if (result.is_durable() || startup_.is_stateless()) return;
                        report(journal_, LOG_ERR, "all codes are refused until this is fixed: " + result.reason);
                      });
  for (const std::string& warning : service_.config.warnings) journal_.write(LOG_WARNING, warning);
  journal_.write(LOG_NOTICE, std::string("seimond " SEIMON_VERSION " ready, mode ") +
                                 (service_.config.policy.observe ? "observe" : "enforce"));
  tell_supervisor("READY=1");
  if (const auto time = watchdog_time(); time.count() > 0) notify_watchdog(time / 3);
}

void Server::finish() {
  tell_supervisor("STOPPING=1");
  journal_.write(LOG_NOTICE, "stopping");
  listener_.stop();
  // Every step that waits runs and is committed, and its reply sent; then those at a prompt are concluded.
  events_.flush();
  executor_->run_step(
      [](const StepContext& context) { return context.maintenance.live_on(context.now.age), Needs::kCommit; },
      [this](const CommitResult&) { asio::post(loop_, [this] { loop_.stop(); }); });
  loop_.restart();
  loop_.run_for(kFinish);
  // Events of the last connections are recorded, or go to the spool.
  listener_.close_all();
  logins_.openers.close_all();
  events_.flush();
  executor_->finish();
  loop_.restart();
  loop_.poll();
}

std::string Server::reload() {
  std::string failure;
  tell_supervisor("RELOADING=1");
  try {
    Config config = load_();
    const Config& old = service_.config;
    if (config.store_path != old.store_path || config.store != old.store || config.upstream != old.upstream)
      throw ConfigError("store or upstream was changed\n  restart seimond for that");
    state_.health().note_config("");
    service_.config = config;
    groups_.name(config.named_groups());
    state_.replace_config(std::move(config));
    for (const std::string& warning : service_.config.warnings) journal_.write(LOG_WARNING, warning);
    journal_.write(LOG_NOTICE, "configuration reloaded");
  } catch (const std::exception& error) {
    failure = error.what();
    report(journal_, LOG_ERR, "reload failed; keeping the previous configuration: " + failure);
    std::replace(failure.begin(), failure.end(), '\n', ';');
    state_.health().note_config("reload failed; keeping the previous configuration: " + failure);
  }
  tell_supervisor("READY=1");
  return failure;
}

void Server::reload_on_hangup() {
  hangup_.async_wait([this](const asio::error_code& error, int) {
    if (error) return;
    (void)reload();
    reload_on_hangup();
  });
}

void Server::heartbeat() {
  if (startup_.is_shared()) executor_->heartbeat();
  if (startup_.gates) report_to_gates(service_, *startup_.gates);
  heartbeat_.expires_after(kHeartbeat);
  heartbeat_.async_wait([this](const asio::error_code& error) {
    if (!error) heartbeat();
  });
}

// Behind the replies that can leave without waiting.
void Server::end_now(const std::string& reason) {
  journal_.write(LOG_ALERT,
                 reason + "; seimond refuses the logins that wait for it and exits: look at the disk (dmesg)");
  asio::post(loop_, [] { std::_Exit(EXIT_FAILURE); });
}

void Server::notify_watchdog(std::chrono::microseconds every) {
  if (!executor_->is_stuck()) tell_supervisor("WATCHDOG=1");
  watchdog_.expires_after(every);
  watchdog_.async_wait([this, every](const asio::error_code& error) {
    if (!error) notify_watchdog(every);
  });
}

}  // namespace seimon::daemon

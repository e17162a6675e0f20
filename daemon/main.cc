// SPDX-License-Identifier: Apache-2.0
// seimond(8): reads its options, opens socket and key, gives up its rights, wires the rooms together, runs the loop.
#include <syslog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>

#include "daemon/activation.h"
#include "daemon/check.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/engine.h"
#include "daemon/keeper.h"
#include "daemon/key.h"
#include "daemon/listener.h"
#include "daemon/privileges.h"
#include "daemon/sandbox.h"
#include "daemon/service.h"
#include "daemon/session.h"
#include "daemon/trust.h"
#include "daemon/upstream.h"
#include "store/sql_store.h"
#include "wire/login.h"

namespace seimon::daemon {

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitConfiguration = 6;
constexpr auto kFinish = std::chrono::seconds(5);

struct Options {
  bool foreground = false;
  bool check = false;
  std::string config = "/etc/seimon/seimon.conf";
  std::string socket{wire::kSocketPath};
  std::string state;
};

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

// Empty when /proc does not show it.
std::string boot_id() {
  try {
    std::string id = read_file("/proc/sys/kernel/random/boot_id", 64);
    while (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
  } catch (const std::runtime_error&) {
    return "";
  }
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The configuration with what the command line and the host add to it.
Config load(const Options& options, const std::string& host) {
  Config config = load_config(options.config);
  if (!options.state.empty())
    config.store_path = options.state + config.store_path.substr(config.store_path.rfind('/'));
  if (config.issuer.empty())
    config.issuer = host.find('.') == std::string::npos ? host : host.substr(host.find('.') + 1);
  return config;
}

void report(Journal& journal, int priority, const std::string& text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    journal.write(priority, text.substr(start, end - start));
    start = end + 1;
  }
}

int check(const Options& options) {
  const Config config = load(options, host_name());
  // Not at a reload, which the service's own account checks: a directory that is down must not keep anybody from
  // switching to observe.
  if (geteuid() == 0) check_groups(config);
  std::printf("%s: ok, mode %s, %zu rules, %zu networks\n", options.config.c_str(),
              config.policy.observe ? "observe" : "enforce", config.policy.rules.size(), config.policy.networks.size());
  std::vector<std::string> warnings = config.warnings;
  for (std::string& finding : check_stacks(config, "/etc/pam.d")) warnings.push_back(std::move(finding));
  for (const std::string& warning : warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (geteuid() != 0) return 0;
  if (!config.upstream.empty()) {
    (void)Gates(config);
    return 0;
  }
  std::printf("store: %s\n", config.store_path.c_str());
  const std::string key = key_path(options.config);
  (void)read_key(key);
  std::printf("%s: ok\n", key.c_str());
  return 0;
}

// What is wrong is logged, and returned, and the old configuration stays.
std::string reload(const Options& options, Service& service) {
  std::string trouble;
  tell_supervisor("RELOADING=1");
  try {
    Config config = load(options, service.host);
    if (config.store_path != service.config.store_path || config.store != service.config.store ||
        config.upstream != service.config.upstream)
      throw ConfigError("store or upstream was changed\n  restart seimond for that");
    service.judge.note_config("");
    service.config = config;
    service.groups.name(config.named_groups());
    service.judge.replace_config(std::move(config));
    for (const std::string& warning : service.config.warnings) service.journal.write(LOG_WARNING, warning);
    service.journal.write(LOG_NOTICE, "configuration reloaded");
  } catch (const std::exception& error) {
    trouble = error.what();
    report(service.journal, LOG_ERR, "the old configuration stays in force: " + trouble);
    std::replace(trouble.begin(), trouble.end(), '\n', ';');
    service.judge.note_config("the old configuration stays in force: " + trouble);
  }
  tell_supervisor("READY=1");
  return trouble;
}

void watch_reload(asio::signal_set& signals, Service& service) {
  signals.async_wait([&](const asio::error_code& error, int) {
    if (error) return;
    (void)service.reload();
    watch_reload(signals, service);
  });
}

constexpr auto kBeat = std::chrono::seconds(30);

// Now, and each half minute.
void beat_on(asio::steady_timer& timer, const std::function<void()>& beat) {
  beat();
  timer.expires_after(kBeat);
  timer.async_wait([&timer, beat](const asio::error_code& error) {
    if (!error) beat_on(timer, beat);
  });
}

// As long as the loop turns. On a store of our own it stands still with the disk, and systemd begins anew.
void watch_over(asio::steady_timer& timer, std::chrono::microseconds every) {
  tell_supervisor("WATCHDOG=1");
  timer.expires_after(every);
  timer.async_wait([&timer, every](const asio::error_code& error) {
    if (!error) watch_over(timer, every);
  });
}

// Declared after the loop, and so gone before it.
struct StopsLookups {
  std::optional<Gates>& gates;
  explicit StopsLookups(std::optional<Gates>& asked) : gates(asked) {}
  StopsLookups(const StopsLookups&) = delete;
  StopsLookups& operator=(const StopsLookups&) = delete;
  ~StopsLookups() {
    if (gates) gates->stop();
  }
};

int serve(const Options& options, Journal& journal) {
  harden();
  const std::string host = host_name();
  Config config = load(options, host);
  int fd = passed_socket();
  const bool holds_nothing = !config.upstream.empty();
  core::Secret key = core::Secret::random(32);
  const std::string key_file = key_path(options.config);
  // As root the key is read and the socket opened before the drop; under systemd both are ours already.
  std::optional<Gates> gates;
  if (holds_nothing) gates.emplace(config);
  else key = read_key(key_file);
  // Of a rotation that is under way (seimon key rotate).
  const std::string next_file = key_file + ".next";
  std::optional<core::Secret> next_key;
  if (!holds_nothing && access(next_file.c_str(), F_OK) == 0) next_key.emplace(read_key(next_file));
  if (fd < 0) fd = open_socket(options.socket);
  const std::string boot = boot_id();
  drop_privileges(directory_of(config.store_path));
  harden();
  const bool shared = !config.store.server.empty();
  const Engine engine(config);
  enter_sandbox(shared || holds_nothing);

  asio::io_context loop(1);
  const StopsLookups stops_lookups(gates);
  const store::Seal wrapping(std::move(key));
  std::optional<store::Seal> next;
  if (next_key) next.emplace(std::move(*next_key));
  const store::Seal* rotated = next ? &*next : nullptr;
  std::vector<std::unique_ptr<store::SqlStore>> memories;
  for (const auto& driver : engine.drivers())
    memories.push_back(std::make_unique<store::SqlStore>(*driver, wrapping, rotated));
  Keeper keeper(*memories.front(), {wrapping, key_file, rotated, next_file}, config.store_path);
  Spool spool(config.store_path + ".spool");
  std::vector<Judge::Memory> seats;
  for (const auto& own : memories) {
    store::SqlStore& memory = *own;
    seats.push_back({memory, memory, memory, memory, memory, memory, memory, keeper, spool});
  }
  std::optional<Judge> judge;
  judge.emplace(loop, seats, journal, config, shared ? host : "");
  judge->keep_clock(config.store_path + ".clock", boot);
  Groups groups(loop, config.store_path + ".groups");
  groups.name(config.named_groups());
  Listener listener(loop, fd);
  Service service{loop,   *judge, groups, journal, listener, spool,
                  config, host,   boot,   now(),   {},       gates ? &*gates : nullptr,
                  {},     {},     {}};
  asio::signal_set stop(loop, SIGTERM, SIGINT);
  asio::signal_set hangup(loop, SIGHUP);
  stop.async_wait([&](const asio::error_code& error, int) {
    if (!error) loop.stop();
  });
  service.reload = [&] { return reload(options, service); };
  watch_reload(hangup, service);
  asio::steady_timer beat(loop);
  if (shared) beat_on(beat, [&] { judge->beat(); });
  if (holds_nothing) beat_on(beat, [&] { report_to_gates(service); });
  listener.start(service);
  // Opens the store now, so that what is wrong with it stands in the log before the first login does.
  judge->run_step([](const Court& court) { return (void)court.census.suspended(), Needs::kCommit; },
                  [&](const Fate& fate) {
                    if (fate.kind == Fate::Kind::kDurable || holds_nothing) return;
                    report(journal, LOG_ERR, "every code will be refused until this is mended: " + fate.reason);
                  });
  for (const std::string& warning : service.config.warnings) journal.write(LOG_WARNING, warning);
  journal.write(LOG_NOTICE, std::string("seimond " SEIMON_VERSION " ready, mode ") +
                                (config.policy.observe ? "observe" : "enforce"));
  tell_supervisor("READY=1");
  asio::steady_timer watchdog(loop);
  if (const auto time = watchdog_time(); time.count() > 0) watch_over(watchdog, time / 3);
  loop.run();

  tell_supervisor("STOPPING=1");
  journal.write(LOG_NOTICE, "stopping");
  listener.stop();
  // Every step that waits is judged and committed, and its reply sent; then those at a prompt are concluded.
  service.keep_waiting();
  judge->run_step([](const Court& court) { return court.upkeep.live_on(court.now.age), Needs::kCommit; },
                  [&](const Fate&) { asio::post(loop, [&loop] { loop.stop(); }); });
  loop.restart();
  loop.run_for(kFinish);
  // What the last sessions leave to be recorded is told whether it was; what was not goes to the spool.
  listener.close_all();
  service.endings.close_all();
  service.keep_waiting();
  judge->finish();
  loop.restart();
  loop.poll();
  judge.reset();
  if (groups.stop()) return 0;
  journal.write(LOG_NOTICE, "the name service does not answer: ending without waiting for it");
  std::_Exit(0);
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("seimond: the service behind pam_seimon(8)", "seimond");
  app.add_flag("--foreground", options.foreground, "also log to standard error");
  app.add_option("--config", options.config, "configuration file");
  app.add_option("--socket", options.socket, "where to listen, unless a socket is passed");
  app.add_option("--state", options.state, "directory of the store; overrides store.url");
  app.add_flag("--check", options.check, "check configuration and key, then exit");
  app.set_version_flag("--version", "seimond " SEIMON_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  Journal journal(options.foreground);
  try {
    return options.check ? check(options) : serve(options, journal);
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "seimond: %s\n", error.what());
    report(journal, LOG_ERR, error.what());
    return kExitConfiguration;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimond: %s\n", error.what());
    report(journal, LOG_ERR, error.what());
    return options.check ? kExitConfiguration : kExitFailure;
  }
}

}  // namespace

}  // namespace seimon::daemon

int main(int argc, char** argv) { return seimon::daemon::run(argc, argv); }

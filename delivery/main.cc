// SPDX-License-Identifier: Apache-2.0
// seimon-delivery(8): takes messages from seimond, each worker one at a time, and hands each to a gateway by the
// drivers of seimon.conf(5). Runs as an account of its own, without a key and without a store. MUST: what is not known
// to be sent is reported as such, and nothing is sent a second time here.
#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "base/program_options.h"
#include "client/client.h"
#include "daemon/config/load.h"
#include "daemon/system/journal.h"
#include "delivery/driver.h"
#include "delivery/web.h"

namespace seimon::delivery {

namespace {

using nlohmann::json;

constexpr int kWorkers = 8;
constexpr int kWait = 25;   // seconds that a call waits for a message
constexpr int kPause = 10;  // seconds until seimond is tried again when it does not answer
constexpr int kExitUnreachable = 4;
constexpr int kExitConfiguration = 6;

struct Options {
  std::string config = "/etc/seimon/seimon.conf";
  std::string socket;
  bool once = false;
  bool foreground = false;
};

// Any thread.
class Settings {
 public:
  Settings(std::string path, daemon::Journal& journal) : path_(std::move(path)), journal_(journal) {}
  // Throws daemon::ConfigError; then the settings are as they were.
  void load() {
    daemon::Delivery fresh = daemon::load_config(path_).delivery;
    for (const std::string& warning : daemon::check_drivers(fresh)) journal_.write(LOG_WARNING, warning);
    const std::lock_guard lock(mutex_);
    delivery_ = std::move(fresh);
  }
  [[nodiscard]] daemon::Delivery get() const {
    const std::lock_guard lock(mutex_);
    return delivery_;
  }

 private:
  std::string path_;
  daemon::Journal& journal_;
  mutable std::mutex mutex_;
  daemon::Delivery delivery_;  // guarded by mutex_
};

// Shared by the workers.
struct Progress {
  std::atomic<int> underway = 0;        // messages that are being sent
  std::atomic<bool> is_ending = false;  // no driver is started any more
  std::atomic<bool> is_away = false;    // seimond did not answer
};

// One connection to seimond, and what is taken over it.
class Worker {
 public:
  enum class Turn : std::uint8_t { kSent, kNothing, kAway };

  Worker(const Options& options, const Settings& settings, daemon::Journal& journal, Progress& progress)
      : options_(options), settings_(settings), journal_(journal), progress_(progress) {}

  // Takes a message, waiting for at most `wait` seconds, and sends it.
  Turn take(int wait) {
    const auto job = call("NextDelivery", {{"wait", wait}});
    if (!job) return Turn::kAway;
    const std::string id = job->value("id", "");
    if (id.empty()) return Turn::kNothing;
    const Counted counted(progress_.underway);
    Attempt attempt{Attempt::Result::kFailed, "", "seimon-delivery is stopping"};
    // Whatever happens, seimond hears of its end: the next message to that address waits for it.
    try {
      if (!progress_.is_ending) attempt = deliver(*job, id);
    } catch (const std::exception& error) {
      attempt = {Attempt::Result::kUnknown, "", first_line(error.what())};
      journal_.write(LOG_ERR, "message " + id + ": " + attempt.detail);
    }
    json done = {
        {"id", id}, {"outcome", result_name(attempt.result)}, {"driver", attempt.driver}, {"detail", attempt.detail}};
    if (!attempt.keys.empty()) done["keys"] = attempt.keys;
    const auto noted = call("DeliveryDone", std::move(done));
    return noted ? Turn::kSent : Turn::kAway;
  }

 private:
  // One more while it lives.
  class Counted {
   public:
    explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --count_; }

   private:
    std::atomic<int>& count_;
  };

  // The reply's parameters; nothing, and another connection next time, when there was none.
  std::optional<json> call(const std::string& method, json parameters) {
    if (!client_) client_.emplace(options_.socket);
    client::Reply reply = client_->call(method, std::move(parameters));
    if (json* found = std::get_if<json>(&reply)) {
      if (progress_.is_away.exchange(false)) journal_.write(LOG_NOTICE, "seimond answers again");
      return std::move(*found);
    }
    const auto* refused = std::get_if<client::Refused>(&reply);
    if (!progress_.is_away.exchange(true))
      journal_.write(LOG_ERR, "seimond does not answer" + (refused == nullptr ? "" : ": " + refused->message));
    client_.reset();
    return std::nullopt;
  }

  Attempt deliver(const json& job, const std::string& id) const {
    daemon::Message message{.id = id,
                            .channel = job.value("channel", ""),
                            .to = job.value("to", ""),
                            .language = job.value("language", ""),
                            .subject = job.value("subject", ""),
                            .text = job.value("text", ""),
                            .code = job.value("code", ""),
                            .mode = job.value("mode", "")};
    const std::vector<Attempt> attempts = send(settings_.get(), message);
    for (const Attempt& attempt : attempts) {
      const bool is_sent = attempt.result == Attempt::Result::kSent;
      journal_.write(is_sent ? LOG_INFO : LOG_WARNING, "message " + id + " by " + attempt.driver + ": " +
                                                           std::string(result_name(attempt.result)) +
                                                           (attempt.detail.empty() ? "" : ": ") + attempt.detail);
    }
    core::wipe(message.text);
    core::wipe(message.code);
    Attempt last = attempts.back();
    const bool may_be_sent = std::any_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
      return attempt.result == Attempt::Result::kUnknown;
    });
    if (may_be_sent && last.result == Attempt::Result::kFailed) last.result = Attempt::Result::kUnknown;
    return last;
  }

  const Options& options_;
  const Settings& settings_;
  daemon::Journal& journal_;
  Progress& progress_;
  std::optional<client::Client> client_;
};

// Sends what is due now.
int send_once(const Options& options, const Settings& settings, daemon::Journal& journal) {
  Progress progress;
  Worker worker(options, settings, journal, progress);
  Worker::Turn turn = Worker::Turn::kSent;
  while (turn == Worker::Turn::kSent) turn = worker.take(0);
  if (turn == Worker::Turn::kNothing) return 0;
  std::fprintf(stderr, "seimon-delivery: seimond does not answer\n");
  return kExitUnreachable;
}

[[noreturn]] void work(const Options& options, const Settings& settings, daemon::Journal& journal, Progress& progress) {
  Worker worker(options, settings, journal, progress);
  while (true) try {
      if (worker.take(kWait) == Worker::Turn::kAway) (void)poll(nullptr, 0, kPause * 1000);
    } catch (const std::exception& error) {
      journal.write(LOG_ERR, std::string("a message was not sent: ") + error.what());
      (void)poll(nullptr, 0, kPause * 1000);
    }
}

sigset_t watched_signals() {
  sigset_t signals;
  (void)sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) (void)sigaddset(&signals, signal);
  return signals;
}

// Until SIGTERM or SIGINT. SIGHUP: the configuration is read anew.
int serve(const Options& options, Settings& settings, daemon::Journal& journal) {
  Progress progress;
  for (int i = 0; i < kWorkers; ++i) std::thread([&] { work(options, settings, journal, progress); }).detach();
  const sigset_t signals = watched_signals();
  for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGHUP;) try {
      settings.load();
      journal.write(LOG_NOTICE, "configuration reloaded");
    } catch (const std::exception& error) {
      journal.write(LOG_ERR, std::string("reload failed; keeping the previous configuration: ") + error.what());
    }
  progress.is_ending = true;
  constexpr int kMostTenths = 600;
  for (int i = 0; i < kMostTenths && progress.underway > 0; ++i) (void)poll(nullptr, 0, 100);
  _exit(0);  // workers that wait for a message hold none
}

int run(int argc, char** argv) {
  Options options;
  base::ProgramOptions line("seimon-delivery", "sends the messages of seimond(8)");
  line.add("--config", options.config, "configuration file");
  line.add("--socket", options.socket, "seimond's socket");
  line.add("--once", options.once, "send what is due now, then end");
  line.add("--foreground", options.foreground, "also log to standard error");
  if (const auto status = line.parse(argc, argv)) return *status;
  (void)std::signal(SIGPIPE, SIG_IGN);
  try {
    // Before there is any other thread, and before anybody knows that it runs.
    const sigset_t signals = watched_signals();
    if (!options.once) (void)pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    daemon::Journal journal(options.foreground);
    Settings settings(options.config, journal);
    settings.load();
    start_web();
    return options.once ? send_once(options, settings, journal) : serve(options, settings, journal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon-delivery: %s\n", error.what());
    return kExitConfiguration;
  }
}

}  // namespace

}  // namespace seimon::delivery

int main(int argc, char** argv) { return seimon::delivery::run(argc, argv); }

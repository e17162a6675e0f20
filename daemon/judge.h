// SPDX-License-Identifier: Apache-2.0
// The one thread that judges. Steps that wait at the same moment run in one transaction, each under its own savepoint,
// and share one durable commit.
//
// MUST:
//  1. A job hears kDurable only after the commit that holds its writes returned; when the commit's outcome is not
//     known, every job of the batch hears kUnavailable.
//  2. One job that throws is undone alone.
//  3. A job that says it needs no commit (a skip that the system log has taken) is told at once, and may run while the
//     store is away.
//  4. After the destructor every job that was submitted has been told.
//  5. Before any job the store's age is settled: an older state that came back begins a new epoch.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <asio/io_context.hpp>

#include "core/census.h"
#include "core/event.h"
#include "core/upkeep.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/journal.h"
#include "daemon/spool.h"

namespace seimon::daemon {

// What the judge has noticed, for status.
struct Health {
  std::string store;                           // what to mend; empty when nothing
  std::string came_back;                       // an older state of the store did, and when
  std::map<std::string, std::string> damaged;  // by what was said of it; at most kMostDamages
  static constexpr std::size_t kMostDamages = 100;
};

class Keeper;

// What a step works on; owned by the judge's thread while the step runs.
struct Court {
  core::Store& store;
  core::Sources& sources;
  core::Upkeep& upkeep;
  core::AuditSink& audit;
  core::Census& census;
  core::Mailbox& mailbox;
  Keeper& keeper;
  const Config& config;
  core::Instant now;
  ClockWatch& clock;
  Health& health;
  // Who was suspended when the store could last be read; nothing before that.
  const std::optional<std::set<core::UserName>>& suspended;

  [[nodiscard]] core::Records records() const { return {store, sources, clock.latest()}; }
};

enum class Needs : bool { kCommit, kNothing };

struct Fate {
  enum class Kind : std::uint32_t { kUnavailable = 0, kDamaged = 1, kDurable = 0x7E81817E };
  Kind kind = Kind::kUnavailable;
  std::string reason;  // why it is not durable, for the log
};

// One step. run() is called once, on the judge's thread; done() once, on the loop.
class Job {
 public:
  virtual ~Job() = default;
  virtual Needs run(const Court& court) = 0;
  virtual void done(const Fate& fate) = 0;
  // Outside any transaction, while nothing else is judged.
  [[nodiscard]] virtual bool is_alone() const { return false; }
};

class Judge {
 public:
  // The ports, used by the judge's thread alone from now on.
  struct Memory {
    core::Store& store;
    core::Sources& sources;
    core::Upkeep& upkeep;
    core::AuditSink& audit;
    core::Census& census;
    core::Mailbox& mailbox;
    core::Transaction& transaction;
    Keeper& keeper;
    Spool& spool;
  };

  Judge(asio::io_context& loop, Memory memory, Journal& journal, Config config);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  ~Judge();

  // Root's steps go before those of ordinary users, and few of the latter run in one batch.
  void submit(std::unique_ptr<Job> job, uid_t peer = 0);
  // A root's job of two lambdas: run(const Court&) -> Needs, done(const Fate&).
  template <class Run, class Done>
  void run_step(Run run, Done done) {
    submit(std::make_unique<JobOf<Run, Done>>(std::move(run), std::move(done)));
  }
  // Jobs that begin later use `config`.
  void replace_config(Config config);

 private:
  template <class Run, class Done>
  class JobOf : public Job {
   public:
    JobOf(Run run, Done done) : run_(std::move(run)), done_(std::move(done)) {}
    Needs run(const Court& court) override { return run_(court); }
    void done(const Fate& fate) override { done_(fate); }

   private:
    Run run_;
    Done done_;
  };
  using Batch = std::deque<std::unique_ptr<Job>>;

  void work();
  void judge(Batch batch);
  // One job under its savepoint; true when it still waits for the commit.
  bool run_one(std::unique_ptr<Job>& job, const std::string& store_failure);
  Needs run_in_savepoint(Job& job);
  void tell(std::unique_ptr<Job> job, Fate fate);
  void run_alone(std::unique_ptr<Job> job);
  void settle_age(core::Instant wall);
  void live_on(core::Instant wall);
  // Under a savepoint of its own; false when it met damage, which is then noticed.
  template <class Work>
  bool on_the_side(Work work);
  void notice(const std::string& damage);
  void alarm(std::string_view reason, const std::string& text, core::Instant wall);
  [[nodiscard]] Court court() {
    return {memory_.store,  memory_.sources, memory_.upkeep, memory_.audit, memory_.census, memory_.mailbox,
            memory_.keeper, *config_,        now(),          clock_,        health_,        suspended_};
  }

  asio::io_context& loop_;
  Memory memory_;
  Journal& journal_;
  std::unique_ptr<const Config> config_;  // this and the following: the judge's thread only
  ClockWatch clock_;
  Health health_;
  core::seconds next_beat_{};
  std::size_t spooled_ = 0;  // events of the spool in this batch
  std::optional<std::set<core::UserName>> suspended_;

  std::mutex mutex_;
  std::condition_variable waiting_;
  Batch queue_;                                // guarded by mutex_
  Batch later_;                                // guarded by mutex_: of peers other than root
  std::unique_ptr<const Config> next_config_;  // guarded by mutex_
  bool stopping_ = false;                      // guarded by mutex_
  std::thread thread_;                         // last: starts when all the rest is there
};

}  // namespace seimon::daemon

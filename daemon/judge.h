// SPDX-License-Identifier: Apache-2.0
// Who judges. On a store of our own there is one seat, on the loop itself (a login is shorter than the way to another
// thread and back): steps that wait at the same moment run in one transaction, each under its own savepoint, and share
// one durable commit. On a shared store each seat is a thread with its own connection, and where there are several a
// transaction is one step: the server lets them share its commits.
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
#include <vector>

#include <asio/io_context.hpp>

#include "core/census.h"
#include "core/event.h"
#include "core/upkeep.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/health.h"
#include "daemon/journal.h"
#include "daemon/spool.h"

namespace seimon::daemon {

class Keeper;

// What a step works on; the judge's while the step runs.
struct Court {
  core::Store& store;
  core::Sources& sources;
  core::Upkeep& upkeep;
  core::AuditSink& audit;
  core::Census& census;
  core::Mailbox& mailbox;
  Keeper& keeper;
  const Config& config;
  core::Moment now;
  ClockWatch& clock;
  Health& health;
  // Who was suspended when the store could last be read; nothing before that.
  const std::optional<std::set<core::UserName>>& suspended;
  // Between its savepoint() and release(), which belong to this step; null where there is none.
  core::Transaction* step;

  [[nodiscard]] core::Records records() const { return {store, sources}; }
};

enum class Needs : bool { kCommit, kNothing };

struct Fate {
  enum class Kind : std::uint32_t { kUnavailable = 0, kDamaged = 1, kDurable = 0x7E81817E };
  Kind kind = Kind::kUnavailable;
  std::string reason;  // why it is not durable, for the log
};

// One step. run() is called once, by the judge; done() once, on the loop.
class Job {
 public:
  virtual ~Job() = default;
  virtual Needs run(const Court& court) = 0;
  virtual void done(const Fate& fate) = 0;
  // As a rule it only reads: of a batch it comes first, and waits for nobody's writing.
  [[nodiscard]] virtual bool is_question() const { return false; }
  // Outside any transaction, while nothing else is judged.
  [[nodiscard]] virtual bool is_alone() const { return false; }
  // What is to be done now and then is done with it (Judge::beat).
  [[nodiscard]] virtual bool is_beat() const { return false; }
};

class Judge {
 public:
  // The ports of one seat, used by it alone from now on; the spool is everybody's.
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

  // More than one seat REQUIRES a shared store. `host`: as it is listed there; empty on a store of our own.
  Judge(asio::io_context& loop, const std::vector<Memory>& seats, Journal& journal, Config config, std::string host);
  Judge(asio::io_context& loop, Memory memory, Journal& journal, Config config)
      : Judge(loop, std::vector<Memory>{memory}, journal, std::move(config), "") {}
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  ~Judge();

  // Judges and commits all that waits, and takes nothing more: what is submitted afterwards is told that it cannot be
  // kept. Whatever was judged is told by the loop, which the caller runs once more; only then the judge may go.
  void finish();

  // Root's steps go before those of ordinary users, and few of the latter run in one batch.
  void submit(std::unique_ptr<Job> job, uid_t peer = 0);
  // A root's job of two lambdas: run(const Court&) -> Needs, done(const Fate&).
  template <class Run, class Done>
  void run_step(Run run, Done done) {
    submit(std::make_unique<JobOf<Run, Done>>(std::move(run), std::move(done)));
  }
  // Before the first job: the clock's age goes on over restarts (ClockWatch::keep_in).
  void keep_clock(const std::string& path, const std::string& boot) { clock_.keep_in(path, boot, uptime()); }
  // Jobs that begin later use `config`.
  void replace_config(Config config);
  // Why the configuration's file is not in force; empty: it is.
  void note_config(const std::string& trouble) { health_.note_config(trouble); }
  // Named groups that the name service does not tell of; also to the log when that changes.
  void note_groups(const std::string& trouble) { health_.note_groups(trouble, journal_); }
  // Of a host that holds nothing: what its gates said.
  void note_gates(const std::string& trouble) { health_.note_gates(trouble); }
  void learn_suspended(std::optional<std::set<core::UserName>> users);  // nothing: it cannot be known
  // REQUIRES a shared store, which wants one each half minute, whoever logs in or not; a store of our own has its beats
  // with its batches.
  void beat();

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
  class Seat;
  struct Turn;

  // REQUIRES is_on_loop_, and the mutex. The loop judges what waits when it has heard all that was said.
  void await_turn();
  void take_turn();

  asio::io_context& loop_;
  Journal& journal_;
  std::string host_;
  bool is_on_loop_;  // nothing is waited for but our own disk
  ClockWatch clock_;
  Health health_;

  std::mutex mutex_;
  std::condition_variable waiting_;
  Batch queue_;                                        // guarded by mutex_
  Batch later_;                                        // guarded by mutex_: of peers other than root
  Config config_;                                      // guarded by mutex_
  std::uint64_t age_ = 0;                              // guarded by mutex_: of config_
  std::optional<std::set<core::UserName>> suspended_;  // guarded by mutex_: as some seat read it last
  std::uint64_t suspended_age_ = 0;                    // guarded by mutex_
  bool is_away_ = false;                               // guarded by mutex_: the shared store, as of the last batch
  bool stopping_ = false;                              // guarded by mutex_
  Turn* turn_ = nullptr;                               // guarded by mutex_: in the loop's queue
  std::vector<std::unique_ptr<Seat>> seats_;           // last: their threads start when all the rest is there
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Runs batches of jobs on one connection to the store: each job under its own savepoint, all of them in one
// transaction, with one commit. Which thread calls it, the executors decide.
// MUST: those of daemon/work/executor.h.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include <asio/io_context.hpp>

#include "daemon/work/executor.h"
#include "daemon/work/service_state.h"
#include "daemon/work/spool.h"

namespace seimon::daemon {

// The rest of a batch behind its commit.
struct Committed {
  Batch jobs;                // whose results wait until it is durable
  Batch alone;               // that want the store for themselves
  bool has_changes = false;  // the commit wrote something
  bool has_spooled = false;  // the spool's events are in it
};

class Worker {
 public:
  // `is_only`: no other worker uses this store. Then housekeeping runs with the logins' batches when it is due; else
  // with a heartbeat, so that no login waits for rows that every host writes.
  Worker(asio::io_context& loop, ServiceState& state, StorePorts ports, Spool& spool, bool is_only)
      : loop_(loop), state_(state), ports_(ports), spool_(spool), is_only_(is_only) {}

  // Runs and commits `batch`, which is not empty. Who need not wait has got their result, on the loop; if the store is
  // not available, that is everybody but who wants it for themselves. `is_durable`: all that a job can read is. Where
  // it is not, only who asks a person something gets a result without waiting for it.
  [[nodiscard]] Committed run(Batch batch, bool is_durable);
  // The commit of `done` is durable, or `failure` says why that is unknown: sends the results that wait for it.
  void settle(Committed done, const std::string& failure);
  // REQUIRES that nothing waits for settle().
  void run_alone(Batch jobs);
  // False if the store was not available to the last batch.
  [[nodiscard]] bool has_store() const { return has_store_; }

 private:
  // Runs one job under its savepoint; true if it still waits for the commit.
  bool run_one(std::unique_ptr<Job>& job, const std::string& store_failure, bool is_durable);
  Needs run_in_savepoint(Job& job);
  void send_result(std::unique_ptr<Job> job, CommitResult result);
  void check_store_state(core::Instant wall);
  void housekeep(core::Instant wall);
  void read_suspended();
  // Runs `work` under a savepoint of its own; false if it found damage, which is then noted.
  template <class Work>
  bool beside(Work work);
  void alarm(std::string_view reason, const std::string& text, core::Instant wall);
  [[nodiscard]] StepContext context(core::Transaction* step = nullptr);

  asio::io_context& loop_;
  ServiceState& state_;
  StorePorts ports_;
  Spool& spool_;
  bool is_only_;
  bool is_heartbeat_ = false;  // this batch
  ServiceState::Copy copy_;
  core::seconds next_housekeeping_{};
  bool has_spooled_ = false;                                // this batch holds the spool's events
  bool has_store_ = true;                                   // as of the last batch
  std::optional<std::set<core::UserName>> just_suspended_;  // as this batch may have changed it
};

}  // namespace seimon::daemon

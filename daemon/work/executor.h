// SPDX-License-Identifier: Apache-2.0
// Port to whatever runs steps on the store: LoopExecutor on a store of our own, ThreadExecutor on a server's.
//
// MUST:
//  1. A job gets kDurable only once the commit that holds its writes is durable, and the commits that it has read;
//     one that asks a person something need not wait for the latter. If the outcome is unknown, every job that waits
//     for it gets kUnavailable.
//  2. One job that throws is undone alone.
//  3. A job that needs no commit (an exempt login that syslog recorded) gets its result at once, and may run while the
//     store is unavailable.
//  4. After finish() every job that was submitted has got its result, once the loop has run what was posted to it.
//  5. Before any job the store's state is checked: if an older one came back, a new epoch begins.
#pragma once

#include <sys/types.h>

#include <memory>
#include <utility>
#include <vector>

#include "daemon/work/step_context.h"

namespace seimon::daemon {

using Batch = std::vector<std::unique_ptr<Job>>;

class Executor {
 public:
  virtual ~Executor() = default;
  // Jobs of root run before those of ordinary users, and few of the latter run in one batch. On the loop.
  virtual void submit(std::unique_ptr<Job> job, uid_t peer) = 0;
  // Runs and commits what waits. Jobs that are submitted later get kUnavailable.
  virtual void finish() = 0;
  // Runs the periodic housekeeping, even if nobody logs in.
  virtual void heartbeat() = 0;
  // The disk has not answered for so long that the service should begin anew.
  [[nodiscard]] virtual bool is_stuck() const { return false; }

  // A job of root's, or of `uid`, from two functions: run(const StepContext&) -> Needs, done(const CommitResult&).
  template <class Run, class Done>
  void run_step(Run run, Done done, std::uint32_t uid = 0) {
    submit(std::make_unique<JobOf<Run, Done>>(std::move(run), std::move(done)), uid);
  }

 private:
  template <class Run, class Done>
  class JobOf : public Job {
   public:
    JobOf(Run run, Done done) : run_(std::move(run)), done_(std::move(done)) {}
    Needs run(const StepContext& context) override { return run_(context); }
    void done(const CommitResult& result) override { done_(result); }

   private:
    Run run_;
    Done done_;
  };
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The executor for a store of our own: one worker on the loop's thread, because a login takes less time than the way
// to another thread and back. Jobs that wait at the same moment share one commit. All calls on the loop's thread.
#pragma once

#include "daemon/work/worker.h"

namespace seimon::daemon {

class LoopExecutor : public Executor {
 public:
  LoopExecutor(asio::io_context& loop, ServiceState& state, StorePorts ports, Spool& spool)
      : loop_(loop), worker_(loop, state, ports, spool, true) {}
  LoopExecutor(const LoopExecutor&) = delete;
  LoopExecutor& operator=(const LoopExecutor&) = delete;
  ~LoopExecutor() override { LoopExecutor::finish(); }

  void submit(std::unique_ptr<Job> job, uid_t peer) override;
  void finish() override;
  // Runs with the first batch after it is due; nothing is left to do here.
  void heartbeat() override {}

 private:
  struct Turn;

  // Runs a batch behind what is ready on the loop now, so that all of that goes into one batch.
  void await_turn();
  void run_batch();

  asio::io_context& loop_;
  Worker worker_;
  Batch queue_;
  Batch of_users_;  // of peers other than root
  bool stopping_ = false;
  Turn* turn_ = nullptr;  // posted to the loop, and owned there
};

}  // namespace seimon::daemon

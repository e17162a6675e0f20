// SPDX-License-Identifier: Apache-2.0
// The executor for a store on a server: each worker is a thread with its own connection. With several of them a
// transaction is one step, and the server groups their commits. Any thread may call it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/work/batch.h"
#include "daemon/work/worker.h"

namespace seimon::daemon {

class ThreadExecutor : public Executor {
 public:
  // REQUIRES at least one connection.
  ThreadExecutor(asio::io_context& loop, ServiceState& state, const std::vector<StorePorts>& connections, Spool& spool);
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;
  ~ThreadExecutor() override { ThreadExecutor::finish(); }

  void submit(std::unique_ptr<Job> job, uid_t peer) override;
  void finish() override;
  void heartbeat() override;

 private:
  void work(Worker& worker);
  // Waits for work; empty when all is done and no more will come.
  [[nodiscard]] Batch take();
  // If the store is back, what waits for it need not wait for the next heartbeat.
  void note_store(bool is_there);

  asio::io_context& loop_;
  bool is_one_;  // connection
  std::vector<Worker> workers_;
  std::mutex mutex_;
  std::condition_variable waiting_;
  JobQueue queue_;                    // guarded by mutex_
  JobQueue of_users_;                 // guarded by mutex_: of peers other than root
  bool store_is_away_ = false;        // guarded by mutex_: as of the last batch
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // last: they start when all the rest is there
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The executor for a store of our own: one worker on the loop's thread, because a login takes less time than the way
// to another thread and back. Jobs that wait at the same moment share one commit. All calls on the loop's thread.
//
// The loop does not wait for the disk. A commit's results are kept until a sync of the log that began after it has
// ended, on a thread; batches go on meanwhile. While no second login is open the loop syncs by itself, which spares a
// single login the way to that thread. Another thread writes the log back into the store.
// MUST: after a sync that failed nobody gets kDurable but who needs no commit or asks a person.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <string>

#include <asio/thread_pool.hpp>

#include "daemon/work/batch.h"
#include "daemon/work/worker.h"
#include "store/write_ahead_log.h"

namespace seimon::daemon {

class LoopExecutor : public Executor {
 public:
  struct Disk {
    store::WriteAheadLog* log = nullptr;  // null: a commit is durable when it returns
    // True if somebody would wait while the loop syncs by itself.
    std::function<bool()> is_busy = [] { return true; };
    // A sync failed: nobody knows what is on the disk. Those who waited have been told; the process has to end.
    std::function<void(const std::string& reason)> lost = [](const std::string&) {};
    std::chrono::seconds stuck_after{30};
  };

  LoopExecutor(asio::io_context& loop, ServiceState& state, StorePorts ports, Spool& spool, Disk disk);
  LoopExecutor(const LoopExecutor&) = delete;
  LoopExecutor& operator=(const LoopExecutor&) = delete;
  ~LoopExecutor() override { LoopExecutor::finish(); }

  void submit(std::unique_ptr<Job> job, uid_t peer) override;
  void finish() override;
  // Runs with the first batch after it is due; nothing is left to do here.
  void heartbeat() override {}
  [[nodiscard]] bool is_stuck() const override;

 private:
  // Of what is posted to the loop.
  struct Link {
    LoopExecutor* executor;  // null once it has finished
  };
  // Work of a thread, until the loop knows of its end.
  struct Task {
    std::future<void> ended;
    Link* link = nullptr;  // owned by what is posted
    [[nodiscard]] bool is_under_way() const { return link != nullptr; }
  };
  struct Waiting {
    std::uint64_t commit;  // the last one that wrote something
    Committed done;
  };

  // Runs a batch behind what is ready on the loop now, so that all of that goes into one batch.
  void await_turn();
  void run_batch();
  void run(Batch batch);
  // Begins a sync, unless one is under way or nothing waits for it.
  void sync();
  // Syncs now, and settles everything. Waits for the threads.
  void settle_all();
  // A sync that began after `commit` has ended.
  void settle(std::uint64_t commit, const std::string& failure);
  [[nodiscard]] std::string sync_now() const;
  void write_back_if_long();
  // `work` on a thread; then `then` on the loop.
  template <class Work, class Then>
  void begin(Task& task, Work work, Then then);

  asio::io_context& loop_;
  Worker worker_;
  Disk disk_;
  JobQueue queue_;
  JobQueue of_users_;  // of peers other than root
  bool stopping_ = false;
  Link* turn_ = nullptr;         // posted, and owned there
  std::string lost_;             // why a sync failed
  std::uint64_t commits_ = 0;    // that wrote something
  std::deque<Waiting> waiting_;  // for their commit, or for one that they have read, to be durable
  Task sync_;
  std::string sync_failure_;  // of the thread, when its task has ended
  std::chrono::steady_clock::time_point sync_since_;
  Task write_back_;
  std::int64_t written_back_ = 0;  // pages of the log when that began
  asio::thread_pool threads_{2};
};

}  // namespace seimon::daemon

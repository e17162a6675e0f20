// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/thread_executor.h"

#include <utility>

namespace seimon::daemon {

namespace {

class Heartbeat : public Job {
 public:
  Needs run(const StepContext& /*context*/) override { return Needs::kCommit; }
  void done(const CommitResult& /*result*/) override {}
  [[nodiscard]] bool is_heartbeat() const override { return true; }
};

}  // namespace

ThreadExecutor::ThreadExecutor(asio::io_context& loop, ServiceState& state, const std::vector<StorePorts>& connections,
                               Spool& spool)
    : loop_(loop), is_one_(connections.size() == 1) {
  for (const StorePorts& ports : connections) workers_.emplace_back(loop, state, ports, spool, is_one_);
  for (Worker& worker : workers_) threads_.emplace_back([this, &worker] { work(worker); });
}

void ThreadExecutor::submit(std::unique_ptr<Job> job, uid_t peer) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return refuse_late(loop_, std::move(job));
    (peer == 0 ? queue_ : of_users_).push_back(std::move(job));
  }
  waiting_.notify_one();
}

void ThreadExecutor::heartbeat() { submit(std::make_unique<Heartbeat>(), 0); }

void ThreadExecutor::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ThreadExecutor::work(Worker& worker) {
  for (Batch batch = take(); !batch.empty(); batch = take()) {
    Committed done = worker.run(std::move(batch), true);
    Batch alone = std::move(done.alone);
    worker.settle(std::move(done), "");
    worker.run_alone(std::move(alone));
    if (!is_one_) note_store(worker.has_store());
  }
}

Batch ThreadExecutor::take() {
  std::unique_lock lock(mutex_);
  waiting_.wait(lock, [this] { return stopping_ || !queue_.empty() || !of_users_.empty(); });
  if (is_one_) return take_batch(queue_, of_users_);
  Batch one;
  for (JobQueue* waiting : {&queue_, &of_users_}) {
    if (!one.empty() || waiting->empty()) continue;
    one.push_back(std::move(waiting->front()));
    waiting->pop_front();
  }
  return one;
}

void ThreadExecutor::note_store(bool is_there) {
  bool is_back = false;
  {
    const std::lock_guard lock(mutex_);
    is_back = store_is_away_ && is_there;
    store_is_away_ = !is_there;
  }
  if (is_back) heartbeat();
}

}  // namespace seimon::daemon

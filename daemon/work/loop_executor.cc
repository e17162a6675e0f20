// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/loop_executor.h"

#include <utility>

namespace seimon::daemon {

namespace {

// Pages that came into the log before it is written back: some hundred logins share what that costs.
constexpr std::int64_t kWriteBack = 1000;
// And how long it gets at most, while commits come faster than it is written back.
constexpr std::int64_t kTooLong = 4000;

bool is_under_way(const std::future<void>& work) { return work.valid(); }

}  // namespace

LoopExecutor::LoopExecutor(asio::io_context& loop, ServiceState& state, StorePorts ports, Spool& spool, Disk disk)
    : loop_(loop),
      worker_(loop, state, ports, spool, true),
      disk_(std::move(disk)),
      self_(this, [](LoopExecutor*) {}) {}

void LoopExecutor::submit(std::unique_ptr<Job> job, uid_t peer) {
  if (stopping_) return refuse_late(loop_, std::move(job));
  (peer == 0 ? queue_ : of_users_).push_back(std::move(job));
  await_turn();
}

void LoopExecutor::await_turn() {
  if (std::exchange(has_turn_, true)) return;
  asio::post(loop_, [executor = std::weak_ptr(self_)] {
    if (const auto self = executor.lock()) self->run_batch();
  });
}

void LoopExecutor::run_batch() {
  has_turn_ = false;
  if (is_under_way(write_back_) && disk_.log->log_pages() >= kTooLong) return;  // its end calls again
  if (Batch batch = take_batch(queue_, of_users_); !batch.empty()) run(std::move(batch));
  if (!queue_.empty() || !of_users_.empty()) await_turn();
}

void LoopExecutor::run(Batch batch) {
  const bool is_durable = waiting_.empty() && !is_lost_;
  Committed done = worker_.run(std::move(batch), is_durable);
  Batch alone = std::move(done.alone);
  const bool waits = disk_.log != nullptr && (done.has_changes || !is_durable);
  if (done.has_changes) ++commits_;
  if (waits) waiting_.push_back({commits_, std::move(done)});
  else worker_.settle(std::move(done), "");
  if (!alone.empty()) {
    settle_all();
    worker_.run_alone(std::move(alone));
  }
  sync();
  write_back_if_long();
}

void LoopExecutor::sync() {
  if (waiting_.empty() || is_under_way(sync_)) return;
  if (!disk_.is_busy()) return settle(commits_, sync_now());
  const auto failure = std::make_shared<std::string>();
  sync_since_ = std::chrono::steady_clock::now();
  sync_ = on_thread([this, failure] { *failure = sync_now(); },
                    [this, commit = commits_, failure] {
                      sync_ = {};
                      settle(commit, *failure);
                      sync();
                    });
}

std::string LoopExecutor::sync_now() const {
  try {
    disk_.log->sync();
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

void LoopExecutor::settle(std::uint64_t commit, const std::string& failure) {
  while (!waiting_.empty() && (!failure.empty() || waiting_.front().commit <= commit)) {
    Committed done = std::move(waiting_.front().done);
    waiting_.pop_front();
    worker_.settle(std::move(done), failure);
  }
  if (!failure.empty() && !std::exchange(is_lost_, true)) disk_.lost(failure);
}

void LoopExecutor::settle_all() {
  for (std::future<void>* work : {&sync_, &write_back_})
    if (is_under_way(*work)) work->wait();
  if (!waiting_.empty()) settle(commits_, sync_now());
}

void LoopExecutor::write_back_if_long() {
  if (disk_.log == nullptr || is_under_way(write_back_)) return;
  const std::int64_t pages = disk_.log->log_pages();
  if (pages < written_back_) written_back_ = 0;  // it has begun anew
  if (pages < written_back_ + kWriteBack) return;
  written_back_ = pages;
  write_back_ = on_thread([this] { disk_.log->write_back(); },
                          [this] {
                            write_back_ = {};
                            if (!queue_.empty() || !of_users_.empty()) await_turn();
                          });
}

template <class Work, class Then>
std::future<void> LoopExecutor::on_thread(Work work, Then then) {
  std::promise<void> ended;
  std::future<void> future = ended.get_future();
  asio::post(threads_, [&loop = loop_, work = std::move(work), then = std::move(then), ended = std::move(ended),
                        executor = std::weak_ptr(self_)]() mutable {
    work();
    ended.set_value();
    asio::post(loop, [then = std::move(then), executor = std::move(executor)]() mutable {
      if (const auto self = executor.lock()) then();
    });
  });
  return future;
}

bool LoopExecutor::is_stuck() const {
  return is_under_way(sync_) && std::chrono::steady_clock::now() - sync_since_ >= disk_.stuck_after;
}

void LoopExecutor::finish() {
  stopping_ = true;
  disk_.is_busy = [] { return false; };
  while (!queue_.empty() || !of_users_.empty()) run(take_batch(queue_, of_users_));
  settle_all();
  self_.reset();
}

}  // namespace seimon::daemon

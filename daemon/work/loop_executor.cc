// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/loop_executor.h"

#include <utility>

namespace seimon::daemon {

namespace {

// Pages that came into the log before it is written back: some hundred logins share what that costs.
constexpr std::int64_t kWriteBack = 1000;
// And how long it gets at most, while commits come faster than it is written back.
constexpr std::int64_t kTooLong = 4000;

}  // namespace

LoopExecutor::LoopExecutor(asio::io_context& loop, ServiceState& state, StorePorts ports, Spool& spool, Disk disk)
    : loop_(loop), worker_(loop, state, ports, spool, true), disk_(std::move(disk)) {}

void LoopExecutor::submit(std::unique_ptr<Job> job, uid_t peer) {
  if (stopping_) return refuse_late(loop_, std::move(job));
  (peer == 0 ? queue_ : of_users_).push_back(std::move(job));
  await_turn();
}

void LoopExecutor::await_turn() {
  if (turn_ != nullptr) return;
  auto link = std::make_unique<Link>(Link{this});
  turn_ = link.get();
  asio::post(loop_, [link = std::move(link)] {
    if (link->executor != nullptr) link->executor->run_batch();
  });
}

void LoopExecutor::run_batch() {
  turn_ = nullptr;
  if (write_back_.is_under_way() && disk_.log->log_pages() >= kTooLong) return;  // its end calls again
  if (Batch batch = take_batch(queue_, of_users_); !batch.empty()) run(std::move(batch));
  if (!queue_.empty() || !of_users_.empty()) await_turn();
}

void LoopExecutor::run(Batch batch) {
  const bool is_durable = waiting_.empty() && lost_.empty();
  Committed done = worker_.run(std::move(batch), is_durable);
  Batch alone = std::move(done.alone);
  const bool waits = disk_.log != nullptr && (done.has_changes || !is_durable);
  if (done.has_changes) ++commits_;
  if (waits) waiting_.push_back({commits_, std::move(done)});
  else worker_.settle(std::move(done), "");
  if (!alone.empty()) {
    settle_all();
    if (lost_.empty()) worker_.run_alone(std::move(alone));
    else worker_.settle({.jobs = std::move(alone), .alone = {}}, lost_);
  }
  sync();
  write_back_if_long();
}

void LoopExecutor::sync() {
  if (waiting_.empty() || sync_.is_under_way()) return;
  if (!disk_.is_busy()) return settle(commits_, sync_now());
  sync_since_ = std::chrono::steady_clock::now();
  begin(
      sync_, [this] { sync_failure_ = sync_now(); },
      [this, commit = commits_] {
        settle(commit, sync_failure_);
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
  if (failure.empty() || !lost_.empty()) return;
  lost_ = failure;
  disk_.lost(failure);
}

void LoopExecutor::settle_all() {
  for (const Task* task : {&sync_, &write_back_})
    if (task->is_under_way()) task->ended.wait();
  if (!waiting_.empty()) settle(commits_, sync_now());
}

void LoopExecutor::write_back_if_long() {
  if (disk_.log == nullptr || write_back_.is_under_way()) return;
  const std::int64_t pages = disk_.log->log_pages();
  if (pages < written_back_) written_back_ = 0;  // it has begun anew
  if (pages < written_back_ + kWriteBack) return;
  written_back_ = pages;
  begin(
      write_back_, [this] { disk_.log->write_back(); },
      [this] {
        if (!queue_.empty() || !of_users_.empty()) await_turn();
      });
}

template <class Work, class Then>
void LoopExecutor::begin(Task& task, Work work, Then then) {
  auto link = std::make_unique<Link>(Link{this});
  task.link = link.get();
  std::promise<void> ended;
  task.ended = ended.get_future();
  asio::post(threads_, [&loop = loop_, &task, work = std::move(work), then = std::move(then), ended = std::move(ended),
                        link = std::move(link)]() mutable {
    work();
    ended.set_value();
    asio::post(loop, [&task, then = std::move(then), link = std::move(link)]() mutable {
      if (link->executor == nullptr) return;
      task.link = nullptr;
      then();
    });
  });
}

bool LoopExecutor::is_stuck() const {
  return sync_.is_under_way() && std::chrono::steady_clock::now() - sync_since_ >= disk_.stuck_after;
}

void LoopExecutor::finish() {
  stopping_ = true;
  disk_.is_busy = [] { return false; };
  while (!queue_.empty() || !of_users_.empty()) run(take_batch(queue_, of_users_));
  settle_all();
  for (Link** link : {&turn_, &sync_.link, &write_back_.link}) {
    if (*link != nullptr) (*link)->executor = nullptr;
    *link = nullptr;
  }
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/loop_executor.h"

#include <utility>

#include "daemon/work/batch.h"

namespace seimon::daemon {

struct LoopExecutor::Turn {
  LoopExecutor* executor;  // null once the executor is gone
};

void LoopExecutor::submit(std::unique_ptr<Job> job, uid_t peer) {
  if (stopping_) return refuse_late(loop_, std::move(job));
  (peer == 0 ? queue_ : of_users_).push_back(std::move(job));
  await_turn();
}

void LoopExecutor::await_turn() {
  if (turn_ != nullptr) return;
  auto turn = std::make_unique<Turn>(Turn{this});
  turn_ = turn.get();
  asio::post(loop_, [turn = std::move(turn)] {
    if (turn->executor == nullptr) return;
    turn->executor->turn_ = nullptr;
    turn->executor->run_batch();
  });
}

void LoopExecutor::run_batch() {
  Batch batch = take_batch(queue_, of_users_);
  if (!batch.empty()) (void)worker_.run(std::move(batch));
  if (!queue_.empty() || !of_users_.empty()) await_turn();
}

void LoopExecutor::finish() {
  stopping_ = true;
  if (turn_ != nullptr) turn_->executor = nullptr;
  turn_ = nullptr;
  while (!queue_.empty() || !of_users_.empty()) (void)worker_.run(take_batch(queue_, of_users_));
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The selection of waiting jobs for a batch.
#pragma once

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "daemon/work/executor.h"

namespace seimon::daemon {

using JobQueue = std::deque<std::unique_ptr<Job>>;

// Takes all of `queue` and a few jobs of `of_users`, so that users cannot delay root's logins.
[[nodiscard]] inline Batch take_batch(JobQueue& queue, JobQueue& of_users) {
  constexpr std::size_t kMostUserSteps = 8;
  Batch batch(std::make_move_iterator(queue.begin()), std::make_move_iterator(queue.end()));
  queue.clear();
  // Send prompts before fsync, so that users can type meanwhile.
  std::stable_partition(batch.begin(), batch.end(), [](const auto& job) { return job->is_question(); });
  for (std::size_t taken = 0; taken < kMostUserSteps && !of_users.empty(); ++taken) {
    batch.push_back(std::move(of_users.front()));
    of_users.pop_front();
  }
  return batch;
}

// The result of a job that came after finish().
inline void refuse_late(asio::io_context& loop, std::unique_ptr<Job> job) {
  auto refuse = [job = std::move(job)] { job->done({CommitResult::Kind::kUnavailable, "the service is stopping"}); };
  asio::post(loop, std::move(refuse));
}

}  // namespace seimon::daemon

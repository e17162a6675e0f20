// SPDX-License-Identifier: Apache-2.0
#include "daemon/judge.h"

#include <asio/post.hpp>

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostOfUsers = 8;  // steps of ordinary users in one batch

}  // namespace

Judge::Judge(asio::io_context& loop, Memory memory, Config config)
    : loop_(loop), memory_(memory), config_(std::make_unique<Config>(std::move(config))), thread_([this] { work(); }) {}

Judge::~Judge() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_one();
  thread_.join();
}

void Judge::submit(std::unique_ptr<Job> job, uid_t peer) {
  {
    const std::lock_guard lock(mutex_);
    (peer == 0 ? queue_ : later_).push_back(std::move(job));
  }
  waiting_.notify_one();
}

void Judge::replace_config(Config config) {
  const std::lock_guard lock(mutex_);
  next_config_ = std::make_unique<Config>(std::move(config));
}

void Judge::work() {
  while (true) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return stopping_ || !queue_.empty() || !later_.empty(); });
      if (queue_.empty() && later_.empty()) return;
      batch.swap(queue_);
      for (std::size_t taken = 0; taken < kMostOfUsers && !later_.empty(); ++taken) {
        batch.push_back(std::move(later_.front()));
        later_.pop_front();
      }
      if (next_config_ != nullptr) config_ = std::move(next_config_);
    }
    judge(std::move(batch));
  }
}

void Judge::judge(Batch batch) {
  std::string failure;
  try {
    memory_.transaction.begin();
    forget_old_events();
  } catch (const std::exception& error) {
    failure = error.what();
    memory_.transaction.roll_back();
  }
  Batch waiting;
  for (std::unique_ptr<Job>& job : batch)
    if (run_one(job, failure)) waiting.push_back(std::move(job));
  if (failure.empty()) {
    try {
      std::set<core::UserName> suspended = memory_.store.suspended();
      memory_.transaction.commit();
      suspended_ = std::move(suspended);
    } catch (const std::exception& error) {
      // It may be on the disk or not: nothing of it is acknowledged, and its codes count as used.
      failure = error.what();
      memory_.transaction.roll_back();
    }
  }
  const Fate fate{failure.empty() ? Fate::Kind::kDurable : Fate::Kind::kUnavailable, failure};
  for (std::unique_ptr<Job>& job : waiting) tell(std::move(job), fate);
}

bool Judge::run_one(std::unique_ptr<Job>& job, const std::string& store_failure) {
  Fate fate{Fate::Kind::kUnavailable, store_failure};
  try {
    const bool away = !store_failure.empty();
    const Needs needs = away ? job->run(court()) : run_in_savepoint(*job);
    if (needs == Needs::kNothing) fate.kind = Fate::Kind::kDurable;
    else if (!away) return true;
  } catch (const core::StoreDamaged& error) {
    fate = {Fate::Kind::kDamaged, error.what()};
  } catch (const std::exception& error) {
    if (fate.reason.empty()) fate.reason = error.what();
  }
  tell(std::move(job), std::move(fate));
  return false;
}

Needs Judge::run_in_savepoint(Job& job) {
  memory_.transaction.savepoint();
  try {
    const Needs needs = job.run(court());
    memory_.transaction.release();
    return needs;
  } catch (const std::exception&) {
    // If even this fails, the engine is broken: the batch's commit fails too, and says so to all.
    memory_.transaction.roll_back_to_savepoint();
    throw;
  }
}

void Judge::tell(std::unique_ptr<Job> job, Fate fate) {
  asio::post(loop_, [job = std::move(job), fate = std::move(fate)] { job->done(fate); });
}

void Judge::forget_old_events() {
  const core::Instant time = now();
  if (time - last_forgotten_ < std::chrono::seconds(60)) return;
  last_forgotten_ = time;
  memory_.audit.forget_events_before(time - config_->keep_events);
}

}  // namespace seimon::daemon

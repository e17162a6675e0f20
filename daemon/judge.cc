// SPDX-License-Identifier: Apache-2.0
#include "daemon/judge.h"

#include <syslog.h>

#include <asio/post.hpp>

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostOfUsers = 8;  // steps of ordinary users in one batch
constexpr core::seconds kBeat{60};

}  // namespace

Judge::Judge(asio::io_context& loop, Memory memory, Journal& journal, Config config)
    : loop_(loop),
      memory_(memory),
      journal_(journal),
      config_(std::make_unique<Config>(std::move(config))),
      thread_([this] { work(); }) {}

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
    settle_age(now());
  } catch (const std::exception& error) {
    failure = error.what();
    memory_.transaction.roll_back();
  }
  health_.store = failure;
  Batch waiting;
  Batch alone;
  for (std::unique_ptr<Job>& job : batch) {
    if (job->is_alone()) alone.push_back(std::move(job));
    else if (run_one(job, failure)) waiting.push_back(std::move(job));
  }
  if (failure.empty()) {
    try {
      std::optional<std::set<core::UserName>> suspended;
      on_the_side([&] { suspended = memory_.census.suspended(); });
      memory_.transaction.commit();
      if (suspended) suspended_ = std::move(suspended);
      if (spooled_ > 0) memory_.spool.forget();
    } catch (const std::exception& error) {
      // It may be on the disk or not: nothing of it is acknowledged, and its codes count as used.
      failure = error.what();
      memory_.transaction.roll_back();
    }
  }
  if (!failure.empty()) next_beat_ = {};  // what was noticed in this batch is noticed again in the next
  health_.store = failure;
  const Fate fate{failure.empty() ? Fate::Kind::kDurable : Fate::Kind::kUnavailable, failure};
  for (std::unique_ptr<Job>& job : waiting) tell(std::move(job), fate);
  for (std::unique_ptr<Job>& job : alone) run_alone(std::move(job));
}

void Judge::run_alone(std::unique_ptr<Job> job) {
  Fate fate{Fate::Kind::kDurable, ""};
  try {
    (void)job->run(court());
  } catch (const std::exception& error) {
    fate = {Fate::Kind::kUnavailable, error.what()};
  }
  next_beat_ = {};
  tell(std::move(job), std::move(fate));
}

void Judge::settle_age(core::Instant wall) {
  const core::Era era = memory_.upkeep.era();
  spooled_ = 0;
  clock_.begin(era.latest);
  const core::seconds step = clock_.look(wall, uptime());
  if (era.came_back) {
    memory_.upkeep.begin_epoch(clock_.latest());
    health_.came_back = "an older state of the store came back, noticed at " + iso_time(wall) +
                        "; codes up to then count as used, and methods that were removed since may be back";
    alarm("store-came-back", health_.came_back, wall);
  }
  if (step != core::seconds(0)) alarm("clock-stepped", clock_.trouble(wall), wall);
  if (uptime() >= next_beat_ || step != core::seconds(0)) live_on(wall);
}

void Judge::live_on(core::Instant wall) {
  next_beat_ = uptime() + kBeat;
  memory_.upkeep.live_on(clock_.latest());
  on_the_side([&] { memory_.audit.forget_before(wall - config_->keep_events, clock_.latest() - core::kDay); });
  const std::vector<core::Event> spooled = memory_.spool.take();
  const bool merged = on_the_side([&] {
    for (const core::Event& event : spooled) memory_.audit.append(event);
  });
  if (merged) spooled_ = spooled.size();
}

// Housekeeping that meets a damaged page must not refuse those who do not.
template <class Work>
bool Judge::on_the_side(Work work) {
  memory_.transaction.savepoint();
  try {
    work();
    memory_.transaction.release();
    return true;
  } catch (const core::StoreDamaged& damage) {
    memory_.transaction.roll_back_to_savepoint();
    notice(damage.what());
    return false;
  }
}

void Judge::notice(const std::string& damage) {
  if (health_.damaged.size() < Health::kMostDamages) health_.damaged[damage] = iso_time(now());
}

void Judge::alarm(std::string_view reason, const std::string& text, core::Instant wall) {
  journal_.write(LOG_ALERT, text);
  core::Event event;
  event.at = wall;
  event.event = "alarm";
  event.outcome = "noticed";
  event.reason = reason;
  on_the_side([&] { memory_.audit.append(event); });
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
    notice(error.what());
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

}  // namespace seimon::daemon

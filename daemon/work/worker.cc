// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/worker.h"

#include <syslog.h>

#include <utility>

#include <asio/dispatch.hpp>

#include "daemon/work/notices.h"

namespace seimon::daemon {

namespace {

constexpr core::seconds kHousekeeping{60};

// A follow-up error; the commit fails too, and reports the cause.
template <class Work>
void ignore_follow_up_error(Work work) {
  try {
    work();
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

StepContext Worker::context(core::Transaction* step) {
  return {.store = ports_.store,
          .sources = ports_.sources,
          .maintenance = ports_.maintenance,
          .audit = ports_.audit,
          .users = ports_.users,
          .reports = ports_.reports,
          .mailbox = ports_.mailbox,
          .backup = ports_.backup,
          .config = *copy_.config,
          .now = state_.clock().moment(now()),
          .clock = state_.clock(),
          .health = state_.health(),
          .suspended = copy_.suspended,
          .step = step};
}

Committed Worker::run(Batch batch, bool is_durable) {
  state_.refresh(copy_);
  std::string failure;
  is_heartbeat_ = batch.front()->is_heartbeat();
  try {
    ports_.transaction.begin();
    check_store_state(now());
  } catch (const std::exception& error) {
    failure = error.what();
    ports_.transaction.roll_back();
  }
  state_.health().note_store(failure);
  Committed done;
  for (std::unique_ptr<Job>& job : batch) {
    if (job->is_alone()) done.alone.push_back(std::move(job));
    else if (run_one(job, failure, is_durable)) done.jobs.push_back(std::move(job));
  }
  if (failure.empty()) {
    try {
      if (is_only_) read_suspended();
      ports_.transaction.commit();
      done.has_changes = ports_.transaction.has_changes();
      done.has_spooled = std::exchange(has_spooled_, false);
      if (just_suspended_) state_.keep_suspended(copy_, std::move(*just_suspended_));
    } catch (const std::exception& error) {
      // It may be on the disk or not: nothing of it is acknowledged, and its codes count as used.
      failure = error.what();
      ports_.transaction.roll_back();
    }
  }
  just_suspended_.reset();
  if (std::exchange(has_spooled_, false)) spool_.keep();
  has_store_ = failure.empty();
  state_.health().note_store(failure);
  if (has_store_) return done;
  next_housekeeping_ = {};  // what this batch noticed, the next one notices again
  Batch alone = std::move(done.alone);
  settle(std::move(done), failure);
  return {.jobs = {}, .alone = std::move(alone)};
}

void Worker::settle(Committed done, const std::string& failure) {
  if (done.has_spooled && failure.empty()) spool_.forget();
  if (done.has_spooled && !failure.empty()) spool_.keep();
  const CommitResult result{failure.empty() ? CommitResult::Kind::kDurable : CommitResult::Kind::kUnavailable, failure};
  for (std::unique_ptr<Job>& job : done.jobs) send_result(std::move(job), result);
}

bool Worker::run_one(std::unique_ptr<Job>& job, const std::string& store_failure, bool is_durable) {
  CommitResult result{CommitResult::Kind::kUnavailable, store_failure};
  try {
    const bool away = !store_failure.empty();
    const Needs needs = away ? job->run(context()) : run_in_savepoint(*job);
    const bool has_only_read = !away && !ports_.transaction.has_changes() && (is_durable || job->asks_person());
    if (needs == Needs::kNothing || has_only_read) result.kind = CommitResult::Kind::kDurable;
    else if (!away) return true;
  } catch (const core::StoreDamaged& error) {
    result = {CommitResult::Kind::kDamaged, error.what()};
    state_.health().note_damage(error, now());
  } catch (const std::exception& error) {
    if (result.reason.empty()) result.reason = error.what();
  }
  send_result(std::move(job), std::move(result));
  return false;
}

Needs Worker::run_in_savepoint(Job& job) {
  ports_.transaction.savepoint();
  try {
    const Needs needs = job.run(context(&ports_.transaction));
    // A job that needs no store may have met one that fails, and has handled that.
    if (needs == Needs::kCommit) ports_.transaction.release();
    else ignore_follow_up_error([&] { ports_.transaction.release(); });
    return needs;
  } catch (const std::exception&) {
    ignore_follow_up_error([&] { ports_.transaction.roll_back_to_savepoint(); });
    throw;
  }
}

void Worker::run_alone(Batch jobs) {
  for (std::unique_ptr<Job>& job : jobs) {
    CommitResult result{CommitResult::Kind::kDurable, ""};
    try {
      (void)job->run(context());
    } catch (const std::exception& error) {
      result = {CommitResult::Kind::kUnavailable, error.what()};
    }
    next_housekeeping_ = {};
    send_result(std::move(job), std::move(result));
  }
}

void Worker::send_result(std::unique_ptr<Job> job, CommitResult result) {
  asio::dispatch(loop_, [job = std::move(job), result = std::move(result)] { job->done(result); });
}

void Worker::check_store_state(core::Instant wall) {
  const core::StoreState store = ports_.maintenance.state();
  ClockWatch& clock = state_.clock();
  if (store.server_clock) demand_same_clock(wall, *store.server_clock);
  clock.begin(store.latest);
  const core::seconds step = clock.look(wall, uptime());
  if (store.came_back) {
    ports_.maintenance.begin_epoch(std::max(wall, clock.moment(wall).age));
    const std::string text = "an older state of the store came back, noticed at " + iso_time(wall) +
                             "; codes up to then count as used, and methods that were removed since may be back";
    state_.health().note_came_back(text);
    alarm("store-came-back", text, wall);
  }
  if (step != core::seconds(0)) alarm("clock-stepped", clock.problem(wall), wall);
  const bool due = uptime() >= next_housekeeping_ || step != core::seconds(0);
  if (is_only_ ? due : is_heartbeat_) housekeep(wall);
}

void Worker::housekeep(core::Instant wall) {
  next_housekeeping_ = uptime() + kHousekeeping;
  const core::Instant age = state_.clock().moment(wall).age;
  if (!is_only_) read_suspended();
  ports_.maintenance.live_on(age);
  if (!state_.host().empty()) ports_.maintenance.sign_in(state_.host(), SEIMON_VERSION, wall);
  beside([&] { (void)ports_.audit.page(core::EventQuery{}); });  // notices a log that cannot be read
  beside([&] { forget_old_notices(context()); });
  beside([&] { ports_.audit.forget_before(age - copy_.config->keep_events, age - core::kDay); });
  const std::vector<core::Event> spooled = spool_.take();
  has_spooled_ = !spooled.empty();
  const bool merged = beside([&] {
    for (const core::Event& event : spooled) ports_.audit.append(event);
  });
  if (!merged && std::exchange(has_spooled_, false)) spool_.keep();
}

void Worker::read_suspended() {
  beside([&] { just_suspended_ = ports_.users.suspended_since(); });
}

// Housekeeping that finds a damaged page must not refuse logins that do not need it.
template <class Work>
bool Worker::beside(Work work) {
  ports_.transaction.savepoint();
  try {
    work();
    ports_.transaction.release();
    return true;
  } catch (const core::StoreDamaged& damage) {
    ports_.transaction.roll_back_to_savepoint();
    state_.health().note_damage(damage, now());
    return false;
  }
}

void Worker::alarm(std::string_view reason, const std::string& text, core::Instant wall) {
  state_.journal().write(LOG_ALERT, text);
  core::Event event;
  event.at = wall;
  event.event = "alarm";
  event.outcome = "noticed";
  event.reason = reason;
  beside([&] { ports_.audit.append(event); });
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/judge.h"

#include <syslog.h>

#include <algorithm>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <utility>

#include "daemon/notices.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostUserSteps = 8;  // steps of ordinary users in one batch
constexpr core::seconds kBeat{60};

// What fails here fails because something before it did, which says more; the batch's commit fails too, and tells all.
template <class Work>
void on_a_broken_engine(Work work) {
  try {
    work();
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

// What one judge works on; where a server has the store, each on a thread.
class Judge::Seat {
 public:
  Seat(Judge& judge, Memory memory, bool is_only) : judge_(judge), memory_(memory), is_only_(is_only) {
    if (!judge_.is_on_loop_) thread_ = std::thread([this] { work(); });
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() {
    if (thread_.joinable()) thread_.join();
    else work();
  }

  // Judges some of what waits; false when nothing did.
  bool take_turn();

 private:
  void work();
  // Some of what waits; empty when all is done and no more will come.
  [[nodiscard]] Batch take();
  void judge(Batch batch);
  // One job under its savepoint; true when it still waits for the commit.
  bool run_one(std::unique_ptr<Job>& job, const std::string& store_failure);
  Needs run_in_savepoint(Job& job);
  void tell(std::unique_ptr<Job> job, Fate fate);
  void run_alone(std::unique_ptr<Job> job);
  void settle_age(core::Instant wall);
  void live_on(core::Instant wall);
  void read_suspended();
  void leave_spool(bool is_merged);
  void tell_return(bool is_there);
  void keep_suspended(std::set<core::UserName> users);
  // Under a savepoint of its own; false when it met damage, which is then noticed.
  template <class Work>
  bool on_the_side(Work work);
  void alarm(std::string_view reason, const std::string& text, core::Instant wall);
  [[nodiscard]] Court court(core::Transaction* step = nullptr) {
    return {memory_.store,
            memory_.sources,
            memory_.upkeep,
            memory_.audit,
            memory_.census,
            memory_.mailbox,
            memory_.keeper,
            *config_,
            judge_.clock_.moment(now()),
            judge_.clock_,
            judge_.health_,
            suspended_,
            step};
  }

  Judge& judge_;
  Memory memory_;
  bool is_only_;
  bool beats_ = false;  // in this batch
  std::unique_ptr<const Config> config_;
  std::uint64_t age_ = 0;  // of config_
  std::uint64_t suspended_age_ = 0;
  core::seconds next_beat_{};
  bool has_spooled_ = false;  // this batch has taken the spool's events
  std::optional<std::set<core::UserName>> suspended_;
  std::optional<std::set<core::UserName>> fresh_suspended_;  // where this batch may have changed it
  std::thread thread_;
};

// A place in the loop's queue, behind what is ready there: all of that goes into one batch.
struct Judge::Turn {
  Judge* judge;  // null when it is gone
};

Judge::Judge(asio::io_context& loop, const std::vector<Memory>& seats, Journal& journal, Config config,
             std::string host)
    : loop_(loop),
      journal_(journal),
      host_(std::move(host)),
      is_on_loop_(host_.empty() && seats.size() == 1),
      config_(std::move(config)),
      age_(1) {
  for (const Memory& memory : seats) seats_.push_back(std::make_unique<Seat>(*this, memory, seats.size() == 1));
}

Judge::~Judge() { finish(); }

void Judge::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (turn_ != nullptr) turn_->judge = nullptr;
    turn_ = nullptr;
  }
  waiting_.notify_all();
  seats_.clear();
}

void Judge::submit(std::unique_ptr<Job> job, uid_t peer) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_)
      return asio::post(loop_, [job = std::move(job)] { job->done({Fate::Kind::kUnavailable, "the service ends"}); });
    (peer == 0 ? queue_ : later_).push_back(std::move(job));
    if (is_on_loop_) await_turn();
  }
  waiting_.notify_one();
}

void Judge::await_turn() {
  if (turn_ != nullptr) return;
  auto turn = std::make_unique<Turn>(Turn{this});
  turn_ = turn.get();
  asio::post(loop_, [turn = std::move(turn)] {
    if (turn->judge != nullptr) turn->judge->take_turn();
  });
}

void Judge::take_turn() {
  {
    const std::lock_guard lock(mutex_);
    turn_ = nullptr;
  }
  (void)seats_.front()->take_turn();
  const std::lock_guard lock(mutex_);
  if (!queue_.empty() || !later_.empty()) await_turn();
}

namespace {

class Beat : public Job {
 public:
  Needs run(const Court& /*court*/) override { return Needs::kCommit; }
  void done(const Fate& /*fate*/) override {}
  [[nodiscard]] bool is_beat() const override { return true; }
};

}  // namespace

void Judge::beat() { submit(std::make_unique<Beat>()); }

void Judge::learn_suspended(std::optional<std::set<core::UserName>> users) {
  const std::lock_guard lock(mutex_);
  if (suspended_ == users) return;
  suspended_ = std::move(users);
  ++suspended_age_;
}

void Judge::replace_config(Config config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
  ++age_;
}

void Judge::Seat::work() {
  while (take_turn()) {
  }
}

bool Judge::Seat::take_turn() {
  Batch batch = take();
  const bool any = !batch.empty();
  if (any) judge(std::move(batch));
  return any;
}

Judge::Batch Judge::Seat::take() {
  std::unique_lock lock(judge_.mutex_);
  const auto is_due = [this] { return judge_.stopping_ || !judge_.queue_.empty() || !judge_.later_.empty(); };
  if (!judge_.is_on_loop_) judge_.waiting_.wait(lock, is_due);
  if (age_ != judge_.age_) {
    config_ = std::make_unique<Config>(judge_.config_);
    age_ = judge_.age_;
  }
  if (suspended_age_ != judge_.suspended_age_) {
    suspended_ = judge_.suspended_;
    suspended_age_ = judge_.suspended_age_;
  }
  Batch batch;
  if (is_only_) batch.swap(judge_.queue_);
  // Who is asked before the disk is waited for can answer meanwhile, and is in the next batch.
  std::stable_partition(batch.begin(), batch.end(), [](const auto& job) { return job->is_question(); });
  const std::size_t most = is_only_ ? batch.size() + kMostUserSteps : 1;
  for (Batch* waiting : {&judge_.queue_, &judge_.later_}) {
    while (batch.size() < most && !waiting->empty()) {
      batch.push_back(std::move(waiting->front()));
      waiting->pop_front();
    }
  }
  return batch;
}

void Judge::Seat::judge(Batch batch) {
  std::string failure;
  beats_ = batch.front()->is_beat();
  try {
    memory_.transaction.begin();
    settle_age(now());
  } catch (const std::exception& error) {
    failure = error.what();
    memory_.transaction.roll_back();
  }
  judge_.health_.note_store(failure);
  Batch waiting;
  Batch alone;
  for (std::unique_ptr<Job>& job : batch) {
    if (job->is_alone()) alone.push_back(std::move(job));
    else if (run_one(job, failure)) waiting.push_back(std::move(job));
  }
  if (failure.empty()) {
    try {
      if (is_only_) read_suspended();
      memory_.transaction.commit();
      if (fresh_suspended_) keep_suspended(std::move(*fresh_suspended_));
      leave_spool(true);
    } catch (const std::exception& error) {
      // It may be on the disk or not: nothing of it is acknowledged, and its codes count as used.
      failure = error.what();
      memory_.transaction.roll_back();
    }
  }
  leave_spool(false);
  fresh_suspended_.reset();
  if (!failure.empty()) next_beat_ = {};  // what was noticed in this batch is noticed again in the next
  judge_.health_.note_store(failure);
  const Fate fate{failure.empty() ? Fate::Kind::kDurable : Fate::Kind::kUnavailable, failure};
  for (std::unique_ptr<Job>& job : waiting) tell(std::move(job), fate);
  for (std::unique_ptr<Job>& job : alone) run_alone(std::move(job));
  if (!is_only_) tell_return(failure.empty());
}

// When the store is there again, what waited for it need not wait for the next beat.
void Judge::Seat::tell_return(bool is_there) {
  bool is_back = false;
  {
    const std::lock_guard lock(judge_.mutex_);
    is_back = judge_.is_away_ && is_there;
    judge_.is_away_ = !is_there;
  }
  if (is_back) judge_.beat();
}

void Judge::Seat::run_alone(std::unique_ptr<Job> job) {
  Fate fate{Fate::Kind::kDurable, ""};
  try {
    (void)job->run(court());
  } catch (const std::exception& error) {
    fate = {Fate::Kind::kUnavailable, error.what()};
  }
  next_beat_ = {};
  tell(std::move(job), std::move(fate));
}

void Judge::Seat::settle_age(core::Instant wall) {
  const core::Era era = memory_.upkeep.era();
  ClockWatch& clock = judge_.clock_;
  if (era.server_clock) demand_same_clock(wall, *era.server_clock);
  clock.begin(era.latest);
  const core::seconds step = clock.look(wall, uptime());
  if (era.came_back) {
    memory_.upkeep.begin_epoch(std::max(wall, clock.moment(wall).age));
    const std::string text = "an older state of the store came back, noticed at " + iso_time(wall) +
                             "; codes up to then count as used, and methods that were removed since may be back";
    judge_.health_.note_came_back(text);
    alarm("store-came-back", text, wall);
  }
  if (step != core::seconds(0)) alarm("clock-stepped", clock.trouble(wall), wall);
  // On a shared store in a transaction of its own, so that no login waits for what every host writes.
  const bool due = uptime() >= next_beat_ || step != core::seconds(0);
  if (is_only_ ? due : beats_) live_on(wall);
}

void Judge::Seat::live_on(core::Instant wall) {
  next_beat_ = uptime() + kBeat;
  const core::Instant age = judge_.clock_.moment(wall).age;
  if (!is_only_) read_suspended();
  memory_.upkeep.live_on(age);
  if (!judge_.host_.empty()) memory_.upkeep.sign_in(judge_.host_, SEIMON_VERSION, wall);
  on_the_side([&] { (void)memory_.audit.page(core::EventQuery{}); });  // notices a trail that cannot be read
  on_the_side([&] { forget_old_notices(court()); });
  on_the_side([&] { memory_.audit.forget_before(age - config_->keep_events, age - core::kDay); });
  const std::vector<core::Event> spooled = memory_.spool.take();
  has_spooled_ = !spooled.empty();
  const bool merged = on_the_side([&] {
    for (const core::Event& event : spooled) memory_.audit.append(event);
  });
  if (!merged) leave_spool(false);
}

// For every seat: which of them meets the time when the store is away, nobody knows.
void Judge::Seat::keep_suspended(std::set<core::UserName> users) {
  if (!is_only_ && suspended_ != users) {
    const std::lock_guard lock(judge_.mutex_);
    judge_.suspended_ = users;
    suspended_age_ = ++judge_.suspended_age_;
  }
  suspended_ = std::move(users);
}

void Judge::Seat::leave_spool(bool is_merged) {
  if (!std::exchange(has_spooled_, false)) return;
  if (is_merged) memory_.spool.forget();
  else memory_.spool.keep();
}

void Judge::Seat::read_suspended() {
  on_the_side([&] { fresh_suspended_ = memory_.census.suspended_since(); });
}

// Housekeeping that meets a damaged page must not refuse those who do not.
template <class Work>
bool Judge::Seat::on_the_side(Work work) {
  memory_.transaction.savepoint();
  try {
    work();
    memory_.transaction.release();
    return true;
  } catch (const core::StoreDamaged& damage) {
    memory_.transaction.roll_back_to_savepoint();
    judge_.health_.note_damage(damage, now());
    return false;
  }
}

void Judge::Seat::alarm(std::string_view reason, const std::string& text, core::Instant wall) {
  judge_.journal_.write(LOG_ALERT, text);
  core::Event event;
  event.at = wall;
  event.event = "alarm";
  event.outcome = "noticed";
  event.reason = reason;
  on_the_side([&] { memory_.audit.append(event); });
}

bool Judge::Seat::run_one(std::unique_ptr<Job>& job, const std::string& store_failure) {
  Fate fate{Fate::Kind::kUnavailable, store_failure};
  try {
    const bool away = !store_failure.empty();
    const Needs needs = away ? job->run(court()) : run_in_savepoint(*job);
    const bool is_on_disk = !away && !memory_.transaction.has_changes();  // all that it has read
    if (needs == Needs::kNothing || is_on_disk) fate.kind = Fate::Kind::kDurable;
    else if (!away) return true;
  } catch (const core::StoreDamaged& error) {
    fate = {Fate::Kind::kDamaged, error.what()};
    judge_.health_.note_damage(error, now());
  } catch (const std::exception& error) {
    if (fate.reason.empty()) fate.reason = error.what();
  }
  tell(std::move(job), std::move(fate));
  return false;
}

Needs Judge::Seat::run_in_savepoint(Job& job) {
  memory_.transaction.savepoint();
  try {
    const Needs needs = job.run(court(&memory_.transaction));
    // What needs no store may have met one that breaks, and said so.
    if (needs == Needs::kCommit) memory_.transaction.release();
    else on_a_broken_engine([&] { memory_.transaction.release(); });
    return needs;
  } catch (const std::exception&) {
    on_a_broken_engine([&] { memory_.transaction.roll_back_to_savepoint(); });
    throw;
  }
}

void Judge::Seat::tell(std::unique_ptr<Job> job, Fate fate) {
  asio::dispatch(judge_.loop_, [job = std::move(job), fate = std::move(fate)] { job->done(fate); });
}

}  // namespace seimon::daemon

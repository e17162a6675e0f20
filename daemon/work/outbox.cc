// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/outbox.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/secret.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

namespace {

constexpr std::string_view kCall = "call";
constexpr std::ptrdiff_t kMostCalls = 4;  // of the eight workers: each takes a minute or more

constexpr std::array<std::string_view, 9> kNames = {"sent",         "bad-address", "refused",   "failed",     "unknown",
                                                    "not-answered", "lost",        "not-taken", "login-ended"};

}  // namespace

std::string_view outcome_name(DeliveryOutcome::Kind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::optional<DeliveryOutcome::Kind> parse_outcome(std::string_view name) {
  constexpr std::size_t kReported = 6;
  const auto found = std::find(kNames.begin(), kNames.begin() + kReported, name);
  if (found == kNames.begin() + kReported) return std::nullopt;
  return static_cast<DeliveryOutcome::Kind>(found - kNames.begin());
}

bool Outbox::put(Message message, core::seconds until, const std::string& owner, Told told) {
  if (queue_.size() >= kMost) return false;
  message.id = "d" + std::to_string(++last_id_);
  queue_.push_back({std::move(message), until, owner, std::move(told)});
  wake_one();
  return true;
}

void Outbox::wake_one() {
  if (waiting_.empty() || queue_.empty()) return;
  const Wake wake = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  wake();
}

bool Outbox::is_under_way_to(const std::string& to) const {
  return std::any_of(taken_.begin(), taken_.end(), [&](const auto& row) { return row.second.to == to; });
}

std::optional<Message> Outbox::take(Worker worker, core::seconds now) {
  expire(now);
  const auto calls =
      std::count_if(taken_.begin(), taken_.end(), [](const auto& row) { return row.second.channel == kCall; });
  const auto found = std::find_if(queue_.begin(), queue_.end(), [&](const Entry& entry) {
    return !is_under_way_to(entry.message.to) && (entry.message.channel != kCall || calls < kMostCalls);
  });
  if (found == queue_.end()) return std::nullopt;
  Entry entry = std::move(*found);
  queue_.erase(found);
  taken_.insert_or_assign(entry.message.id,
                          Taken{worker, entry.message.channel, entry.message.to, std::move(entry.told)});
  return std::move(entry.message);
}

bool Outbox::note_outcome(Worker worker, const std::string& id, const DeliveryOutcome& outcome) {
  const auto found = taken_.find(id);
  if (found == taken_.end() || found->second.worker != worker) return false;
  const Taken taken = std::move(found->second);
  taken_.erase(found);
  conclude(taken.channel, taken.told, outcome);
  wake_one();  // for another message to that address
  return true;
}

void Outbox::forget_worker(Worker worker) {
  waiting_.erase(worker);
  std::vector<Taken> lost;
  std::erase_if(taken_, [&](auto& row) {
    if (row.second.worker != worker) return false;
    lost.push_back(std::move(row.second));
    return true;
  });
  for (const Taken& taken : lost) conclude(taken.channel, taken.told, {.kind = DeliveryOutcome::Kind::kLost});
  wake_one();  // it may have been called for a message
}

template <class IsOne>
void Outbox::end_waiting(IsOne is_one, DeliveryOutcome::Kind kind) {
  std::vector<Entry> ended;
  std::erase_if(queue_, [&](Entry& entry) {
    if (!is_one(entry)) return false;
    core::wipe(entry.message.text);
    core::wipe(entry.message.code);
    ended.push_back(std::move(entry));
    return true;
  });
  for (const Entry& entry : ended) conclude(entry.message.channel, entry.told, {.kind = kind});
}

void Outbox::expire(core::seconds now) {
  end_waiting([&](const Entry& entry) { return now >= entry.until; }, DeliveryOutcome::Kind::kNotTaken);
}

void Outbox::drop(const std::string& owner) {
  end_waiting([&](const Entry& entry) { return entry.owner == owner; }, DeliveryOutcome::Kind::kLoginEnded);
}

void Outbox::conclude(const std::string& channel, const Told& told, const DeliveryOutcome& outcome) {
  count(channel, outcome);
  told(outcome);
}

Outbox::Tally Outbox::tally(const std::string& channel) const {
  const auto found = tallies_.find(channel);
  return found == tallies_.end() ? Tally() : found->second;
}

void Outbox::count(const std::string& channel, const DeliveryOutcome& outcome) {
  if (outcome.kind == DeliveryOutcome::Kind::kLoginEnded) return;
  Tally& tally = tallies_[channel];
  if (outcome.kind == DeliveryOutcome::Kind::kSent) {
    ++tally.sent;
    return;
  }
  ++tally.failed;
  const std::string name(outcome_name(outcome.kind));
  tally.failure = outcome.driver.empty() ? name : outcome.driver + ": " + outcome.detail;
  tally.failed_at = now();
}

void Outbox::wait(Worker worker, Wake wake) { waiting_.insert_or_assign(worker, std::move(wake)); }

}  // namespace seimon::daemon

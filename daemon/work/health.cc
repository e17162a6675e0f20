// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/health.h"

#include <syslog.h>

#include <utility>

#include "daemon/system/clock.h"

namespace seimon::daemon {

Health::Facts Health::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

void Health::note_store(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  facts_.store = failure;
}

void Health::note_config(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  facts_.config = failure;
}

void Health::note_came_back(const std::string& text) {
  const std::lock_guard lock(mutex_);
  facts_.came_back = text;
}

void Health::note_damage(const core::StoreDamaged& damage, core::Instant when) {
  if (dynamic_cast<const core::StorePageDamaged*>(&damage) == nullptr) return note_damage(damage.what(), when);
  const std::lock_guard lock(mutex_);
  facts_.pages = damage.what();
}

void Health::note_damage(const std::string& what, core::Instant when) {
  const std::lock_guard lock(mutex_);
  if (facts_.damaged.size() < kMostDamages) facts_.damaged.emplace(what, iso_time(when));
}

void Health::forget_damage_of(const std::string& user) {
  const std::lock_guard lock(mutex_);
  std::erase_if(facts_.damaged, [&](const auto& row) {
    return row.first.starts_with("user " + user + ",") || row.first.starts_with("user " + user + ":");
  });
}

void Health::note_sending(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  facts_.sending = failure;
}

void Health::note_gates(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  facts_.gates = failure;
}

void Health::note_groups(const std::string& failure, Journal& journal) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(facts_.groups, failure) == failure) return;
  }
  journal.write(failure.empty() ? LOG_NOTICE : LOG_WARNING,
                failure.empty() ? "the name service answers for all named groups again" : failure);
}

void Health::forget_all() {
  const std::lock_guard lock(mutex_);
  Facts fresh;
  fresh.config = std::move(facts_.config);
  fresh.groups = std::move(facts_.groups);
  facts_ = std::move(fresh);
}

}  // namespace seimon::daemon

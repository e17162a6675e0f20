// SPDX-License-Identifier: Apache-2.0
#include "daemon/clock.h"

#include <algorithm>
#include <ctime>

#include "core/store.h"
#include "core/upkeep.h"

namespace seimon::daemon {

core::Instant now() { return std::chrono::floor<core::seconds>(std::chrono::system_clock::now()); }

core::seconds uptime() {
  timespec time = {};
  if (clock_gettime(CLOCK_BOOTTIME, &time) != 0) return core::seconds(0);
  return core::seconds(time.tv_sec);
}

core::seconds local_zone(core::Instant time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts = {};
  return core::seconds(localtime_r(&seconds, &parts) != nullptr ? parts.tm_gmtoff : 0);
}

std::string iso_time(core::Instant time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts = {};
  char text[32] = {};
  if (gmtime_r(&seconds, &parts) != nullptr) (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void ClockWatch::begin(core::Instant latest) {
  const std::lock_guard lock(mutex_);
  latest_ = std::max(latest_, latest);
}

core::Instant ClockWatch::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

core::seconds ClockWatch::look(core::Instant wall, core::seconds uptime) {
  const std::lock_guard lock(mutex_);
  // At the start nothing is known but what the store has seen: only a clock behind that is a step.
  const bool first = last_uptime_ < core::seconds(0);
  const core::Instant expected = first ? std::max(wall, latest_) : last_wall_ + (uptime - last_uptime_);
  const core::seconds step = wall - expected;
  last_wall_ = wall;
  last_uptime_ = uptime;
  latest_ = std::max(latest_, wall);
  if (step > -kStep && step < kStep) return core::seconds(0);
  stepped_ = step;
  stepped_at_ = wall;
  return step;
}

void ClockWatch::accept(core::Instant wall) {
  const std::lock_guard lock(mutex_);
  latest_ = wall;
  stepped_ = core::seconds(0);
}

std::string ClockWatch::trouble(core::Instant wall) const {
  const std::lock_guard lock(mutex_);
  const std::string cure = "; if it is right now: seimon clock accept";
  if (latest_ - wall >= kStep) return "the clock is behind a time that it has shown (" + iso_time(latest_) + ")" + cure;
  if (stepped_ == core::seconds(0)) return "";
  return "the clock stepped by " + std::to_string(stepped_.count()) + " s to " + iso_time(stepped_at_) + cure;
}

void demand_same_clock(core::Instant wall, core::Instant server) {
  const core::seconds apart = wall - server;
  if (apart <= core::kMostApart && apart >= -core::kMostApart) return;
  throw core::StoreUnavailable("this host's clock is " + std::to_string(apart.count()) +
                               " s off the database's: set it right");
}

}  // namespace seimon::daemon

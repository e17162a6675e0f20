// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/clock.h"

#include <algorithm>
#include <ctime>
#include <sstream>
#include <stdexcept>

#include "base/files.h"
#include "core/ports/maintenance.h"
#include "core/ports/store.h"
#include "daemon/system/trust.h"

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

namespace {

constexpr core::seconds kAnchored = std::chrono::hours(1);
constexpr core::seconds kSaved = std::chrono::minutes(1);
constexpr std::size_t kMostSaved = 256;

std::int64_t number(core::Instant time) { return time.time_since_epoch().count(); }

}  // namespace

void ClockWatch::keep_in(const std::string& path, const std::string& boot, core::seconds uptime) {
  const std::lock_guard lock(mutex_);
  path_ = path;
  boot_ = boot;
  saved_ = uptime - kSaved;
  std::string saved;
  try {
    saved = base::read_file(path, kMostSaved);
  } catch (const std::runtime_error&) {
    return;
  }
  std::istringstream words(saved);
  std::string their_boot;
  std::int64_t wall = 0;
  std::int64_t then = 0;
  std::int64_t age = 0;
  std::int64_t ahead = 0;
  if (!(words >> their_boot >> wall >> then >> age >> ahead) || their_boot != boot || core::seconds(then) > uptime)
    return;
  last_ = {core::Instant(core::seconds(wall)), core::seconds(then)};
  anchor_ = last_;
  age_ = std::max(age_, core::Instant(core::seconds(age)));
  ahead_ = core::seconds(ahead);
  if (ahead != 0) stepped_ = ahead_, stepped_at_ = last_.wall;
}

// A failed write is repeated after a minute; if the file is missing at a start, the clock is trusted.
void ClockWatch::save() {
  saved_ = last_.uptime;
  std::ostringstream line;
  line << boot_ << ' ' << number(last_.wall) << ' ' << last_.uptime.count() << ' ' << number(age_) << ' '
       << ahead_.count() << '\n';
  if (!path_.empty()) (void)base::replace_file(path_, line.str());
}

void ClockWatch::begin(core::Instant latest) {
  const std::lock_guard lock(mutex_);
  age_ = std::max(age_, latest);
}

core::seconds ClockWatch::look(core::Instant wall, core::seconds uptime) {
  const std::lock_guard lock(mutex_);
  core::seconds step{};
  if (anchor_) step = wall - anchor_->wall - (uptime - anchor_->uptime);
  // At the start nothing is known but what the store has seen: only a clock behind that is a step.
  else step = std::min(core::seconds(0), wall - age_);
  const bool is_step = step <= -kStep || step >= kStep;
  if (is_step) {
    ahead_ += step;
    if (ahead_ > -kStep && ahead_ < kStep) ahead_ = core::seconds(0);  // back where it was
    stepped_ = step;
    stepped_at_ = wall;
  }
  if (ahead_ < core::seconds(0) && anchor_) ahead_ = std::min(core::seconds(0), ahead_ + (uptime - last_.uptime) / 2);
  last_ = {wall, uptime};
  if (is_step || !anchor_ || uptime - anchor_->uptime >= kAnchored) anchor_ = last_;
  age_ = std::max(age_, wall - ahead_);
  if (is_step || uptime - saved_ >= kSaved) save();
  return is_step ? step : core::seconds(0);
}

void ClockWatch::accept(core::Instant wall) {
  const std::lock_guard lock(mutex_);
  age_ = wall;
  ahead_ = stepped_ = core::seconds(0);
  save();
}

core::Moment ClockWatch::moment(core::Instant wall) const {
  const std::lock_guard lock(mutex_);
  return {wall, std::clamp(wall - ahead_, age_, age_ + kStep)};  // a step that look() has not met yet moves nothing
}

std::string ClockWatch::problem(core::Instant wall) const {
  const std::lock_guard lock(mutex_);
  const std::string fix = "; if it is right now: seimon clock accept";
  if (ahead_ <= -kStep) return "the clock is behind a time that it has shown (" + iso_time(wall - ahead_) + ")" + fix;
  if (stepped_ == core::seconds(0)) return "";
  return "the clock stepped by " + std::to_string(stepped_.count()) + " s to " + iso_time(stepped_at_) + fix;
}

void demand_same_clock(core::Instant wall, core::Instant server) {
  const core::seconds apart = wall - server;
  if (apart <= core::kMostApart && apart >= -core::kMostApart) return;
  throw core::StoreUnavailable("this host's clock is " + std::to_string(apart.count()) +
                               " s off the database's: set it right");
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The one place of the service that reads clocks. Everything below takes time as an argument.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "core/types.h"

namespace seimon::daemon {

[[nodiscard]] core::Instant now();
// Seconds since the machine started, sleep included (CLOCK_BOOTTIME). It only goes on.
[[nodiscard]] core::seconds uptime();

// Seconds east of UTC that this host's zone has then.
[[nodiscard]] core::seconds local_zone(core::Instant time);

// "2026-11-21T12:00:10Z"
[[nodiscard]] std::string iso_time(core::Instant time);

// Tells how old things are, though somebody sets the clock (threat model U6). The age follows the wall clock while that
// goes on as the uptime does. From a step on it follows the uptime, until accept(): behind a clock that was set back
// half as fast as that, so that this catches up. Any thread.
//
// Always true: the age never goes back but by accept(); it gains at most kStep an hour on the uptime.
class ClockWatch {
 public:
  static constexpr core::seconds kStep{60};

  // REQUIRES that look() was not called. Goes on from where a service on the same boot of this machine ended, and from
  // now on keeps in the file `path` what the next one needs for that. Without the file a start takes the clock's word.
  void keep_in(const std::string& path, const std::string& boot, core::seconds uptime);
  // `latest`: the newest age that the store has seen.
  void begin(core::Instant latest);
  // By how much the clock stepped since it was looked at last; zero for less than kStep.
  [[nodiscard]] core::seconds look(core::Instant wall, core::seconds uptime);
  void accept(core::Instant wall);
  [[nodiscard]] core::Moment moment(core::Instant wall) const;
  // A message for the administrator; empty if the clock ran evenly.
  [[nodiscard]] std::string problem(core::Instant wall) const;

 private:
  // The starting point of the comparison of wall clock and uptime: not the last look, for a clock could creep by small
  // steps.
  struct Anchor {
    core::Instant wall{};
    core::seconds uptime{};
  };

  void save();

  mutable std::mutex mutex_;
  std::string path_;
  std::string boot_;
  core::seconds saved_{};
  std::optional<Anchor> anchor_;
  Anchor last_;
  core::Instant age_{};
  core::seconds ahead_{};  // what the wall clock shows beyond the age; below zero: behind it
  core::seconds stepped_{};
  core::Instant stepped_at_{};
};

// Codes are checked by this host's clock, and last steps are shared: a host whose clock is off refuses alone. Throws
// core::StoreUnavailable.
void demand_same_clock(core::Instant wall, core::Instant server);

}  // namespace seimon::daemon

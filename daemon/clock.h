// SPDX-License-Identifier: Apache-2.0
// The one place of the service that reads clocks. Everything below takes time as an argument.
#pragma once

#include <mutex>
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

// Notices when the wall clock steps (SECURITY.md U6): it is compared with the uptime that passed.
// Always true: latest() is no earlier than any moment that was seen, until accept(). Any thread.
class ClockWatch {
 public:
  static constexpr core::seconds kStep{60};

  // `latest` of the store, from before this service started.
  void begin(core::Instant latest);
  // By how much the clock stepped since it was looked at last; zero for less than kStep.
  [[nodiscard]] core::seconds look(core::Instant wall, core::seconds uptime);
  void accept(core::Instant wall);
  [[nodiscard]] core::Instant latest() const;
  // What an administrator should know; empty when the clock went on evenly.
  [[nodiscard]] std::string trouble(core::Instant wall) const;

 private:
  mutable std::mutex mutex_;
  core::Instant latest_{};
  core::Instant last_wall_{};
  core::seconds last_uptime_{-1};
  core::seconds stepped_{};
  core::Instant stepped_at_{};
};

// Codes are judged by this host's clock, and marks are everybody's: one that is off refuses alone. Throws
// core::StoreUnavailable.
void demand_same_clock(core::Instant wall, core::Instant server);

}  // namespace seimon::daemon

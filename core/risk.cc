// SPDX-License-Identifier: Apache-2.0
#include "core/risk.h"

#include <algorithm>

namespace seimon::core {

namespace {

bool is_open(const FailureWindow& window, const Limit& limit, Instant now) {
  return window.count > 0 && std::max(now, window.opened) - window.opened < limit.length;
}

}  // namespace

bool is_over_limit(const Failures& failures, Instant now) { return relaxes_at(failures, now) > now; }

Failures with_failure(Failures failures, Instant now) {
  for (std::size_t i = 0; i < kLimits.size(); ++i) {
    FailureWindow& window = failures.windows[i];
    if (is_open(window, kLimits[i], now)) ++window.count;
    else window = {now, 1};
  }
  return failures;
}

Failures forgiven(Failures failures) {
  failures.windows.front() = {};
  return failures;
}

Instant relaxes_at(const Failures& failures, Instant now) {
  Instant latest = now;
  for (std::size_t i = 0; i < kLimits.size(); ++i) {
    const FailureWindow& window = failures.windows[i];
    if (is_open(window, kLimits[i], now) && window.count >= kLimits[i].failures)
      latest = std::max(latest, std::max(window.opened, Instant{}) + kLimits[i].length);
  }
  return latest;
}

}  // namespace seimon::core

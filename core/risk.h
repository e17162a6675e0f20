// SPDX-License-Identifier: Apache-2.0
// How many wrong codes a user may have before nothing is compared any more for a while.
//
// Two windows, each opened by its first failure: kLimits. A failure is recorded in the transaction that answers it.
// With 5 tries per quarter hour and 20 per day, 3 of 10^6 codes valid at a time, a patient attacker who knows the
// password has 20 * 3e-6 = 6e-5 a day.
// Always true: windows are measured on max(now, opened), so a clock that goes back relaxes nothing early.
#pragma once

#include <array>

#include "core/types.h"

namespace seimon::core {

struct Limit {
  seconds length;
  int failures;
};
inline constexpr std::array<Limit, 2> kLimits = {{
    {std::chrono::minutes(15), 5},
    {std::chrono::hours(24), 20},
}};

struct FailureWindow {
  Instant opened{};
  std::int64_t count = 0;
  bool operator==(const FailureWindow&) const = default;
};

struct Failures {
  std::array<FailureWindow, kLimits.size()> windows{};
  bool operator==(const Failures&) const = default;
};

[[nodiscard]] bool is_over_limit(const Failures& failures, Instant now);
// With one more failure at `now`.
[[nodiscard]] Failures with_failure(Failures failures, Instant now);
// After a success: the short window is forgiven, the day's is not.
[[nodiscard]] Failures forgiven(Failures failures);
// When the last full window ends; `now` when none is full.
[[nodiscard]] Instant relaxes_at(const Failures& failures, Instant now);

}  // namespace seimon::core

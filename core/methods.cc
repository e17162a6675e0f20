// SPDX-License-Identifier: Apache-2.0
#include "core/methods.h"

#include <algorithm>

namespace seimon::core {

std::string_view kind_name(Kind kind) { return kind == Kind::kApp ? "app" : "token"; }

std::optional<Kind> parse_kind(std::string_view name) {
  if (name == "app") return Kind::kApp;
  if (name == "token") return Kind::kToken;
  return std::nullopt;
}

Drift learned(Drift drift, std::int64_t seen) {
  drift.run = drift.run > 0 && drift.last_seen == seen ? std::min(drift.run + 1, Drift::kRunToLearn) : 1;
  drift.last_seen = seen;
  if (drift.run >= Drift::kRunToLearn) drift.steps = std::clamp(seen, -Drift::kMostDrift, Drift::kMostDrift);
  return drift;
}

Window window_of(const Method& method, Instant now, int window) {
  if (method.otp.by_counter()) {
    const auto next = static_cast<std::int64_t>(method.mark) + 1;
    return {Step{next}, Step{next + kLookAhead - 1}};
  }
  const auto centre = static_cast<std::int64_t>(step_at(now, method.otp.period)) + method.drift.steps;
  return {Step{centre - window}, Step{centre + window}};
}

}  // namespace seimon::core

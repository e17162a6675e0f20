// SPDX-License-Identifier: Apache-2.0
// The budget of core/account/risk.h, slow and obvious: every try that ever failed in one list, nothing merged, nothing
// dropped. Core must never be laxer than this; while nothing had to be merged or dropped it must say exactly the same.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "core/account/risk.h"

namespace seimon::tests {

class SlowRisk {
 public:
  explicit SlowRisk(core::RiskSettings settings) : settings_(std::move(settings)) {}

  void fail(const core::Source& source, core::Cost cost, core::Instant now) {
    tries_.push_back({steady(now), static_cast<std::int64_t>(cost), source.name, false, false});
  }
  void fail_guarded(const core::Source& source, core::Instant now) {
    tries_.push_back({steady(now), 0, source.name, false, true});
  }
  void succeed(const core::Source& source, bool guarded, core::Instant now) {
    succeeded_[source.exact()] = steady(now);
    for (Try& t : tries_)
      if (t.source == source.name) t.over = true;
    if (!source.forgives) return;
    for (Try& t : tries_)
      if (t.source == source.name) t.forgiven = true;
    if (guarded) lifted_[source.exact()] = steady(now);
  }
  void reset() { tries_.clear(); }

  [[nodiscard]] core::Admission admission(const core::Source& source, core::Cost cost, core::Instant now) const {
    now = steady(now);
    const auto failures = std::count_if(tries_.begin(), tries_.end(), [](const Try& t) { return !t.forgiven; });
    const bool worn_out = failures >= core::kMostFailures;
    const bool over = is_over(source, cost, now, core::kQuarterHour, settings_.quarter_hour, 3, true) ||
                      is_over(source, cost, now, core::kDay, settings_.day, 6, true) ||
                      is_over(source, cost, now, core::kMonth, settings_.month, 0, false);
    if (!worn_out && !over) return core::Admission::kOpen;
    if (settings_.lock) return core::Admission::kClosed;
    const auto success = succeeded_.find(source.exact());
    if (worn_out && (success == succeeded_.end() || now - success->second >= core::kMonth))
      return core::Admission::kClosed;
    return guarded_this_hour(source, now) >= core::kMostGuardedTries ? core::Admission::kClosed
                                                                     : core::Admission::kGuarded;
  }

  // The cost of compared guesses in the `length` before `now`, forgiven or not.
  [[nodiscard]] std::int64_t spent_since(core::Instant begin) const {
    std::int64_t sum = 0;
    for (const Try& t : tries_)
      if (t.at >= begin) sum += t.cost;
    return sum;
  }

 private:
  struct Try {
    core::Instant at;
    std::int64_t cost;
    std::string source;
    bool forgiven;
    bool guarded;
    bool over = false;  // a success ended the hour of guarded tries that it belongs to
  };

  core::Instant steady(core::Instant now) const {
    for (const Try& t : tries_)
      if (!t.guarded) now = std::max(now, t.at);
    return now;
  }

  bool is_over(const core::Source& source, core::Cost cost, core::Instant now, core::seconds length, core::Cost most,
               int least, bool forgives) const {
    std::int64_t sum = static_cast<std::int64_t>(cost);
    int tries = 0;
    const auto lifted = lifted_.find(source.exact());
    for (const Try& t : tries_) {
      if (t.guarded || now - t.at >= length || (forgives && t.forgiven)) continue;
      if (lifted != lifted_.end() && t.at < lifted->second) continue;
      sum += t.cost;
      ++tries;
    }
    return sum > static_cast<std::int64_t>(most) && tries >= least;
  }

  // Hours begin with a guarded try, and a success ends one.
  std::int64_t guarded_this_hour(const core::Source& source, core::Instant now) const {
    core::FailureWindow window;
    for (const Try& t : tries_)
      if (t.guarded && t.source == source.name && !t.over) window = core::counted(window, core::kHour, t.at);
    return core::count_in(window, core::kHour, now);
  }

  core::RiskSettings settings_;
  std::vector<Try> tries_;
  std::map<std::string, core::Instant> succeeded_;
  std::map<std::string, core::Instant> lifted_;
};

}  // namespace seimon::tests

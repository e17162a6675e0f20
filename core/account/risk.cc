// SPDX-License-Identifier: Apache-2.0
#include "core/account/risk.h"

#include <algorithm>

namespace seimon::core {

namespace {

using Setting = Cost RiskSettings::*;

struct Limit {
  seconds length;
  Setting most;
  std::int64_t least_tries;  // so many are compared whatever they cost
  bool forgives;
};

constexpr std::array<Limit, 3> kLimits = {{
    {kQuarterHour, &RiskSettings::quarter_hour, 3, true},
    {kDay, &RiskSettings::day, 6, true},
    {kMonth, &RiskSettings::month, 0, false},
}};

constexpr std::array<std::int64_t, 9> kPowersOfTen = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

// No earlier than anything that was charged.
Instant steady(const FailureRecord& failures, Instant now) {
  for (const Charge& charge : failures.charges) now = std::max(now, charge.at);
  return now;
}

Spent sum_of(const FailureRecord& failures, const Source& source, const Limit& limit, Instant now,
             const RiskSettings& settings) {
  const KnownSource* here = failures.find(source.exact());
  Spent spent{limit.length, Cost{}, settings.*limit.most, 0};
  for (const Charge& charge : failures.charges) {
    const bool over = now - charge.at >= limit.length;
    const bool forgiven = limit.forgives && charge.forgiven;
    const bool lifted = here != nullptr && here->lifted && charge.at < *here->lifted;
    if (over || forgiven || lifted) continue;
    spent.used = spent.used + charge.cost;
    spent.tries += charge.tries;
  }
  return spent;
}

bool is_over_budget(const FailureRecord& failures, const Source& source, Cost cost, Instant now,
                    const RiskSettings& settings) {
  return std::any_of(kLimits.begin(), kLimits.end(), [&](const Limit& limit) {
    const Spent spent = sum_of(failures, source, limit, now, settings);
    return spent.used + cost > spent.most && spent.tries >= limit.least_tries;
  });
}

bool succeeded_lately(const FailureRecord& failures, const Source& source, Instant now) {
  const KnownSource* here = failures.find(source.exact());
  return here != nullptr && here->last_success && now - *here->last_success < kMonth;
}

// Two neighbours in time become one that ends no window earlier and is forgiven no sooner than either.
void merge_closest(std::vector<Charge>& charges) {
  std::size_t closest = 0;
  for (std::size_t i = 1; i + 1 < charges.size(); ++i)
    if (charges[i + 1].at - charges[i].at < charges[closest + 1].at - charges[closest].at) closest = i;
  Charge& kept = charges[closest + 1];
  const Charge& gone = charges[closest];
  kept.cost = kept.cost + gone.cost;
  kept.tries += gone.tries;
  kept.forgiven = kept.forgiven && gone.forgiven;
  if (kept.source != gone.source) kept.source.clear();
  charges.erase(charges.begin() + static_cast<std::ptrdiff_t>(closest));
}

std::vector<KnownSource>::iterator place_of(std::vector<KnownSource>& sources, const std::string& name) {
  return std::find_if(sources.begin(), sources.end(), [&](const KnownSource& source) { return source.name == name; });
}

// The record of `name`, now the last one. Sources that never let anybody in make room first.
KnownSource& heard(FailureRecord& failures, const std::string& name) {
  std::vector<KnownSource>& sources = failures.sources;
  const auto known = place_of(sources, name);
  if (known != sources.end()) {
    std::rotate(known, known + 1, sources.end());
    return sources.back();
  }
  if (sources.size() >= kMostSources) {
    auto gone = std::find_if(sources.begin(), sources.end(), [](const KnownSource& s) { return !s.last_success; });
    if (gone == sources.end()) gone = sources.begin();
    failures.failures_elsewhere += gone->failures;
    sources.erase(gone);
  }
  sources.push_back({name, {}, {}, {}, 0});
  return sources.back();
}

// For the owner's next login.
void tell_failure(FailureRecord& failures, const Source& source) {
  ++failures.failed;
  std::vector<std::string>& from = failures.failed_from;
  if (from.size() < kMostTold && std::find(from.begin(), from.end(), source.name) == from.end())
    from.push_back(source.name);
}

void remember_failure(FailureRecord& failures, const Source& source) {
  ++heard(failures, source.name).failures;
  tell_failure(failures, source);
}

}  // namespace

Cost cost_of(std::int64_t accepted, int digits) {
  return Cost{accepted * (kCostUnits / kPowersOfTen[static_cast<std::size_t>(digits)])};
}

std::int64_t count_in(const FailureWindow& window, seconds length, Instant now) {
  return now - window.opened < length ? window.count : 0;
}

FailureWindow counted(FailureWindow window, seconds length, Instant now) {
  if (count_in(window, length, now) == 0) return {now, 1};
  return {window.opened, window.count + 1};
}

const KnownSource* FailureRecord::find(const std::string& source) const {
  const auto known = std::find_if(sources.begin(), sources.end(),
                                  [&](const KnownSource& candidate) { return candidate.name == source; });
  return known == sources.end() ? nullptr : &*known;
}

std::int64_t FailureRecord::counted_failures() const {
  std::int64_t sum = failures_elsewhere;
  for (const KnownSource& source : sources) sum += source.failures;
  return sum;
}

Admission admission(const FailureRecord& failures, const Source& source, Cost cost, Instant now,
                    const RiskSettings& settings) {
  now = steady(failures, now);
  const KnownSource* block = failures.find(source.name);
  const bool worn_out = failures.counted_failures() >= kMostFailures;
  if (!worn_out && !is_over_budget(failures, source, cost, now, settings)) return Admission::kOpen;
  if (settings.lock) return Admission::kClosed;
  if (worn_out && !succeeded_lately(failures, source, now)) return Admission::kClosed;
  if (block != nullptr && count_in(block->guarded, kHour, now) >= kMostGuardedTries) return Admission::kClosed;
  return Admission::kGuarded;
}

std::optional<Instant> opens_at(const FailureRecord& failures, const Source& source, Cost cost, Instant now,
                                const RiskSettings& settings) {
  now = steady(failures, now);
  std::vector<Instant> moments{now};
  for (const Charge& charge : failures.charges)
    for (const Limit& limit : kLimits) moments.push_back(charge.at + limit.length);
  std::sort(moments.begin(), moments.end());
  for (const Instant moment : moments)
    if (moment >= now && admission(failures, source, cost, moment, settings) == Admission::kOpen) return moment;
  return std::nullopt;
}

FailureRecord charged(FailureRecord failures, const Source& source, Cost cost, Instant now) {
  now = steady(failures, now);
  std::erase_if(failures.charges, [&](const Charge& charge) { return now - charge.at >= kMonth; });
  failures.charges.push_back({now, cost, 1, false, source.name});
  if (failures.charges.size() > kMostCharges) merge_closest(failures.charges);
  remember_failure(failures, source);
  return failures;
}

FailureRecord noted(FailureRecord failures, const Source& source) {
  tell_failure(failures, source);
  return failures;
}

FailureRecord guarded_try(FailureRecord failures, const Source& source, Instant now) {
  now = steady(failures, now);
  remember_failure(failures, source);
  KnownSource& here = heard(failures, source.name);
  here.guarded = counted(here.guarded, kHour, now);
  return failures;
}

FailureRecord succeeded(FailureRecord failures, const Source& source, bool guarded, Instant now) {
  now = steady(failures, now);
  const auto block = place_of(failures.sources, source.name);
  if (block != failures.sources.end()) {
    block->guarded = {};
    if (source.forgives) block->failures = 0;
  }
  KnownSource& here = heard(failures, source.exact());
  // Once a day is enough for what is asked of it (30 days), and saves most logins a longer row.
  if (!here.last_success || now - *here.last_success >= kDay || guarded) here.last_success = now;
  if (source.forgives) {
    if (guarded) here.lifted = now;
    for (Charge& charge : failures.charges) charge.forgiven = charge.forgiven || charge.source == source.name;
  }
  failures.failed = 0;
  failures.failed_from.clear();
  return failures;
}

FailureRecord settled(FailureRecord failures, Instant latest) {
  for (Charge& charge : failures.charges) charge.at = std::min(charge.at, latest);
  for (KnownSource& source : failures.sources) {
    if (source.last_success) source.last_success = std::min(*source.last_success, latest);
    if (source.lifted) source.lifted = std::min(*source.lifted, latest);
    source.guarded.opened = std::min(source.guarded.opened, latest);
  }
  return failures;
}

FailureRecord reset(FailureRecord failures) {
  failures.charges.clear();
  failures.failures_elsewhere = 0;
  for (KnownSource& source : failures.sources) source.failures = 0, source.guarded = {};
  return failures;
}

std::array<Spent, 3> budget_of(const FailureRecord& failures, const Source& source, Instant now,
                               const RiskSettings& settings) {
  now = steady(failures, now);
  std::array<Spent, 3> spent{};
  for (std::size_t i = 0; i < kLimits.size(); ++i) spent[i] = sum_of(failures, source, kLimits[i], now, settings);
  return spent;
}

}  // namespace seimon::core

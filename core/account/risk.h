// SPDX-License-Identifier: Apache-2.0
// The guessing budget of an account, and the admission of its next try (threat model R1-R6).
//
// Model: a try costs the chance that a blind guess would have hit: codes that are accepted at that moment / 10^digits,
// summed over the user's methods. One app of 6 digits and a window of 1 accepts 3 codes: 3e-6. Costs that nobody
// forgave are summed over a quarter of an hour, a day and 30 days. Over one of the sums the account is *guarded*: only
// two consecutive codes are compared (3 pairs of 10^12, p = 3e-12), ten times an hour and source, so that nothing is
// left to guess and nobody is locked out.
//
//     defaults      quarter hour 1.5e-5 = 5 tries     day 3e-5 = 10 tries     30 days 7.5e-5 = 25 tries of one app
//     a year        365/30 * 7.5e-5 = 9.1e-4 for somebody who knows the password and never stops
//     guarded       24 * 365 * 10 * 3e-12 = 2.6e-7 a year from one source
//
// Always true: 1. A charge is in the FailureRecord before the code is compared. 2. Windows end at max(now, newest
// charge): a clock that goes back relaxes nothing. 3. A FailureRecord is bounded (kMostCharges, kMostSources); what
// does not fit is merged so that it relaxes later, never earlier. 4. What is forgiven leaves the two short sums, never
// the long one. Left, knowingly: whoever shares the exact source of an owner who takes a guarded login gets that
// source's budget anew with it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"

namespace seimon::core {

// In units of 1e-9.
enum class Cost : std::int64_t {};
inline constexpr std::int64_t kCostUnits = 1'000'000'000;
// `accepted` codes out of 10^digits.
[[nodiscard]] Cost cost_of(std::int64_t accepted, int digits);
[[nodiscard]] constexpr Cost operator+(Cost a, Cost b) {
  return Cost{static_cast<std::int64_t>(a) + static_cast<std::int64_t>(b)};
}

struct RiskSettings {
  Cost quarter_hour{15'000};
  Cost day{30'000};
  Cost month{75'000};
  int source_per_hour = 20;  // failures over all users before a source is guarded
  struct PerNetwork {
    std::string network;
    int per_hour = 0;
    bool operator==(const PerNetwork&) const = default;
  };
  std::vector<PerNetwork> sources;  // networks that many people share: nothing is forgiven there
  bool lock = false;                // over budget nothing is compared at all
};

// The source of a try: an address, a local caller, a peer's uid. Failures are counted for all of an IPv6 /64, which
// one attacker has; what a success earns is the address's own, because others may have the rest of the /64.
struct Source {
  std::string name;             // failures are counted for it; empty: unknown
  bool forgives = false;        // a success relaxes what failed here
  std::optional<int> per_hour;  // nothing: not counted over all users
  std::string address{};        // of IPv6 alone
  bool operator==(const Source&) const = default;
  [[nodiscard]] const std::string& exact() const { return address.empty() ? name : address; }
};

inline constexpr std::size_t kMostCharges = 64;
inline constexpr std::size_t kMostSources = 32;
inline constexpr std::size_t kMostTold = 3;
inline constexpr seconds kQuarterHour = std::chrono::minutes(15);
inline constexpr seconds kHour = std::chrono::hours(1);
inline constexpr seconds kDay = std::chrono::hours(24);
inline constexpr seconds kMonth = std::chrono::hours(24 * 30);
inline constexpr std::int64_t kMostGuardedTries = 10;  // an hour, of one user from one source
inline constexpr std::int64_t kMostFailures = 100;     // unforgiven (NIST SP 800-63B §3.2.2)
inline constexpr std::int64_t kFleetAlarm = 100;       // failures a day over all users

// Tries that failed, or one try that has not succeeded yet.
struct Charge {
  Instant at{};
  Cost cost{};
  std::int64_t tries = 0;
  bool forgiven = false;
  std::string source;
  bool operator==(const Charge&) const = default;
};

// Counts from its first entry on; `count` 0: nothing yet.
struct FailureWindow {
  Instant opened{};
  std::int64_t count = 0;
  bool operator==(const FailureWindow&) const = default;
};
[[nodiscard]] std::int64_t count_in(const FailureWindow& window, seconds length, Instant now);
[[nodiscard]] FailureWindow counted(FailureWindow window, seconds length, Instant now);

struct KnownSource {
  std::string name;
  std::optional<Instant> last_success;  // this and the next: of the exact address
  std::optional<Instant> lifted;        // guarded mode: charges from before do not count from here
  FailureWindow guarded;
  std::int64_t failures = 0;  // unforgiven
  bool operator==(const KnownSource&) const = default;
};

// One user's record in one scope (core/account/methods.h).
struct FailureRecord {
  std::vector<Charge> charges;          // oldest first
  std::vector<KnownSource> sources;     // longest unheard first
  std::int64_t failures_elsewhere = 0;  // unforgiven, of sources that were dropped
  // Shown to the owner at the next login.
  std::int64_t failed = 0;               // since the last success
  std::vector<std::string> failed_from;  // at most kMostTold
  bool operator==(const FailureRecord&) const = default;

  [[nodiscard]] const KnownSource* find(const std::string& source) const;
  [[nodiscard]] std::int64_t counted_failures() const;
};

// Far apart; what is not known is closed.
enum class Admission : std::uint32_t {
  kClosed = 0,            // nothing is compared
  kOpen = 0x5AC3A53C,     // one code
  kGuarded = 0xA53C5AC3,  // two consecutive codes
};

// The admission of a try from `source` that costs `cost`.
[[nodiscard]] Admission admission(const FailureRecord& failures, const Source& source, Cost cost, Instant now,
                                  const RiskSettings& settings);
// The earliest moment at which admission() would be kOpen if nothing more happens; nothing when it never is by itself.
[[nodiscard]] std::optional<Instant> opens_at(const FailureRecord& failures, const Source& source, Cost cost,
                                              Instant now, const RiskSettings& settings);

// With one more try, charged as failed. To be stored before the comparison.
[[nodiscard]] FailureRecord charged(FailureRecord failures, const Source& source, Cost cost, Instant now);
// A failure that costs nothing and closes nothing: of a recovery code or a code from the help desk. The owner is
// notified.
[[nodiscard]] FailureRecord noted(FailureRecord failures, const Source& source);
// The same for a pair of codes in guarded mode: no cost, but a count.
[[nodiscard]] FailureRecord guarded_try(FailureRecord failures, const Source& source, Instant now);
// After a success, from the record before its own charge.
[[nodiscard]] FailureRecord succeeded(FailureRecord failures, const Source& source, bool guarded, Instant now);
// Nothing lies after `latest`, the newest moment that the clock has shown: what does was written by a clock that was
// ahead and has been accepted since.
[[nodiscard]] FailureRecord settled(FailureRecord failures, Instant latest);
// After the help desk's word: nothing is held against the user; the sources stay known.
[[nodiscard]] FailureRecord reset(FailureRecord failures);

// The sums that admission() compares, for status: quarter hour, day, 30 days.
struct Spent {
  seconds length;
  Cost used;
  Cost most;
  std::int64_t tries;
};
[[nodiscard]] std::array<Spent, 3> budget_of(const FailureRecord& failures, const Source& source, Instant now,
                                             const RiskSettings& settings);

}  // namespace seimon::core

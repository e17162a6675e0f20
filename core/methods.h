// SPDX-License-Identifier: Apache-2.0
// What the store knows of one user: their methods, how many tries went wrong, whether an administrator closed the
// account. A method's `mark` is the newest step or counter that was ever accepted; it only rises.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/otp.h"
#include "core/risk.h"
#include "core/secret.h"
#include "core/types.h"

namespace seimon::core {

enum class Kind : std::uint8_t { kApp, kToken };
[[nodiscard]] std::string_view kind_name(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view name);

// How far a clock has been seen to stray, in whole steps. It follows only what kRunToLearn logins in a row agree on,
// and never goes beyond kMostDrift: a person who types slowly does not move it.
struct Drift {
  static constexpr std::int64_t kMostDrift = 10;
  static constexpr std::int64_t kRunToLearn = 3;
  std::int64_t steps = 0;      // added to the time step before the window is laid around it
  std::int64_t last_seen = 0;  // offset of the last accepted code from the true time step
  std::int64_t run = 0;        // how many logins in a row had it
  bool operator==(const Drift&) const = default;
};
[[nodiscard]] Drift learned(Drift drift, std::int64_t seen);

struct Method {
  MethodId id{};
  Kind kind = Kind::kApp;
  std::string label;
  OtpParameters otp;
  Secret key;
  Step mark{-1};
  Drift drift;
  Instant registered{};
  std::optional<Instant> last_used;
};

// Counters a HOTP token may have been pressed ahead (RFC 4226 §7.4).
inline constexpr std::int64_t kLookAhead = 10;
// The steps that `method` accepts at `now`, `window` steps each side.
[[nodiscard]] Window window_of(const Method& method, Instant now, int window);

struct Account {
  bool enrolled_before = false;  // has or had a method; without one now the account is *stripped*
  bool suspended = false;
  std::optional<std::int64_t> uid;  // at the first enrolment
  std::vector<Method> methods;
  std::map<Claimant, Failures> failures;
};

}  // namespace seimon::core

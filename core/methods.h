// SPDX-License-Identifier: Apache-2.0
// What the store knows of one user: their methods, what went wrong, whether an administrator closed the account. A
// method's `mark` is the newest step or counter that was ever accepted; it only rises.
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
  Step pair_mark{-1};            // newest step that was accepted as the second of two codes
  std::optional<Instant> floor;  // came back from a backup then, and was not used since
  Drift drift;
  Instant registered{};
  std::optional<Instant> last_used;
};

// Counters a HOTP token may have been pressed ahead (RFC 4226 §7.4).
inline constexpr std::int64_t kLookAhead = 10;
// The steps that `method` accepts at `now`, `window` steps each side.
[[nodiscard]] Window window_of(const Method& method, Instant now, int window);
// The newest step that counts as spent: the mark, or what a restored method may have spent since its backup.
[[nodiscard]] Step spent_up_to(const Method& method, int window);
// Its mark lies beyond its window: the clock was ahead when it was used. One code cannot tell then, two in a row can.
[[nodiscard]] bool is_ahead(const Method& method, Instant now, int window);
// By counter and restored from a backup: nobody knows how far it was used.
[[nodiscard]] bool waits_for_resync(const Method& method);
// What one blind guess at any of them would hit now (SECURITY.md R1).
[[nodiscard]] Cost cost_of_try(const std::vector<Method>& methods, int window);

// What was typed: one code, or two in a row.
struct Typed {
  Code first;
  std::optional<Code> second;
};

// What comparing `typed` with each method found: masks and numbers, no branch taken on any secret.
struct Comparison {
  Match match;
  std::uint64_t method = 0;  // index of the first that matches freshly
  std::uint64_t spent = 0;   // index of one that matches a spent step
};
[[nodiscard]] Comparison compare(const std::vector<Method>& methods, const Typed& typed, int window, Instant now);

struct Account {
  bool enrolled_before = false;  // has or had a method; without one now the account is *stripped*
  bool suspended = false;
  std::optional<std::int64_t> uid;  // at the first enrolment
  std::vector<Method> methods;
  std::map<Claimant, Standing> standings;
};

}  // namespace seimon::core

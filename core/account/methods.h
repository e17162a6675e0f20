// SPDX-License-Identifier: Apache-2.0
// The account of one user: methods, profile, failures. A method's `last_step` is the newest step or counter that was
// ever accepted; it only rises.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/account/profile.h"
#include "core/account/risk.h"
#include "core/factors/otp.h"
#include "core/secret.h"
#include "core/types.h"

namespace seimon::core {

// The ways to take the second step. Recovery and bypass codes are of the profile, the others are stored as methods.
// kApprove: a passkey of the phone's browser, with which its owner says yes to a sign-in (core/account/approval.h).
// kCall: a telephone that gets no SMS; calls reach those of kSms as well.
enum class Kind : std::uint8_t { kApp, kToken, kRecovery, kBypass, kSms, kEmail, kApprove, kCall };
[[nodiscard]] std::string_view kind_name(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view name);
// Its codes are sent to an address, which is the method's key: "+819012345678", "alice@example.org". It makes none
// itself.
[[nodiscard]] constexpr bool is_sent(Kind kind) {
  return kind == Kind::kSms || kind == Kind::kEmail || kind == Kind::kCall;
}
// Its address is a telephone number.
[[nodiscard]] constexpr bool is_telephone(Kind kind) { return kind == Kind::kSms || kind == Kind::kCall; }
// Its key makes codes (RFC 4226, RFC 6238), which people copy from a display.
[[nodiscard]] constexpr bool makes_codes(Kind kind) { return kind == Kind::kApp || kind == Kind::kToken; }

// Of a method. A pending one counts for nothing; an issued one lapses when it is not used in time.
enum class State : std::uint8_t { kProven, kIssued, kPending };
[[nodiscard]] std::string_view state_name(State state);
[[nodiscard]] std::optional<State> parse_state(std::string_view name);

// Kinds that a rule lets satisfy it.
class Kinds {
 public:
  // All but mail, which no standard takes for a second factor (NIST SP 800-63B-4 §3.1.3.1): a rule has to name it.
  [[nodiscard]] static Kinds all() { return Kinds(0xDF); }
  Kinds() = default;
  void add(Kind kind) { bits_ = static_cast<std::uint8_t>(bits_ | bit(kind)); }
  [[nodiscard]] bool has(Kind kind) const { return (bits_ & bit(kind)) != 0; }
  bool operator==(const Kinds&) const = default;

 private:
  explicit Kinds(std::uint8_t bits) : bits_(bits) {}
  static std::uint8_t bit(Kind kind) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind)); }
  std::uint8_t bits_ = 0;
};

// The offset of a method's clock, in whole steps. It follows only an offset that kRunToLearn logins in a row agree on,
// and never exceeds kMostDrift: a person who types slowly does not move it.
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
  State state = State::kProven;
  std::string label;
  OtpParameters otp;
  Secret key;
  Step last_step{-1};
  // Two codes in a row must lie beyond it: the last step of the newest pair, or the one before `last_step`.
  Step last_pair_step{-1};
  std::optional<Instant> floor;  // came back from a backup then, and was not used since
  Drift drift;
  Instant registered{};
  // Until then it obliges its owner to nothing, although its codes are accepted; its first use ends that. For a letter,
  // which has a way to go.
  Instant counts_from{};
  std::optional<Instant> last_used;
};

// Only its first use makes it count.
inline constexpr Instant kFromFirstUse = Instant::max();
// From when on an issued one is given time to be used: its registration, or the day on which it begins to count.
[[nodiscard]] Instant begins(const Method& method);
// It does not oblige its owner yet.
[[nodiscard]] bool is_waiting(const Method& method, Instant now);

// Counters a HOTP token may have been pressed ahead (RFC 4226 §7.4).
inline constexpr std::int64_t kLookAhead = 10;
// The steps that `method` accepts at `now`, `window` steps each side.
[[nodiscard]] Window window_of(const Method& method, Instant now, int window);
// The newest step that counts as spent: the last step, or what a restored method may have spent since its backup.
[[nodiscard]] Step spent_up_to(const Method& method, int window);
// Its last step lies beyond its window: the clock was ahead when it was used. One code proves nothing then; two in a
// row do.
[[nodiscard]] bool is_ahead(const Method& method, Instant now, int window);
// By counter and restored from a backup: nobody knows how far it was used.
[[nodiscard]] bool waits_for_resync(const Method& method);
// The chance of one blind guess to match any of the methods now (threat model R1). An account without methods costs the
// same as one with a single app of `digits` digits.
[[nodiscard]] Cost cost_of_try(const std::vector<Method>& methods, int window, int digits);

// Input at the prompt: one code, or two in a row.
struct Typed {
  Code first;
  std::optional<Code> second;
};

// Result of comparing `typed` with each method: masks and numbers, no branch taken on any secret.
struct Comparison {
  Match match;
  std::uint64_t method = 0;  // index of the first that matches freshly
  std::uint64_t spent = 0;   // index of one that matches a spent step
};
// Compares `typed` with one method.
[[nodiscard]] Match match_typed(const Method& method, const Typed& typed, int window, Instant now);
// Both make the same codes: the same bytes, or others that HMAC takes for the same key (RFC 2104 §2: zeros at the end,
// the hash of a long key).
[[nodiscard]] bool is_same_key(const Secret& one, const Secret& other);
// `fresh` takes the place of `old`, whose key it has: what was accepted then stays spent, and the clock's drift known.
// REQUIRES that `old` does not wait for a resync.
void carry_over(const Method& old, Method& fresh, int window);
// Only methods of `kinds` are looked at.
[[nodiscard]] Comparison compare(const std::vector<Method>& methods, const Typed& typed, int window, Instant now,
                                 Kinds kinds = Kinds::all());

// The address that codes of `method` are sent to, and how it is shown. REQUIRES is_sent(method.kind).
[[nodiscard]] std::string address_of(const Method& method);
[[nodiscard]] std::string masked_address(const Method& method);
// Some method of the account makes codes itself.
[[nodiscard]] bool makes_codes(const std::vector<Method>& methods);

// The offset of a refused code that belongs to one of the methods at another time, within kMostOffset steps: the
// distance in seconds, negative for a clock that is behind; else "". For the log alone; it accepts nothing.
inline constexpr std::int64_t kMostOffset = 20;
[[nodiscard]] std::string clock_offset_of(const std::vector<Method>& methods, const Code& code, Instant now);

struct Account {
  Profile profile;
  std::vector<Method> methods;    // that count
  std::optional<Method> pending;  // shown, its first code not seen yet
  std::map<CounterScope, FailureRecord> failure_records;
};

// The owner has to take the second step: some method is not waiting.
[[nodiscard]] bool is_enrolled(const Account& account, Instant now);
// Nothing but methods that wait: a letter is on its way, or lies unopened.
[[nodiscard]] bool has_letter_only(const Account& account, Instant now);

// The account as it counts for whoever has `uid` now: without issued methods that nobody used in time, and, when
// the name belongs to another uid than it did at the enrolment, without any method or code: reset (threat model E6).
// True when there was something of another uid's. A pending method stays: it is nobody's yet.
[[nodiscard]] bool drop_ended(Account& account, std::optional<std::int64_t> uid, seconds issued_for, Instant now);

}  // namespace seimon::core

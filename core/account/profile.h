// SPDX-License-Identifier: Apache-2.0
// Facts about a user besides methods and failures: flags, choices, and items that expire (recovery codes, bypass codes,
// tickets, remembered hosts).
// Always true: of a code or a ticket only its keyed hash is here (Store::digest), so that nobody who reads the store
// can use it; each list is bounded; what ended is dropped at the next change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/account/approval.h"
#include "core/factors/otp.h"
#include "core/language.h"
#include "core/secret.h"
#include "core/types.h"

namespace seimon::core {

inline constexpr std::size_t kMostBypassCodes = 20;
inline constexpr std::size_t kMostTickets = 64;
inline constexpr std::size_t kMostRemembered = 32;
inline constexpr std::int64_t kBypassTries = 5;
inline constexpr std::size_t kMostSends = 10;  // codes, a day
inline constexpr std::int64_t kMostSendsAnHour = 5;
inline constexpr std::size_t kFewCodesLeft = 3;  // at so many left the user is told

// Codes that each work once. A new set ends the old one.
struct RecoveryCodes {
  Instant made{};
  std::int64_t issued = 0;
  std::vector<std::string> unused;  // digests
  bool operator==(const RecoveryCodes&) const = default;
};

// A temporary code from the help desk, 9 digits.
struct BypassCode {
  std::int64_t id = 0;
  std::string digest;
  Instant made{};
  Instant until{};
  std::int64_t uses = 1;  // left
  std::int64_t tries = kBypassTries;
  std::string actor;
  std::string note;
  bool operator==(const BypassCode&) const = default;
};

// The PAM service of signing in to the page (seimon-web(8)).
inline constexpr std::string_view kPageService = "seimon-web";
// `session` of a ticket that only the page can show, and of a link to it that was not followed yet.
inline constexpr std::string_view kPageSession = "page";
inline constexpr std::string_view kLinkSession = "page-link";
// Of a ticket that adds one phone, which its owner confirms in the page's session that `host` names then.
inline constexpr std::string_view kPairSession = "page-pair";

// A session's right to change its owner's methods.
struct Ticket {
  std::string digest;
  Instant until{};
  bool second_step = false;   // its login took the second step
  bool may_register = false;  // its login came from where people may register a first method
  bool may_replace = false;   // and this from where they may change one without a code
  std::string host;
  std::string boot;
  std::string session = {};  // the login session it was given to; empty: that cannot be told on its host
  bool operator==(const Ticket&) const = default;
};

struct RememberedHost {
  Instant until{};
  std::string service;
  std::string source;  // core/policy/source.h
  bool operator==(const RememberedHost&) const = default;
};

// The pending method has shown its code in this conversation; the account hook of the same one may confirm it.
struct Proven {
  std::string conversation;
  Instant at{};
  RecoveryCodes recovery;  // shown with it
  bool operator==(const Proven&) const = default;
};

// Messages with a code that were sent to this user: counted before each leaves.
struct Sends {
  std::int64_t serial = 0;     // of the newest code (core/factors/sent_code.h) or request (core/account/approval.h)
  std::vector<Instant> times;  // of the last day, oldest first, at most kMostSends
  bool operator==(const Sends&) const = default;
};

// The style of QR codes for this user.
enum class QrStyle : std::uint8_t { kSmall, kWide, kInverted, kNone };

struct Profile {
  bool enrolled_before = false;  // has or had a method; without one now the account is *reset*
  bool suspended = false;
  std::optional<std::int64_t> uid;  // at the first enrolment
  std::optional<Language> language;
  QrStyle qr_style = QrStyle::kSmall;
  std::optional<MethodId> preferred;
  std::optional<Instant> first_login;  // without a method
  std::int64_t skips = 0;              // of the question whether to register
  RecoveryCodes recovery;
  std::optional<Proven> proven;
  std::vector<BypassCode> bypass;
  std::vector<Ticket> tickets;
  std::vector<RememberedHost> remembered;
  Sends sends;
  Approvals approvals;
  bool operator==(const Profile&) const = default;

  // Drops what ended before `now`, and the oldest where a list is too long.
  void tidy(Instant now);
  // The method is gone, and its number may be another's one day.
  void forget(MethodId method);
  // Nothing that was earned before opens anything once it is resumed.
  void suspend();
  // A lost device: nothing that was given out before opens anything.
  void revoke();
};

// 80 random bits as XXXX-XXXX-XXXX-XXXX, in Crockford's base32: no I, L, O, U. At least one letter, so that it is never
// mistaken for digits.
[[nodiscard]] std::string new_recovery_code();
// The same code in the one spelling that is hashed: 16 characters; blanks and hyphens dropped, lower case, full-width
// and look-alikes (I L → 1, O → 0) folded. Nothing when it cannot be one.
[[nodiscard]] std::optional<std::string> parse_recovery_code(std::string_view typed);

// 9 random digits, written "482 109 375".
[[nodiscard]] std::string new_bypass_code();
[[nodiscard]] std::optional<std::string> parse_bypass_code(std::string_view typed);

// The index of `digest` in `digests`; compares with all of them in any case.
[[nodiscard]] std::optional<std::size_t> find_digest(const std::vector<std::string>& digests,
                                                     const std::string& digest);

}  // namespace seimon::core

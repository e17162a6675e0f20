// SPDX-License-Identifier: Apache-2.0
// Registering a method: a draft with a new key, the link that an authenticator app reads, and the code that proves
// that the app has it.
// Always true: a draft counts for nothing; what proves it is spent at once and never opens a login (threat model U2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/account/methods.h"
#include "core/policy/policy.h"
#include "core/ports/store.h"

namespace seimon::core {

inline constexpr std::size_t kNewKeyBytes = 20;    // 160 bits, RFC 4226 §4 R6
inline constexpr std::size_t kLeastKeyBytes = 10;  // below: refused
inline constexpr std::size_t kGoodKeyBytes = 16;   // below: warned

// The rollout: who must register, when, from where (seimon.conf(5), `enrolment`).
struct EnrolmentSettings {
  std::vector<std::string> enrol_from;    // networks, for a first method or after a reset; empty: from anywhere
  std::vector<std::string> replace_from;  // networks where people who have a method may change it without a code
  std::optional<Instant> not_before;      // from then on `remind` and `ask` become `after`
  Unenrolled after = Unenrolled::kDeny;   // kEnrol or kDeny
  seconds grace{0};                       // from a newcomer's first login
  std::optional<std::int64_t> max_skips;  // of the question
  seconds pending_for = std::chrono::hours(24);
  seconds issued_for = std::chrono::hours(24 * 90);
  seconds ticket_for = std::chrono::minutes(15);
  int recovery_codes = 10;
  bool tell_unenrolled = false;  // tell people without a method that they have none; also names that nobody has
                                 // that is unknown
};

// The effect of `unenrolled` on this user now, and for how many more days.
struct Due {
  Unenrolled action = Unenrolled::kDeny;
  std::optional<std::int64_t> days_left;
};
[[nodiscard]] Due due_for(Unenrolled wanted, const EnrolmentSettings& settings, const Profile& profile, Instant now);
// Newcomers get their days from their first login on: that must be kept.
[[nodiscard]] bool is_first_login(Unenrolled wanted, const EnrolmentSettings& settings, const Profile& profile);

// A new set, with the codes themselves for their one showing.
struct NewRecoveryCodes {
  RecoveryCodes codes;
  std::vector<std::string> shown;
};
[[nodiscard]] NewRecoveryCodes new_recovery_codes(Store& store, const UserName& user, int count, Instant now);
// The stored form of such a code: hashed with its kind and owner, so that one kind never passes for another.
[[nodiscard]] std::string recovery_digest(Store& store, const UserName& user, const std::string& code);
[[nodiscard]] std::string bypass_digest(Store& store, const UserName& user, const std::string& code);

// The whole authentication has succeeded (threat model E1): the pending method of `account` becomes one, with the
// recovery codes that were shown, if `conversation` is the one that has seen its code and there is no other method by
// now. Returns its label; nothing when there is none to confirm.
[[nodiscard]] std::optional<std::string> confirm_registration(Store& store, Account account, const UserName& user,
                                                              std::int64_t uid, const std::string& conversation,
                                                              const EnrolmentSettings& settings, Instant now);

// otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=…&digits=…&period=… (hotp: counter=…), percent-encoded
// after RFC 3986 §2.3. A full one has each parameter; a short one leaves out what every app assumes by itself, so that
// its QR code fits a terminal.
enum class Link : bool { kFull, kShort };
[[nodiscard]] std::string otpauth_link(std::string_view issuer, std::string_view account, const Method& draft,
                                       Link link = Link::kFull);
// "ABCD EFGH …": base32 in groups of four.
[[nodiscard]] std::string grouped_key(const Secret& key);

// The draft as it will be stored if `code` is one that it shows now; nothing otherwise. Its last step is that code's.
[[nodiscard]] std::optional<Step> proving_step(const Method& draft, const Code& code, Instant now, int window);

// `code` is what the key would show with SHA1, which most apps use whatever the link says (threat model E3).
[[nodiscard]] bool is_made_with_sha1(const Method& draft, const Code& code, Instant now, int window);

// A label that none of `methods` has: "app", "app-2", …
[[nodiscard]] std::string free_label(const std::vector<Method>& methods, Kind kind);

}  // namespace seimon::core

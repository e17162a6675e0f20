// SPDX-License-Identifier: Apache-2.0
// Requests for a yes on the phone (kind `approve`). A login shows a number; its owner enters that number on the page of
// the site and confirms it with a passkey; then the login is let in at its next answer.
// Model: a request is part of its owner's profile, so that it is authenticated and written like all of it, and any host
// of a fleet sees it. Waiting, then approved, then gone: each change is written over the version that was read, or not
// at all.
// Always true: at most one waits for each name; one wrong number ends it; only the conversation that made it is let in
// by it (threat model P2, P3).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace seimon::core {

inline constexpr std::size_t kMostRequestsAnHour = 3;  // unanswered
inline constexpr std::size_t kMostRequests = 10;       // unanswered, a day
inline constexpr std::size_t kMostAsked = 64;          // kept: of several names, in a decoy record
// An approval is good for so long after its request's end: for whoever comes back to the keyboard slowly.
inline constexpr seconds kApprovedFor{60};

// kEnded: a wrong number was entered.
enum class RequestState : std::uint8_t { kWaiting, kApproved, kDenied, kReported, kEnded };
[[nodiscard]] std::string_view request_state_name(RequestState state);

struct ApprovalRequest {
  std::string id;       // 128 random bits, in hexadecimal
  std::string owner;    // digest of the user's name: names that nobody has share a record
  std::string number;   // shown at the login: 2 to 6 digits, the first is no 0
  std::string host;     // where the login is
  std::string service;  // PAM's
  std::string source;   // the address it comes from, or what is known instead
  std::string network;  // of that address; empty: of none
  Instant made{};       // by age
  Instant until{};      // by age; until then it can be approved
  RequestState state = RequestState::kWaiting;
  std::int64_t serial = 0;  // rises with each of its user (Profile::sends)
  MethodId method{};        // that approved it
  bool operator==(const ApprovalRequest&) const = default;
};

// A request that was not approved, or not yet.
struct Asked {
  Instant at{};
  std::string owner;  // as ApprovalRequest::owner
  bool operator==(const Asked&) const = default;
};

// A phone that was added by another screen's QR code, and waits until its number is typed there.
struct Pairing {
  MethodId method{};
  std::string number;
  std::string session;  // of the page, that began it
  Instant until{};
  bool operator==(const Pairing&) const = default;
};

struct Approvals {
  std::optional<ApprovalRequest> request;
  std::vector<Asked> unanswered;              // since the last success, of the last day, oldest first
  bool is_paused = false;                     // the owner reported one: nothing is asked until it is lifted
  std::map<MethodId, std::int64_t> counters;  // signature counters of the passkeys (WebAuthn §6.1.1)
  std::map<MethodId, std::string> endpoints;  // of phones that are notified (core/factors/contact.h, PushEndpoint)
  std::optional<Pairing> pairing;
  bool operator==(const Approvals&) const = default;
};

// A request of `owner` is under way: it waits, or its login has not read the answer yet.
[[nodiscard]] bool has_open_request(const Approvals& approvals, std::string_view owner, Instant now);
// The number of requests of `owner` that were not approved in the last `length`.
[[nodiscard]] std::size_t unanswered_in(const Approvals& approvals, std::string_view owner, seconds length,
                                        Instant now);
// The request that waits for an answer of `owner` (ApprovalRequest::owner); null if there is none.
[[nodiscard]] const ApprovalRequest* waiting_request(const Approvals& approvals, std::string_view owner, Instant now);
// `digits` 2 to 6; every number without a 0 at its front is equally likely. Throws std::runtime_error when there is no
// randomness.
[[nodiscard]] std::string new_request_number(int digits);

// Text that a passkey signs (its SHA-256) to approve: the request, whose it is, where it comes from, and the number as
// it was typed on the phone. Lines that end with '\n' but for the last; none of the values has a control character.
[[nodiscard]] std::string approval_text(const ApprovalRequest& request, std::string_view user, std::string_view number);

}  // namespace seimon::core

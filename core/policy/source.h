// SPDX-License-Identifier: Apache-2.0
// From the facts of a login to the source that its failures are counted for (threat model R3, R6).
// Always true: two logins have the same source name only if they come from the same /32 or /64, from the same local
// caller, or from the same unprivileged peer; by an untrusted login host, from the same host too.
#pragma once

#include "core/account/risk.h"
#include "core/policy/policy.h"

namespace seimon::core {

// Configured networks count by user only, unless `risk.sources` gives them a number of their own; nothing is forgiven
// in those, nor for local callers, claims and unknown places.
[[nodiscard]] Source source_of(const Facts& facts, const Policy& policy, const RiskSettings& settings);

// The scope of the user's record that a try of this login is charged to.
[[nodiscard]] CounterScope scope_of(const Facts& facts);

// "203.0.113.9", "2001:db8:1:2::9". Written as RFC 5952 asks.
[[nodiscard]] std::string address_text(const Address& address);
// Addresses whose failures count together: "203.0.113.9", or "2001:db8:1:2::/64".
[[nodiscard]] std::string source_name(const Address& address);

}  // namespace seimon::core

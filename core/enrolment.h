// SPDX-License-Identifier: Apache-2.0
// Registering a method: a draft with a new key, the link that an authenticator app reads, and the code that proves
// that the app has it.
// Always true: a draft counts for nothing; what proves it is spent at once and never opens a login (SECURITY.md U2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/methods.h"

namespace seimon::core {

inline constexpr std::size_t kNewKeyBytes = 20;    // 160 bits, RFC 4226 §4 R6
inline constexpr std::size_t kLeastKeyBytes = 10;  // below: refused
inline constexpr std::size_t kGoodKeyBytes = 16;   // below: warned

// otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=…&digits=…&period=… (hotp: counter=…), each parameter
// always present, percent-encoded after RFC 3986 §2.3.
[[nodiscard]] std::string otpauth_link(std::string_view issuer, std::string_view account, const Method& draft);

// The draft as it will be stored if `code` is one that it shows now; nothing otherwise. Its mark is that code's step.
[[nodiscard]] std::optional<Step> proving_step(const Method& draft, const Code& code, Instant now, int window);

// A label that none of `methods` has: "app", "app-2", …
[[nodiscard]] std::string free_label(const std::vector<Method>& methods, Kind kind);

}  // namespace seimon::core

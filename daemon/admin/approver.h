// SPDX-License-Identifier: Apache-2.0
// Methods of kind `approve`: the passkey of a phone, and the token by which its browser is known.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ports/store.h"
#include "passkey/passkey.h"

namespace seimon::daemon {

// The key of such a method, in parts.
struct Approver {
  passkey::Passkey passkey;
  std::string token;  // digest (phone_digest)
};
[[nodiscard]] core::Secret key_of(const Approver& approver);
// Nothing for a method of another kind, or one that cannot be read.
[[nodiscard]] std::optional<Approver> approver_of(const core::Method& method);
// The digest by which the store knows the phone that has `token`.
[[nodiscard]] std::string phone_digest(core::Store& store, const std::string& token);
// True for the method of the phone with that digest.
[[nodiscard]] bool is_phone(const core::Method& method, std::string_view digest);
// The registered phone with that digest; null when there is none.
[[nodiscard]] const core::Method* phone_in(const core::Account& account, std::string_view digest);

}  // namespace seimon::daemon

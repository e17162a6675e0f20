// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/approver.h"

#include <algorithm>

namespace seimon::daemon {

using core::Method;

core::Secret key_of(const Approver& approver) {
  return core::secret_of(approver.token + " " + passkey::text_of(approver.passkey));
}

std::optional<Approver> approver_of(const Method& method) {
  if (method.kind != core::Kind::kApprove) return std::nullopt;
  const std::string text = core::text_of(method.key);
  const std::size_t end = text.find(' ');
  auto passkey = end == std::string::npos ? std::nullopt : passkey::parse(std::string_view(text).substr(end + 1));
  if (!passkey) return std::nullopt;
  return Approver{std::move(*passkey), text.substr(0, end)};
}

bool is_phone(const Method& method, std::string_view digest) {
  const auto approver = approver_of(method);
  return approver && approver->token == digest;
}

const Method* phone_in(const core::Account& account, std::string_view digest) {
  const auto found = std::find_if(account.methods.begin(), account.methods.end(),
                                  [&](const Method& method) { return is_phone(method, digest); });
  return found == account.methods.end() ? nullptr : &*found;
}

std::string phone_digest(core::Store& store, const std::string& token) { return store.digest("phone " + token); }

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "core/ports/store.h"

namespace seimon::core {

void Store::set_suspended(const UserName& user, bool suspended) {
  Profile profile = account(user).profile;
  profile.suspended = suspended;
  write_profile(user, profile);
}

std::string ticket_digest(Store& store, const std::string& ticket) { return store.digest("ticket " + ticket); }

UserName Store::decoy_of(const UserName& user) {
  constexpr std::size_t kHexDigits = 3;  // 4096 names
  return UserName::decoy(digest("decoy " + user.text()).substr(0, kHexDigits));
}

std::string request_owner(Store& store, const UserName& user) { return store.digest("request of " + user.text()); }

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
// The accounts of people, as opposed to system accounts.
#pragma once

#include <pwd.h>

namespace seimon::tools {

inline constexpr uid_t kFirstPerson = 1000;  // as login.defs(5) begins them; directories give higher ones
inline constexpr uid_t kNobody = 65534;

// Root, or somebody who is no part of the system.
[[nodiscard]] inline bool is_person(const passwd& account) {
  return account.pw_uid == 0 || (account.pw_uid >= kFirstPerson && account.pw_uid != kNobody);
}

}  // namespace seimon::tools

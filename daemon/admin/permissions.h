// SPDX-License-Identifier: Apache-2.0
// Which methods io.seimon.Admin has: who may call each, and which parameters it takes. One table.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "daemon/admin/request.h"

namespace seimon::daemon {

inline constexpr std::string_view kAdminInterface = "io.seimon.Admin.";

struct Permission {
  std::string_view method;
  bool own = false;           // people may call it for their own account
  Role others = Role::kRoot;  // required for another account, or for none in particular; kNone: anybody may
  bool may_be_gone = false;   // the account may be unknown to NSS
  bool needs_store = true;    // false: it answers even while the store is unavailable
  bool alone = false;         // runs outside any transaction, while no other step runs
  Verb verb = nullptr;        // null: runs on the loop, without the store (Reload)
  std::array<std::string_view, 18> parameters = {};
};

// Of a whole method name; null if there is none.
[[nodiscard]] const Permission* permission_for(std::string_view method);
// Whether the method has that parameter.
[[nodiscard]] bool takes(const Permission& row, const std::string& key);

}  // namespace seimon::daemon

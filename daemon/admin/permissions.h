// SPDX-License-Identifier: Apache-2.0
// The methods of io.seimon.Admin: who may call each, and which parameters it takes. One table.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "daemon/admin/request.h"

namespace seimon::daemon {

struct Permission {
  std::string_view method;
  bool own = false;           // people may call it for their own account
  Role others = Role::kRoot;  // required for another account, or for none in particular; kNone: anybody may
  bool may_be_gone = false;   // the account may be unknown to NSS
  bool needs_store = true;    // false: it answers even while the store is unavailable
  bool alone = false;         // runs outside any transaction, while no other step runs
  Verb verb = nullptr;        // null: runs on the loop, without the store (daemon/admin/loop_calls.cc)
  std::array<std::string_view, 20> parameters = {};
};

// Of a whole method name; null if there is none.
[[nodiscard]] const Permission* permission_for(std::string_view method);
// True if the method has that parameter.
[[nodiscard]] bool takes(const Permission& row, const std::string& key);

}  // namespace seimon::daemon

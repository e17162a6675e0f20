// SPDX-License-Identifier: Apache-2.0
// The identity of a socket peer, and the rights that its groups give it on other accounts (seimon.conf(5), `roles`).
// MUST: groups that could not be resolved give no role; the help desk acts on nobody who has a role, nor on uid 0.
#pragma once

#include <string>

#include "daemon/admin/request.h"

namespace seimon::daemon {

[[nodiscard]] Actor actor_of(uid_t peer, const Person& person, const Roles& roles);
// Why the actor may not do something that takes `needed` to this account; empty when they may.
[[nodiscard]] std::string reason_not_to_act(const Request& request, Role needed, const Roles& roles);

// "helpdesk", "admin", "root"; empty: none.
[[nodiscard]] std::string_view role_name(Role role);

}  // namespace seimon::daemon

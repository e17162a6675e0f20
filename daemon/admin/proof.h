// SPDX-License-Identifier: Apache-2.0
// Proof of identity by the caller: a code, a ticket of the login session, or a proof given earlier in it.
// MUST (threat model E2): a code here is charged and spent as at a login.
#pragma once

#include <optional>
#include <string>

#include "daemon/admin/request.h"

namespace seimon::daemon {

// Checks one code of `user` as at a login: counted before it is answered, spent when it is right. `what` becomes the
// event.
[[nodiscard]] bool code_is_right(Request& request, const StepContext& context, const core::UserName& user,
                                 const std::string& typed, std::string_view what);
// The ticket that came with the request, when it is one of `user`, of this host and boot, and not too old.
[[nodiscard]] std::optional<core::Ticket> ticket_of(const Request& request, const StepContext& context,
                                                    const core::UserName& user);
// People prove themselves for their own account: with a ticket, or a code of a method they have. Throws Refusal.
void demand_proof(Request& request, const StepContext& context, const core::Account& account);
// Role holders prove who they are before they act on others; looked at anew at each call: the account, and the age of
// the proof. Throws Refusal.
void demand_actor_proof(Request& request, const StepContext& context);

}  // namespace seimon::daemon

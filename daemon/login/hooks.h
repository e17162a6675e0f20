// SPDX-License-Identifier: Apache-2.0
// The hooks that come after auth. MUST: they trust nothing but a conversation id that auth was given (threat model E1,
// N1); whoever forges one gains nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/login/event.h"
#include "daemon/login/logins.h"
#include "daemon/net/peer.h"

namespace seimon::daemon {

// Sends a whole message; does nothing if the connection has closed. Called once, on the loop.
using Reply = std::function<void(std::string message)>;

// Is the account open? And, when auth has seen the pending phone's code in the conversation of `event`: it becomes a
// method now. `trusted`: uid 0 asks.
[[nodiscard]] std::unique_ptr<Job> account_job(Logins& logins, const core::UserName& user, std::int64_t uid,
                                               bool trusted, core::Event event, Reply reply);

// A session begins: its owner gets a ticket if the login earned one. `peer` opened it: the ticket is good in its login
// session alone, and ends when it does, however that is.
[[nodiscard]] std::unique_ptr<Job> ticket_job(Logins& logins, Visit visit, std::string boot, const Peer& peer,
                                              Reply reply);
// It ends, and its ticket with it.
[[nodiscard]] std::unique_ptr<Job> end_ticket_job(const core::UserName& user, std::string ticket, Reply reply);

}  // namespace seimon::daemon

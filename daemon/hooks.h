// SPDX-License-Identifier: Apache-2.0
// The hooks that come after auth. MUST: they trust nothing but a conversation id that auth was given (threat model E1,
// N1); whoever forges one gains nothing.
#pragma once

#include <memory>

#include "core/event.h"
#include "daemon/peer.h"
#include "daemon/service.h"
#include "daemon/visits.h"

namespace seimon::daemon {

// Is the account open? And, when auth has seen the pending phone's code in the conversation of `event`: it becomes a
// method now. `trusted`: uid 0 asks.
[[nodiscard]] std::unique_ptr<Job> account_job(Service& service, SessionId session, const core::UserName& user,
                                               std::int64_t uid, bool trusted, core::Event event);

// A session begins: its owner gets a ticket if the login earned one. `peer` opened it: the ticket is good in its login
// session alone, and ends when it does, however that is.
[[nodiscard]] std::unique_ptr<Job> ticket_job(Service& service, SessionId session, Visit visit, std::string boot,
                                              const Peer& peer);
// It ends, and its ticket with it.
[[nodiscard]] std::unique_ptr<Job> end_ticket_job(Service& service, SessionId session, const core::UserName& user,
                                                  std::string ticket);

// What a ticket is kept as.
[[nodiscard]] std::string ticket_digest(core::Store& store, const std::string& ticket);

}  // namespace seimon::daemon

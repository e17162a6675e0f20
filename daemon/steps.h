// SPDX-License-Identifier: Apache-2.0
// One step of a conversation as a job for the judge, and outcomes as messages of io.seimon.Login.
#pragma once

#include <functional>
#include <memory>

#include "core/conversation.h"
#include "daemon/service.h"
#include "wire/login.h"

namespace seimon::daemon {

using Step = std::function<core::Outcome(core::Conversation& conversation, const Court& court)>;

// Judged on a copy of `conversation` that the session gets only if it became durable.
[[nodiscard]] std::unique_ptr<Job> step_job(Service& service, SessionId session, const core::Conversation& conversation,
                                            Step step, bool is_question = false);
// Of a login that is exempt without any record, once the system log has its event: answered here, without the judge.
// False, and nothing has happened, where it is any other.
[[nodiscard]] bool let_in_exempt(Service& service, SessionId session, const core::Conversation& conversation);

// Whole messages with their final NUL; empty when something does not fit, and then the session closes.
[[nodiscard]] std::string message_of(std::string_view conversation, const core::Outcome& outcome);
[[nodiscard]] std::string verdict_message(std::string_view conversation, wire::Verdict verdict, std::string_view text,
                                          std::string_view ticket = "");

}  // namespace seimon::daemon

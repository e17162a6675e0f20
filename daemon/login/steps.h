// SPDX-License-Identifier: Apache-2.0
// One step of a conversation as a job for the executor, and outcomes as messages of io.seimon.Login.
#pragma once

#include <functional>
#include <memory>

#include "core/login/conversation.h"
#include "daemon/work/service.h"
#include "wire/login.h"

namespace seimon::daemon {

using Step = std::function<core::Outcome(core::Conversation& conversation, const StepContext& context)>;

// Takes the conversation and what is to be answered. Called once, on the loop, after the record is kept; false if the
// connection has closed.
using Deliver = std::function<bool(const core::Conversation& conversation, const core::Outcome& outcome)>;

// Runs on a copy of `conversation` that the login gets only if it became durable.
[[nodiscard]] std::unique_ptr<Job> step_job(Service& service, const core::Conversation& conversation, Step step,
                                            bool is_question, Deliver deliver);
// If the policy exempts the login and no record is needed, sends the reply as soon as syslog accepted the event.
// False, and nothing has happened, otherwise.
[[nodiscard]] bool let_in_exempt(Service& service, const core::Conversation& conversation, Deliver deliver);

// Whole messages with their final NUL; empty when something does not fit, and then the session closes.
[[nodiscard]] std::string message_of(std::string_view conversation, const core::Outcome& outcome);
[[nodiscard]] std::string verdict_message(std::string_view conversation, wire::Verdict verdict, std::string_view text,
                                          std::string_view ticket = "");

// The login of `conversation` is over, whatever came of it: a request that it made does not wait any longer.
void take_back_request(Service& service, const core::Conversation& conversation);

}  // namespace seimon::daemon

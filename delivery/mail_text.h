// SPDX-License-Identifier: Apache-2.0
// A message as a mail (RFC 5322), for a mailer that reads one.
#pragma once

#include <string>

#include "daemon/config/message_template.h"

namespace seimon::delivery {

// True for a mail address or account name of plain characters: nothing of it can be another header or an option.
[[nodiscard]] bool is_plain_recipient(const std::string& name);
// REQUIRES a plain recipient. `from` is one line, or empty.
[[nodiscard]] std::string mail_text(const daemon::Message& message, const std::string& from);

}  // namespace seimon::delivery

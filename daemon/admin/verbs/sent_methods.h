// SPDX-License-Identifier: Apache-2.0
// Methods whose codes are sent: a telephone number or a mail address, proven by a code that went there. Each function
// throws Refusal.
#pragma once

#include <string>

#include "daemon/admin/request.h"

namespace seimon::daemon {

// Sets address and settings of `method`, whose kind is sent, from the parameter `address`. No method of `account` but
// `old` may have the same address.
void take_address(core::Method& method, const Request& request, const StepContext& context,
                  const core::Account& account, const core::Method* old);
// The method of `account` with the address that the parameters name; null when there is none.
[[nodiscard]] const core::Method* method_with_address(const Request& request, const StepContext& context,
                                                      const core::Account& account);
// Counts a message with the draft's code, which is made with the first one, and leaves it in `request.message`.
void send_proving_code(Request& request, const StepContext& context);
// The same once more, for a draft that was sent one. Returns Confirm's reply, which says whether the one before was not
// sent.
[[nodiscard]] nlohmann::json send_again(Request& request, const StepContext& context);
// True if `typed` is the code that was sent, in time.
[[nodiscard]] bool is_sent_code(const Draft& draft, const std::string& typed, core::Instant now);

}  // namespace seimon::daemon

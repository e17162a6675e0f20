// SPDX-License-Identifier: Apache-2.0
// Registering a method of kind `approve`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "daemon/admin/request.h"

namespace seimon::daemon {

// Makes `method` one of kind approve whose key is still to come. Throws Refusal where none can be registered.
void take_passkey_kind(core::Method& method, const Request& request, const StepContext& context,
                       const core::Account& account);
// The challenge of a new passkey goes into the draft; what the browser needs to make it, into `reply`.
void offer_passkey(Request& request, const StepContext& context, const core::Account& account, nlohmann::json& reply);
// The new passkey from the parameters of Confirm becomes the key of the draft. Returns the phone's token. Throws
// Refusal, and drops the draft.
[[nodiscard]] std::string take_passkey(Request& request, const StepContext& context, const core::Account& account);

// The counter of the draft's passkey is that of the method which it became.
void keep_counter(const Request& request, const StepContext& context, core::MethodId method);

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Replies of io.seimon.Admin and io.seimon.Relay.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace seimon::daemon {

// `message` as bytes with the NUL that ends it; invalid UTF-8 is replaced.
[[nodiscard]] std::string framed(const nlohmann::json& message);

}  // namespace seimon::daemon

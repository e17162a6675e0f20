// SPDX-License-Identifier: Apache-2.0
// Changes that people must prove themselves for: a code is asked for only when the service says so; a ticket of the
// session, which the client sends by itself, makes that rare.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tools/terminal/client.h"

namespace seimon::tools {

// Calls with parameters[key] = the code that is asked for; two in a row where the account is guarded.
[[nodiscard]] nlohmann::json call_with_code(Client& client, const std::string& verb, nlohmann::json parameters,
                                            const std::string& key, const std::string& question);
// Calls; asks for a code of the account's own, or of the role holder's, where that is wanted.
[[nodiscard]] nlohmann::json call_with_proof(Client& client, const std::string& verb, const nlohmann::json& parameters);

}  // namespace seimon::tools

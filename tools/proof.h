// SPDX-License-Identifier: Apache-2.0
// A change that people must prove themselves for: asked for only when the service says so.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tools/client.h"
#include "tools/terminal.h"

namespace seimon::tools {

// Calls with parameters[key] = the code that is asked for; two in a row where the account is guarded.
[[nodiscard]] inline nlohmann::json call_with_code(Client& client, const std::string& verb, nlohmann::json parameters,
                                                   const std::string& key, const std::string& question) {
  const auto typed = [](const std::string& prompt) {
    const auto line = ask_line(prompt);
    if (!line) throw Stop{kUsage, "no code: it is read from standard input", "NoInput"};
    return *line;
  };
  parameters[key] = typed(question);
  try {
    return client.call(verb, parameters);
  } catch (const Stop& stop) {
    if (stop.error != "TwoCodes") throw;
  }
  parameters[key] = parameters[key].get<std::string>() + " " +
                    typed("Several wrong codes were entered for this account. Next code, after the display changes: ");
  return client.call(verb, parameters);
}

[[nodiscard]] inline nlohmann::json call_with_proof(Client& client, const std::string& verb,
                                                    const nlohmann::json& parameters) {
  try {
    return client.call(verb, parameters);
  } catch (const Stop& stop) {
    if (stop.error != "ProofNeeded") throw;
  }
  try {
    return call_with_code(client, verb, parameters, "proof", "Code of a method that you have already: ");
  } catch (const Stop& stop) {
    if (stop.error != "NoInput") throw;
    throw Stop{kNo, "a code of a method that you have already is needed", "ProofNeeded"};
  }
}

}  // namespace seimon::tools

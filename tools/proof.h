// SPDX-License-Identifier: Apache-2.0
// A change that people must prove themselves for: asked for only when the service says so.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tools/client.h"
#include "tools/terminal.h"

namespace seimon::tools {

[[nodiscard]] inline nlohmann::json call_with_proof(Client& client, const std::string& verb,
                                                    nlohmann::json parameters) {
  try {
    return client.call(verb, parameters);
  } catch (const Stop& stop) {
    if (stop.error != "ProofNeeded") throw;
  }
  const auto proof = ask_line("Code of a method that you have already: ");
  if (!proof) throw Stop{kNo, "a code of a method that you have already is needed", "ProofNeeded"};
  parameters["proof"] = *proof;
  return client.call(verb, parameters);
}

}  // namespace seimon::tools

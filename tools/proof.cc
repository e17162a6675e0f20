// SPDX-License-Identifier: Apache-2.0
#include "tools/proof.h"

#include "tools/terminal.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

std::string typed(const std::string& prompt) {
  const auto line = ask_line(prompt);
  if (!line) throw Stop{kUsage, _("no code: it is read from standard input"), "NoInput"};
  return *line;
}

nlohmann::json call_proving(Client& client, const std::string& verb, const nlohmann::json& parameters,
                            const std::string& key, const std::string& question) {
  try {
    return call_with_code(client, verb, parameters, key, question);
  } catch (const Stop& stop) {
    if (stop.error != "NoInput") throw;
    throw Stop{kNo, _("a code of a method that you have already is needed"), "ProofNeeded"};
  }
}

}  // namespace

nlohmann::json call_with_code(Client& client, const std::string& verb, nlohmann::json parameters,
                              const std::string& key, const std::string& question) {
  parameters[key] = typed(question);
  try {
    return client.call(verb, parameters);
  } catch (const Stop& stop) {
    if (stop.error != "TwoCodes") throw;
  }
  parameters[key] =
      parameters[key].get<std::string>() + " " +
      typed(_("Several wrong codes were entered for this account. Next code, after the display changes: "));
  return client.call(verb, parameters);
}

nlohmann::json call_with_proof(Client& client, const std::string& verb, const nlohmann::json& parameters) {
  try {
    return client.call(verb, parameters);
  } catch (const Stop& stop) {
    if (stop.error == "ActorProofNeeded")
      return call_proving(client, verb, parameters, "actor_proof", _("A code of your own, to show that it is you: "));
    if (stop.error != "ProofNeeded") throw;
  }
  return call_proving(client, verb, parameters, "proof", _("Code of a method that you have already: "));
}

}  // namespace seimon::tools

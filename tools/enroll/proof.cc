// SPDX-License-Identifier: Apache-2.0
#include "tools/enroll/proof.h"

#include <cctype>

#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"

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
  std::string question;
  try {
    return client.call(verb, parameters);
  } catch (const Stop& stop) {
    question = stop.message.substr(0, stop.message.find('\n')) + ": ";  // which code it wants
    question.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(question.front())));
    if (stop.error == "ActorProofNeeded")
      return call_proving(client, verb, parameters, "actor_proof", _("Your own code: "));
    if (stop.error != "ProofNeeded") throw;
  }
  return call_proving(client, verb, parameters, "proof", question);
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
#include "tools/import/pskc.h"
#include "tools/terminal/options.h"

#include <csignal>
#include <nlohmann/json.hpp>

#include "tools/system/files.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

using nlohmann::json;

void LockOptions::add_to(Options& options) {
  const Option key = options.add_option("--key-file", key_file, "of pskc: its key in hexadecimal; - standard input");
  options.add_option("--passphrase-file", passphrase_file, "of pskc: its passphrase; - standard input").excludes(key);
}

json run_pskc(const std::string& verb, json request, const LockOptions& lock, const std::string& file) {
  if (!lock.key_file.empty()) request["key"] = read_secret_line(lock.key_file);
  if (!lock.passphrase_file.empty()) request["passphrase"] = read_secret_line(lock.passphrase_file);
  std::string text;
  try {
    text = request.dump();
  } catch (const json::exception&) {
    throw Stop{kBadInput, file + ": is not UTF-8", ""};
  }
  const Output output = run_program({own_program("seimon-pskc", SEIMON_LIBEXECDIR), verb}, text);
  json reply = json::parse(output.text, nullptr, false);
  if (output.code == 128 + SIGXCPU || output.code == 128 + SIGKILL)
    throw Stop{kBadInput, file + ": reading it took more than 20 s of the processor; is it a PSKC file?", ""};
  if (output.code != 0 || !reply.is_object())
    throw Stop{kBadInput, file + ": seimon-pskc ended with " + std::to_string(output.code) + ": " + shown(output.text),
               ""};
  if (reply.contains("failure")) throw Stop{kBadInput, file + ": " + shown(reply.at("failure").get<std::string>()), ""};
  return reply;
}

}  // namespace seimon::tools

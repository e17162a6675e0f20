// SPDX-License-Identifier: Apache-2.0
// seimon(1): finds the verb, hands it the command line.
#include <langinfo.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tools/command_line.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

// In the language that the caller has chosen for their logins; else, and where the terminal could not show it, in the
// locale's. Whatever fails here fails again, and is told, in what the caller wants.
void speak_as_chosen(const Common& common) {
  if (getuid() == 0) return;
  try {
    const std::string language =
        Client(common).call("Language", {{"user", own_name()}}).at("language").get<std::string>();
    if (language == "en" || (language == "ja" && std::string_view(nl_langinfo(CODESET)) == "UTF-8"))
      choose_language(language);
  } catch (const Stop&) {
    return;
  }
}

int run(int argc, char** argv) {
  try {
    const CommandLine line = parse_command_line({argv + 1, argv + argc});
    if (line.exit_code) return *line.exit_code;
    speak_as_chosen(line.common);
    return line.verb == nullptr ? run_menu(line.common) : line.verb->run(line.common);
  } catch (const Stop& stop) {
    std::fprintf(stderr, "seimon: %s\n", stop.message.c_str());
    return stop.code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon: %s\n", error.what());
    return kBadInput;
  }
}

}  // namespace

}  // namespace seimon::tools

int main(int argc, char** argv) {
  seimon::tools::choose_locale();
  return seimon::tools::run(argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// The command line of seimon(1): which verb, with which options.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/verbs/verb.h"

namespace seimon::tools {

struct CommandLine {
  Common common;
  const VerbRow* verb = nullptr;  // null: none was given
  std::optional<Exit> exit_code;  // it ends here: help or an error was printed
};

// `words` without the program's name. Options of the verb are set when this returns; nothing has run. Throws Stop.
[[nodiscard]] CommandLine parse_command_line(std::vector<std::string> words);

}  // namespace seimon::tools

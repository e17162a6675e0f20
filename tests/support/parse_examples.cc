// SPDX-License-Identifier: Apache-2.0
// Parses command lines of seimon(1) without running them, one in a process, because a verb keeps its options.
// usage: parse_examples WORD …   exit code 2: the command would refuse that line
//        parse_examples --list   the examples of the command's own help, "VERB<tab>LINE"
#include <cstdio>
#include <string>
#include <string_view>

#include "tools/command_line.h"

int main(int argc, char** argv) {
  using namespace seimon::tools;
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    for (const VerbRow* row : verbs()) {
      std::string_view lines = row->examples;
      while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        std::printf("%s\t%.*s\n", row->name, static_cast<int>(line.size()), line.data());
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
      }
    }
    return 0;
  }
  try {
    const CommandLine line = parse_command_line({argv + 1, argv + argc});
    return line.exit_code.value_or(kDone);
  } catch (const Stop& stop) {
    std::fprintf(stderr, "%s\n", stop.message.c_str());
    return stop.code;
  }
}

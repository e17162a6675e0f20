// SPDX-License-Identifier: Apache-2.0
// A verb of seimon(1): one file, and one row in tools/verbs/table.cc. Its help, examples and completions come from it.
#pragma once

#include <span>

#include "tools/terminal/stop.h"

namespace seimon::tools {

class Options;

struct VerbRow {
  const char* name;
  const char* help;      // one line, for gettext
  const char* examples;  // whole command lines, one a line; tests run each
  bool has_json;         // it prints JSON with --json
  void (*add)(Options& options);
  int (*run)(const Common& common);  // after the options were read; returns the exit code, or throws Stop
};

// All of them, in the order of seimon(1).
[[nodiscard]] std::span<const VerbRow* const> verbs();

// `seimon` without a verb.
[[nodiscard]] int run_menu(const Common& common);

}  // namespace seimon::tools

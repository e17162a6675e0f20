// SPDX-License-Identifier: Apache-2.0
// seimon enroll --batch: a letter for each user of a list. A letter is on disk before its method counts, and its line
// in done.csv after that: whatever ends the work in between, the same command goes on where it ended, and nobody has a
// method without a letter.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/terminal/stop.h"

namespace seimon::tools {

struct Batch {
  std::string list;    // CSV: user, and where wanted name
  std::string folder;  // of the letters
  std::string layout;  // the template's file
  std::string label = "letter";
  std::string start;  // from when on the methods count: now, first-use or a date
};

// The parameters of a call that issues a method which counts from `text` on: now, first-use, or a date that has not
// passed. Throws Stop.
[[nodiscard]] nlohmann::json start_parameters(const std::string& text);
// Returns the exit code. Throws Stop.
[[nodiscard]] int run_batch(const Common& common, const Batch& batch);

}  // namespace seimon::tools

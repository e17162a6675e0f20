// SPDX-License-Identifier: Apache-2.0
// Runs seimond's check of a configuration file.
#pragma once

#include <string>

#include "tools/system/program.h"

namespace seimon::tools {

// Its exit code, and errors or warnings.
[[nodiscard]] Output check_config(const std::string& path);

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// A user's methods as a table, for list and the menu.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace seimon::tools {

// Prints a reply of List.
void print_methods(const nlohmann::json& reply);

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// What the help desk says to the person on the telephone, in both languages, from what UserStatus told.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace seimon::tools {

struct Saying {
  std::string english;
  std::string japanese;
};
[[nodiscard]] Saying what_to_say(const nlohmann::json& status);

}  // namespace seimon::tools

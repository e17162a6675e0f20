// SPDX-License-Identifier: Apache-2.0
// Sentences for the help desk to say on the telephone, in both languages, from a reply of UserStatus.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace seimon::client {

struct Saying {
  std::string english;
  std::string japanese;
};
[[nodiscard]] Saying what_to_say(const nlohmann::json& status);

}  // namespace seimon::client

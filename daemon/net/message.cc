// SPDX-License-Identifier: Apache-2.0
#include "daemon/net/message.h"

#include <nlohmann/json.hpp>

namespace seimon::daemon {

std::string framed(const nlohmann::json& message) {
  std::string text = message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.push_back('\0');
  return text;
}

}  // namespace seimon::daemon

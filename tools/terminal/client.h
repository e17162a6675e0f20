// SPDX-License-Identifier: Apache-2.0
// Calls of io.seimon.Admin, for verbs: what goes wrong ends the verb, in the caller's language.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "client/client.h"
#include "tools/terminal/stop.h"

namespace seimon::tools {

class Client {
 public:
  explicit Client(const Common& common) : client_(common.socket), note_(common.note) {}

  // The reply's parameters. Throws Stop with the exit code that seimon(1) has for the error.
  [[nodiscard]] nlohmann::json call(const std::string& method, nlohmann::json parameters);
  [[nodiscard]] static bool has_ticket() { return client::Client::has_ticket(); }

 private:
  client::Client client_;
  std::string note_;
};

// The caller's own account name. Throws Stop.
[[nodiscard]] std::string own_name();

}  // namespace seimon::tools

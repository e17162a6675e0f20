// SPDX-License-Identifier: Apache-2.0
// The command's side of io.seimon.Admin: one connection, one call at a time.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/verb.h"
#include "wire/frame.h"

namespace seimon::tools {

// Ends the verb: the message goes to standard error, the code is the exit code.
struct Stop {
  Exit code;
  std::string message;
  std::string error;  // the Varlink error's last part, where the service refused
};

class Client {
 public:
  // A socket named on the command line is trusted as its giver's choice; the system's must be root's. It is connected
  // by the first call, so that a person may think before it.
  explicit Client(const Common& common);
  // The reply's parameters. Throws Stop with the exit code that seimon(1) has for the error.
  [[nodiscard]] nlohmann::json call(const std::string& method, nlohmann::json parameters);
  // The session holds one; what it is worth the service knows.
  [[nodiscard]] static bool has_ticket();

 private:
  std::string path_;
  bool named_;
  std::string note_;
  bool connected_ = false;
  wire::Connection connection_;
};

// The caller's own account name. Throws Stop.
[[nodiscard]] std::string own_name();

}  // namespace seimon::tools

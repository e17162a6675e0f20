// SPDX-License-Identifier: Apache-2.0
// The login that a question is about: who, where, from where.
#pragma once

#include <string>

#include "tools/terminal/options.h"

namespace seimon::tools {

struct LoginOptions {
  std::string user;
  std::string service = "sshd";
  std::string from;
  std::string tty;

  void add_to(Options& options) {
    options.add_option("user,-u,--user", user, "user (default: yourself)");
    options.add_option("--service", service, "PAM service (default sshd)");
    options.add_option("--from", from, "address that the login comes from");
    options.add_option("--tty", tty, "terminal");
  }
};

}  // namespace seimon::tools

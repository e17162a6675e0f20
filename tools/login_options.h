// SPDX-License-Identifier: Apache-2.0
// The login that a question is about: who, where, from where.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace seimon::tools {

struct LoginOptions {
  std::string user;
  std::string service = "sshd";
  std::string from;
  std::string tty;

  void add_to(CLI::App& app) {
    app.add_option("user,-u,--user", user, "whose login (default: yours)");
    app.add_option("--service", service, "PAM service (default sshd)");
    app.add_option("--from", from, "address that the login comes from");
    app.add_option("--tty", tty, "terminal");
  }
};

}  // namespace seimon::tools

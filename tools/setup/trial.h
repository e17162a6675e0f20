// SPDX-License-Identifier: Apache-2.0
// A real PAM conversation, here: a service's whole stack, with its prompts on this terminal (or standard input).
#pragma once

#include <string>

#include "tools/terminal/login_options.h"

namespace seimon::tools {

struct Trial {
  int auth = 0;              // PAM codes
  int account = 0;           // only when auth was PAM_SUCCESS
  std::string conversation;  // ours, when the stack came to us

  [[nodiscard]] bool is_in() const;
  // The result of the account line, by name: "not asked" after a refusal.
  [[nodiscard]] std::string account_name() const;
};

// Authentication and account check of `whom`. Throws Stop when PAM does not start.
[[nodiscard]] Trial try_login(const LoginOptions& login, const std::string& whom);
// PAM_SUCCESS, …
[[nodiscard]] std::string pam_code_name(int value);

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// Ending the logins of a user: through systemd-logind where it runs, else by the leaders of their sessions.
#pragma once

#include <string>

namespace seimon::tools {

// Returns how many sessions were told to end; the caller's own is spared. Throws Stop when there is no such user.
[[nodiscard]] int end_sessions(const std::string& user);

}  // namespace seimon::tools

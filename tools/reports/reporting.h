// SPDX-License-Identifier: Apache-2.0
// The rows of `seimon report`, and how they are written.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/terminal/client.h"

namespace seimon::tools {

// A row for each person: every account that may log in, and everybody the service knows. Shows progress on a terminal.
[[nodiscard]] nlohmann::json rollout_rows(Client& client, std::int64_t since);
// The same, summed for each group.
// What logins since then came to, by rule, over the whole trail.
[[nodiscard]] nlohmann::json tally_rows(Client& client, std::int64_t since);
[[nodiscard]] nlohmann::json by_groups(const nlohmann::json& rows);
// Everybody whom the service knows.
[[nodiscard]] std::vector<std::string> known_users(Client& client);
// The last thousand events of everybody, oldest first. For root.
[[nodiscard]] nlohmann::json newest_events(Client& client);
// Objects with the same keys.
void print_rows(const nlohmann::json& rows);
// Prints the number of people in each state, as bars; on a terminal only.
void print_states(const nlohmann::json& rows);
// RFC 4180.
void print_csv(const nlohmann::json& rows);

}  // namespace seimon::tools

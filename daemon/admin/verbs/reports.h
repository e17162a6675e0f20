// SPDX-License-Identifier: Apache-2.0
// Functions that several read-only verbs share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "daemon/admin/request.h"

namespace seimon::daemon {

// One method, as list and status show it; never its key.
[[nodiscard]] nlohmann::json method_json(const core::Method& method, const core::Profile& profile);
// The login that a request asks about: its user at `service`, from `from`, at `tty`. Throws Refusal.
[[nodiscard]] core::Facts facts_for(const Request& request, const StepContext& context);
// The expected outcome of that login: refused, asked, passes, offered or registers.
[[nodiscard]] std::string_view outcome_of(const core::Decision& decision, const core::Account& account,
                                          const core::Facts& facts, const Config& config, core::Moment at);
// Events with escaped values, without what `actor` is not to see.
[[nodiscard]] nlohmann::json events_json(const std::vector<core::Event>& events, const Actor& actor);

}  // namespace seimon::daemon

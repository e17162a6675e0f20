// SPDX-License-Identifier: Apache-2.0
// A user's core::FailureRecords and core::Profile as one text column each: a line for each thing in them, so that an
// administrator can read it in the file. Their row's mac covers it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/account/profile.h"
#include "core/account/risk.h"

namespace seimon::store {

using FailureRecords = std::map<core::CounterScope, core::FailureRecord>;
[[nodiscard]] std::string text_of(const FailureRecords& failure_records);
// Nothing when the text is not one that text_of() writes.
[[nodiscard]] std::optional<FailureRecords> failure_records_of(std::string_view text);

// Without the flags and the uid, which have columns of their own. What was given out in an epoch before `epoch` is void
// (threat model U7) and is left out when it is read.
[[nodiscard]] std::string text_of(const core::Profile& profile, std::int64_t epoch);
[[nodiscard]] std::optional<core::Profile> profile_of(std::string_view text, std::int64_t epoch);

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
// The file that keeps a host's RollbackGuard (store/driver.h): four numbers in one line of a fixed length.
#pragma once

#include <optional>
#include <string>

#include "store/driver.h"

namespace seimon::store {

// Nothing when there is no such file. Throws core::StoreUnavailable when it cannot be read.
[[nodiscard]] std::optional<RollbackGuard> read_rollback_guard(const std::string& path);
// On disk before this returns, in place, so that a full disk takes it too. What went wrong; empty when nothing.
[[nodiscard]] std::string write_rollback_guard(const std::string& path, const RollbackGuard& guard);

}  // namespace seimon::store

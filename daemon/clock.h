// SPDX-License-Identifier: Apache-2.0
// The one place of the service that reads the wall clock. Everything below takes time as an argument.
#pragma once

#include "core/types.h"

namespace seimon::daemon {

[[nodiscard]] core::Instant now();

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Which engine keeps the store: the file of this host, or a server, whose driver is a module of its own that is loaded
// where it is named.
#pragma once

#include <memory>

#include "daemon/config.h"
#include "store/driver.h"

namespace seimon::daemon {

// One connection. Throws ConfigError when the module is not installed. REQUIRES that the process may still open files.
[[nodiscard]] std::unique_ptr<store::Driver> make_driver(const Config& config);

}  // namespace seimon::daemon

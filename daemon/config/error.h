// SPDX-License-Identifier: Apache-2.0
// Errors in the configuration.
#pragma once

#include <stdexcept>

namespace seimon::daemon {

// what() is "FILE:LINE: reason", on the next line what to do.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace seimon::daemon

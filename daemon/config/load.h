// SPDX-License-Identifier: Apache-2.0
// seimon.conf(5): the file, then conf.d/*.conf beside it in byte order, read with libconfig into one value.
// MUST:
//  1. Nothing is guessed: an unknown key, a wrong type, a key set twice, a prefix with host bits is an error with file,
//     line, reason and what would be right.
//  2. A file or directory that others may write is refused.
//  3. A rule that would exempt everyone must say so (`any = true`).
#pragma once

#include <string>

#include "daemon/config/config.h"
#include "daemon/config/error.h"

namespace seimon::daemon {

// The file `path`, and conf.d/*.conf beside it. Throws ConfigError.
[[nodiscard]] Config load_config(const std::string& path);

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The sealing key: 64 hexadecimal digits and a newline in seal.key, from the systemd credential of that name
// (systemd.exec(5), $CREDENTIALS_DIRECTORY) or beside the configuration file.
#pragma once

#include <string>

#include "core/secret.h"

namespace seimon::daemon {

// The path of the key file.
[[nodiscard]] std::string key_path(const std::string& config_path);
// Throws std::runtime_error naming the file, what is wrong and what to run. A key that others may read is refused.
[[nodiscard]] core::Secret read_key(const std::string& path);

}  // namespace seimon::daemon

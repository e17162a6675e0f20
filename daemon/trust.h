// SPDX-License-Identifier: Apache-2.0
// Which files and directories we believe.
#pragma once

#include <sys/types.h>

#include <string>

namespace seimon::daemon {

// Why `path` must not be believed, with the command that mends it: others may write it, or it
// belongs to neither root, nor us, nor `also`. Empty when it may. For a file its directory is looked at too.
[[nodiscard]] std::string reason_not_to_trust(const std::string& path, uid_t also = 0);

// Whole content of a file of at most `most` bytes; throws std::runtime_error naming the path and the reason.
[[nodiscard]] std::string read_file(const std::string& path, std::size_t most);

}  // namespace seimon::daemon

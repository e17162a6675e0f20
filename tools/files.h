// SPDX-License-Identifier: Apache-2.0
// Whole files, copied durably: a backup goes out, a restore comes in.
#pragma once

#include <sys/types.h>

#include <string>

namespace seimon::tools {

// Copies `from` to a new file `to`, mode 0600, owned by `owner` (and its group), and makes it durable. What stands at
// `to` already stays. Throws Stop naming the file.
void copy_file(const std::string& from, const std::string& to, uid_t owner, gid_t group);

}  // namespace seimon::tools

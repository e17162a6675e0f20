// SPDX-License-Identifier: Apache-2.0
// The capabilities of the process, and how it drops them.
#pragma once

#include <sys/types.h>

#include <string>

namespace seimon::daemon {

inline constexpr const char* kAccount = "seimon";

// The uid of an account; 0 where there is no such account.
[[nodiscard]] uid_t account_uid(const char* name);
[[nodiscard]] inline uid_t service_uid() { return account_uid(kAccount); }

// As root: becomes that account for good, without supplementary groups. Otherwise nothing. Throws std::runtime_error
// with the reason and how to fix it.
void become(const char* name);
// As root: becomes `kAccount`, handing it the state directory first, which is made
// where it is missing. Otherwise only makes the directory. Throws std::runtime_error with the reason and how to fix it.
void drop_privileges(const std::string& state_directory);
// Not dumpable, no core file, no new privileges, umask 077, as many descriptors as the hard limit allows.
void harden();

}  // namespace seimon::daemon

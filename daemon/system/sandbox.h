// SPDX-License-Identifier: Apache-2.0
// The system calls that the running service may make (threat model D3): a seccomp(2) filter from two tables, each
// row with its reason. It holds for every thread, and cannot be taken off.
// Always true afterwards: nothing is executed, no process is made, no memory of another process is read, and no socket
// is there but a Unix one (and IP, where the store is on a server). What is in neither table fails with EPERM, which is
// an error path like any other: it refuses.
#pragma once

#include <span>
#include <string_view>

namespace seimon::daemon {

struct AllowedCall {
  std::string_view name;
  std::string_view reason;
};
[[nodiscard]] std::span<const AllowedCall> allowed_calls();
// Calls that only an attacker would make: they kill the process.
[[nodiscard]] std::span<const AllowedCall> deadly_calls();

// `networked`: IP sockets, too, for a store on a server. REQUIRES that no other thread runs yet. Throws
// std::runtime_error when the kernel has no seccomp.
void enter_sandbox(bool networked = false);

}  // namespace seimon::daemon

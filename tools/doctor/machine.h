// SPDX-License-Identifier: Apache-2.0
// Looks at this machine: stacks, sshd, accounts. Decides nothing.
#pragma once

#include "tools/doctor/findings.h"

namespace seimon::tools {

[[nodiscard]] Machine look_at_machine();

}  // namespace seimon::tools

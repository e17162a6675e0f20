// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/service.h"

#include "base/text.h"
#include "core/secret.h"

namespace seimon::daemon {

std::string random_id() { return base::hex(core::Secret::random(16).reveal()); }

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "tools/system/config_check.h"

namespace seimon::tools {

Output check_config(const std::string& path) {
  return run_program({own_program("seimond", SEIMON_SBINDIR), "--check", "--config", path});
}

}  // namespace seimon::tools

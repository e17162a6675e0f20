// SPDX-License-Identifier: Apache-2.0
// Whatever stands in seimon.conf: a configuration or a ConfigError, and never one that exempts everyone unasked.
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/config/load.h"
#include "tests/support/folder.h"

using namespace seimon;

namespace {

const std::string& folder() {
  static const tests::Folder folder;  // gone when the run ends
  return folder.path();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  umask(022);
  const std::string path = folder() + "/seimon.conf";
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) std::abort();
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  try {
    const daemon::Config config = daemon::load_config(path);
    const bool said = std::string_view(reinterpret_cast<const char*>(data), size).find("any") != std::string_view::npos;
    core::Facts facts{*core::UserName::parse("somebody")};
    facts.groups.emplace();
    if (core::decide(config.policy, facts, core::Instant()).action == core::Action::kSkip && !said &&
        config.policy.rules.empty())
      std::abort();
  } catch (const daemon::ConfigError&) {
  }
  return 0;
}

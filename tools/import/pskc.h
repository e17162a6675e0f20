// SPDX-License-Identifier: Apache-2.0
// PSKC documents, read and written by seimon-pskc, a program without rights.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/terminal/options.h"

namespace seimon::tools {

// The lock of a document; read from a file or, "-", from standard input, never from the command line.
struct LockOptions {
  std::string key_file;
  std::string passphrase_file;

  void add_to(Options& options);
};

// Its reply to `request`. Throws Stop naming `file`.
[[nodiscard]] nlohmann::json run_pskc(const std::string& verb, nlohmann::json request, const LockOptions& lock,
                                      const std::string& file);

}  // namespace seimon::tools

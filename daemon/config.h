// SPDX-License-Identifier: Apache-2.0
// seimon.conf(5): the file, then conf.d/*.conf beside it in byte order, read with libconfig into one value.
// MUST:
//  1. Nothing is guessed: an unknown key, a wrong type, a key set twice, a prefix with host bits is an error with file,
//     line, reason and what would be right.
//  2. A file or directory that others may write is refused.
//  3. A rule that would exempt everyone must say so (`any = true`).
#pragma once

#include <stdexcept>
#include <string>

#include "core/conversation.h"

namespace seimon::daemon {

struct Config {
  core::Policy policy;
  core::CodeSettings codes;
  core::RiskSettings risk;
  core::Language language = core::Language::kBoth;
  std::string issuer;
  std::string help;
  std::string store_path = "/var/lib/seimon/seimon.db";
  core::seconds keep_events = std::chrono::hours(24 * 400);
  bool skips_are_durable = false;
  std::vector<std::string> files;  // that it came from
};

// what() is "FILE:LINE: reason", on the next line what to do.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[nodiscard]] Config load_config(const std::string& path);

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// "90s", "15m", "24h", "2d", and dates, on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/text.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

// Throws Stop naming `option`.
[[nodiscard]] inline std::int64_t seconds_of(const std::string& text, const std::string& option) {
  constexpr std::int64_t kLengths[] = {1, 60, 3600, 86400};
  const std::size_t unit = text.empty() ? std::string::npos : std::string("smhd").find(text.back());
  const std::string digits = text.empty() ? "" : text.substr(0, text.size() - 1);
  const bool good = unit != std::string::npos && !digits.empty() && digits.size() <= 6 &&
                    digits.find_first_not_of("0123456789") == std::string::npos;
  if (!good)
    throw Stop{kUsage, filled(_("{1} \"{2}\": write a number with s, m, h or d, such as 1h"), {option, text}), ""};
  return std::stoll(digits) * kLengths[unit];
}

// A moment as seconds since 1970: an age ("7d"), or a date "2026-04-04", "2026-04-04T09:00", "2026-04-04T09:00:00" of
// this machine's zone, or with Z at its end. Throws Stop naming `option`.
[[nodiscard]] std::int64_t moment_of(const std::string& text, const std::string& option);

// A date as above that has not passed yet; nothing otherwise.
[[nodiscard]] std::optional<std::int64_t> date_to_come(const std::string& text);

using base::local_time;

}  // namespace seimon::tools

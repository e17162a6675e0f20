// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/duration.h"

#include <ctime>
#include <optional>
#include <string_view>

namespace seimon::tools {

std::int64_t moment_of(const std::string& text, const std::string& option) {
  const bool is_age = text.size() > 1 && text.find('-') == std::string::npos &&
                      std::string_view("smhd").find(text.back()) != std::string_view::npos;
  if (is_age) return std::time(nullptr) - seconds_of(text, option);
  std::tm parts = {};
  const char* end = nullptr;
  for (const char* form : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    parts = {};
    end = strptime(text.c_str(), form, &parts);
    if (end != nullptr) break;
  }
  const bool utc = end != nullptr && std::string_view(end) == "Z";
  if (end == nullptr || (*end != '\0' && !utc))
    throw Stop{kUsage,
               filled(_("{1} \"{2}\": write 7d, 2026-04-04, 2026-04-04T09:00 or 2026-04-04T00:00:00Z"), {option, text}),
               ""};
  parts.tm_isdst = -1;
  return utc ? timegm(&parts) : std::mktime(&parts);
}

std::optional<std::int64_t> date_to_come(const std::string& text) {
  const bool is_date = text.find('-') != std::string::npos;
  const std::int64_t at = is_date ? moment_of(text, "--start") : 0;
  return at > std::time(nullptr) ? std::optional(at) : std::nullopt;
}

}  // namespace seimon::tools

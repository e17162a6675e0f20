// SPDX-License-Identifier: Apache-2.0
// Functions that the readers of other programs' files share: lines and numbers.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/terminal/words.h"

namespace seimon::tools {

inline constexpr std::int64_t kMostCounter = std::int64_t{1} << 48U;  // as the service has it

// Of a last line without an end.
inline constexpr const char* kCut =
    N_("the line has no end: was the file cut short? If it is whole, end its last line");

// Without their ends, \n or \r\n.
inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The whole of `text`.
inline std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Empty for what is no hexadecimal.
[[nodiscard]] std::string base32_of_hex(const std::string& hex);

}  // namespace seimon::tools

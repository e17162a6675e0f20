// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace seimon::base {

std::string filled(std::string_view text, std::span<const std::string_view> values) {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    result += text.substr(0, open);
    text.remove_prefix(open);
    std::size_t number = 0;
    const char* const begin = text.data() + std::min<std::size_t>(text.size(), 1);
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error == std::errc() && number >= 1 && number <= values.size() && length < text.size() && text[length] == '}') {
      result += values[number - 1];
      text.remove_prefix(length + 1);
    } else if (!text.empty()) {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string filled(std::string_view text, const std::vector<std::string>& values) {
  const std::vector<std::string_view> views(values.begin(), values.end());
  return filled(text, views);
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int waiting = 0;  // bits that are not written yet
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8U | byte;
    for (waiting += 8; waiting >= 6; waiting -= 6) text += kLetters[bits >> static_cast<unsigned>(waiting - 6) & 63U];
  }
  if (waiting > 0) text += kLetters[bits << static_cast<unsigned>(6 - waiting) & 63U];
  return text;
}

std::size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<std::vector<std::size_t>> rows(one.size() + 1, std::vector<std::size_t>(other.size() + 1));
  for (std::size_t i = 0; i <= one.size(); ++i) {
    for (std::size_t j = 0; j <= other.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      const std::size_t change = one[i - 1] == other[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[one.size()][other.size()];
}

std::string local_time(const std::string& utc) {
  std::tm parts = {};
  const char* end = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return utc;
  const std::time_t seconds = timegm(&parts);
  char text[64] = {};
  if (localtime_r(&seconds, &parts) == nullptr) return utc;
  return std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &parts) > 0 ? text : utc;
}

}  // namespace seimon::base

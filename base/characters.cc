// SPDX-License-Identifier: Apache-2.0
#include "base/characters.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace seimon::base {

namespace {

struct Unprintable {
  char32_t first;
  char32_t last;
};

constexpr std::array<Unprintable, 9> kUnprintable = {{
    {0x00, 0x1F},
    {0x7F, 0x9F},
    {0xAD, 0xAD},      // soft hyphen
    {0x61C, 0x61C},    // Arabic letter mark
    {0x200B, 0x200F},  // zero width, direction marks
    {0x2028, 0x202E},  // separators, direction embeddings
    {0x2060, 0x206F},  // invisible operators, direction isolates
    {0xFEFF, 0xFEFF},
    {0xE0000, 0xE0FFF},
}};

std::string hex(std::uint32_t value, int least_digits) {
  std::string text;
  while (value != 0 || least_digits > 0) {
    text.insert(text.begin(), "0123456789abcdef"[value & 15]);
    value >>= 4;
    --least_digits;
  }
  return text;
}

}  // namespace

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto character = take_character(bytes);
    if (!character || *character == U'\0') return false;
  }
  return true;
}

std::optional<char32_t> take_character(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  std::size_t length = 1;
  char32_t value = lead;
  char32_t least = 0;
  if (lead >= 0xF0 && lead < 0xF5) length = 4, value = lead & 0x07U, least = 0x10000;
  else if (lead >= 0xE0 && lead < 0xF0) length = 3, value = lead & 0x0FU, least = 0x800;
  else if (lead >= 0xC2 && lead < 0xE0) length = 2, value = lead & 0x1FU, least = 0x80;
  else if (lead >= 0x80) return std::nullopt;
  if (text.size() < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

bool is_unprintable(char32_t character) {
  for (const Unprintable& range : kUnprintable)
    if (character >= range.first && character <= range.last) return true;
  return false;
}

// Blanks, hyphens, and what a copied code may carry unseen: zero-width blanks, marks of direction and of byte order.
bool is_grouping(char32_t c) {
  const bool is_unseen = c == U'\u00AD' || (c >= U'\u200B' && c <= U'\u200F') || (c >= U'\u202A' && c <= U'\u202E') ||
                         (c >= U'\u2060' && c <= U'\u2064') || (c >= U'\u2066' && c <= U'\u2069') || c == U'\uFEFF';
  return c == U' ' || c == U'-' || c == U'　' || c == U'－' || c == U'\u00A0' || c == U'\u202F' || is_unseen;
}

std::string escaped(std::string_view text) {
  std::string result;
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\' && c != '"'; };
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    result += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::string_view before = text;
    const auto character = take_character(text);
    if (!character) {
      result += "\\x" + hex(static_cast<std::uint8_t>(text.front()), 2);
      text.remove_prefix(1);
    } else if (*character == U'\\' || *character == U'"') {
      result += '\\';
      result += static_cast<char>(*character);
    } else if (is_unprintable(*character)) {
      result += "\\u{" + hex(*character, 1) + "}";
    } else {
      result += before.substr(0, before.size() - text.size());
    }
  }
  return result;
}

}  // namespace seimon::base

// SPDX-License-Identifier: Apache-2.0
#include "core/types.h"

#include "base/characters.h"

namespace seimon::core {

namespace {

bool has_only_printable(std::string_view text) {
  while (!text.empty()) {
    const auto character = base::take_character(text);
    if (!character || base::is_unprintable(*character)) return false;
  }
  return true;
}

}  // namespace

std::optional<UserName> UserName::parse(std::string_view text) {
  constexpr std::string_view kNever = "/:";
  if (text.empty() || text.size() > 255) return std::nullopt;
  if (text.front() == '-' || text.front() == '#' || text.front() == ' ' || text.back() == ' ') return std::nullopt;
  if (text.find_first_of(kNever) != std::string_view::npos || !has_only_printable(text)) return std::nullopt;
  return UserName(text);
}

bool is_valid_label(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '-' && text.front() != ' ' && text.back() != ' ' &&
         has_only_printable(text);
}

}  // namespace seimon::core

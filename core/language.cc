// SPDX-License-Identifier: Apache-2.0
#include "core/language.h"

#include <algorithm>
#include <array>

namespace seimon::core {

namespace {

constexpr std::array<std::string_view, 3> kLanguages = {"both", "en", "ja"};

}  // namespace

std::optional<Language> parse_language(std::string_view name) {
  if (name == "auto") return Language::kBoth;
  const auto found = std::find(kLanguages.begin(), kLanguages.end(), name);
  if (found == kLanguages.end()) return std::nullopt;
  return static_cast<Language>(found - kLanguages.begin());
}

std::string_view language_name(Language language) { return kLanguages[static_cast<std::size_t>(language)]; }

Language single_language(Language language) { return language == Language::kBoth ? Language::kJapanese : language; }

}  // namespace seimon::core

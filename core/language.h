// SPDX-License-Identifier: Apache-2.0
// In which languages somebody reads what a login says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace seimon::core {

enum class Language : std::uint8_t { kBoth, kEnglish, kJapanese };

// "both" or "auto", "en", "ja".
[[nodiscard]] std::optional<Language> parse_language(std::string_view name);
[[nodiscard]] std::string_view language_name(Language language);
// The language of a message that is in one language alone: Japanese where both are wanted.
[[nodiscard]] Language single_language(Language language);

}  // namespace seimon::core

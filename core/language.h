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

}  // namespace seimon::core

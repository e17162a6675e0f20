// SPDX-License-Identifier: Apache-2.0
// Every sentence a user can see at a login, in English and Japanese, each with an id.
// Always true: a text never says why a code was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seimon::core {

enum class Language : std::uint8_t { kBoth, kEnglish, kJapanese };
[[nodiscard]] std::optional<Language> parse_language(std::string_view name);

enum class TextId : std::uint8_t {
  kPrompt,
  kNotAccepted,
  kOneTryLeft,
  kNoTriesLeft,
  kWasPassword,
  kHelp,
  kRemind,
  kSuspended
};

// `number` takes the place of "{}". Lines of two languages are joined by a newline; the two prompts by " / ", English
// last, because tools look for "code: " at the end.
[[nodiscard]] std::string text_of(TextId id, Language language, int number = 0);

}  // namespace seimon::core

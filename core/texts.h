// SPDX-License-Identifier: Apache-2.0
// Every sentence a user can see at a login, in English and Japanese, each with an id.
// Always true: a text never says why a code was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  kSuspended,
  kFirstOfTwo,
  kSecondOfTwo,
  kFailedCode,
  kFailedCodes
};

// `number` takes the place of "{}". Lines of two languages are joined by a newline; the two prompts by " / ", English
// last, because tools look for "code: " at the end.
[[nodiscard]] std::string text_of(TextId id, Language language, int number = 0);
// "2 failed codes since 2026-11-20 09:12 UTC from 203.0.113.9." `since` and `from` are shown as they are.
[[nodiscard]] std::string failed_codes_text(Language language, std::int64_t count, std::string_view since,
                                            const std::vector<std::string>& from);

}  // namespace seimon::core

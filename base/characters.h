// SPDX-License-Identifier: Apache-2.0
// Characters of UTF-8 text (RFC 3629), and the one escaper for everything that came from outside and will be shown or
// logged (threat model E4).
// Always true of an escaped text: it is one line of printable characters and can neither end a quoted string, move a
// cursor nor reverse the direction of what follows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace seimon::base {

// Removes the first character from `text`; nothing, and `text` unchanged, when it is empty or not valid there
// (overlong forms, surrogates and values beyond U+10FFFF are not).
[[nodiscard]] std::optional<char32_t> take_character(std::string_view& text);

// Valid UTF-8 without a NUL: what every program calls text.
[[nodiscard]] bool is_text(std::string_view bytes);

// C0, DEL, C1, line separators, and the characters that change direction or are invisible.
[[nodiscard]] bool is_unprintable(char32_t character);

// Separators that people type between groups of digits: blanks and hyphens, ASCII and full width.
[[nodiscard]] bool is_grouping(char32_t character);

// Backslash and the double quote get a backslash, bad bytes become \xHH, unprintable characters \u{H…}.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace seimon::base

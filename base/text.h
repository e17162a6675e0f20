// SPDX-License-Identifier: Apache-2.0
// Small text functions that every room needs once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::base {

// `text` with `values` in place of "{1}", "{2}", …; each place is filled once, and nothing inside a value is a place.
[[nodiscard]] std::string filled(std::string_view text, std::span<const std::string_view> values);
[[nodiscard]] std::string filled(std::string_view text, const std::vector<std::string>& values);

// Two lower-case digits a byte.
[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);

// RFC 4648 §5, without padding.
[[nodiscard]] std::string base64url(std::span<const std::uint8_t> bytes);

// The number of insertions, deletions, replacements and swaps of neighbours between `one` and `other` (optimal string
// alignment distance), for "did you mean".
[[nodiscard]] std::size_t edit_distance(std::string_view one, std::string_view other);

// For people: "2026-04-04T00:00:00Z" as "2026-04-04 09:00:00 JST", by this machine's zone or TZ. What is no such text
// stays.
[[nodiscard]] std::string local_time(const std::string& utc);

}  // namespace seimon::base

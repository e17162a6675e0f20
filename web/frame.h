// SPDX-License-Identifier: Apache-2.0
// The messages between seimon-web(8) and seimon-web-login(8): a letter, a length of four bytes, most significant first,
// and that many bytes. Nothing in them is interpreted.
//
//   from seimon-web         U account, who is to give a password   R account, whom a single sign-on has checked
//                           F client address   G begin   A answer to the last prompt
//   from seimon-web-login   P prompt, shown while typed   H prompt, hidden   I information   E error text
//                           D signed in: account, newline, ticket   N refused: what to say, may be empty
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seimon::web {

struct Frame {
  char kind = 0;
  std::string bytes;
};

inline constexpr std::size_t kFrameHead = 5;
inline constexpr std::size_t kMostFrame = 32 * 1024;

[[nodiscard]] inline std::string frame_of(char kind, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string frame{kind, static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                    static_cast<char>(size)};
  frame.append(bytes);
  return frame;
}

// The length in `head`, kFrameHead bytes; nothing if it is more than kMostFrame.
[[nodiscard]] inline std::optional<std::size_t> frame_length(std::string_view head) {
  std::size_t size = 0;
  for (std::size_t i = 1; i < kFrameHead; ++i) size = size << 8 | static_cast<unsigned char>(head[i]);
  return size <= kMostFrame ? std::optional(size) : std::nullopt;
}

}  // namespace seimon::web

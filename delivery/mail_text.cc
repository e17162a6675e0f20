// SPDX-License-Identifier: Apache-2.0
#include "delivery/mail_text.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace seimon::delivery {

namespace {

// RFC 2047 §2, in base64; pieces of whole characters, each short enough for one encoded word.
std::string encoded_subject(const std::string& text) {
  constexpr std::size_t kPiece = 42;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + kPiece);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    std::string encoded;
    for (std::size_t i = at; i < end; i += 3) {
      std::uint32_t three = 0;
      for (std::size_t k = 0; k < 3; ++k)
        three = three << 8 | (i + k < end ? static_cast<unsigned char>(text[i + k]) : 0U);
      for (std::size_t k = 0; k < 4; ++k) encoded += i + k > end ? '=' : kDigits[three >> (18 - 6 * k) & 63U];
    }
    result += (result.empty() ? "=?UTF-8?B?" : "\n =?UTF-8?B?") + encoded + "?=";
    at = end;
  }
  return result;
}

}  // namespace

bool is_plain_recipient(const std::string& name) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@";
  return !name.empty() && name.front() != '-' && name.find_first_not_of(kPlain) == std::string::npos;
}

std::string mail_text(const daemon::Message& message, const std::string& from) {
  std::string text;
  if (!from.empty()) text += "From: " + from + "\n";
  text += "To: " + message.to + "\n";
  text += "Subject: " + encoded_subject(message.subject) + "\n";
  text += "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n";
  text += "Auto-Submitted: auto-generated\n\n";
  return text + message.text + (message.text.ends_with('\n') ? "" : "\n");
}

}  // namespace seimon::delivery

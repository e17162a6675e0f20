// SPDX-License-Identifier: Apache-2.0
// Everything that reads or writes a small text: base32 (there and back), the escaper (printable, one line, reversible),
// otpauth links (decode to what was put in), user names, failure records and a profile as the store keeps them, a pair
// of codes.
#include <cstdlib>
#include <string>

#include "base/characters.h"
#include "core/login/enrolment.h"
#include "store/record_text.h"

using namespace seimon::core;

namespace {

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

void append_utf8(std::string& text, unsigned long point) {
  if (point < 0x80) text += static_cast<char>(point);
  else if (point < 0x800) text += {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
  else if (point < 0x10000)
    text += {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3F)),
             static_cast<char>(0x80 | (point & 0x3F))};
  else
    text += {static_cast<char>(0xF0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 0x3F)),
             static_cast<char>(0x80 | (point >> 6 & 0x3F)), static_cast<char>(0x80 | (point & 0x3F))};
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
    } else if (text[i + 1] == 'x') {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else if (text[i + 1] == 'u') {
      const std::size_t end = text.find('}', i);
      append_utf8(plain, std::stoul(std::string(text.substr(i + 3, end - i - 3)), nullptr, 16));
      i = end;
    } else {
      plain += text[++i];
    }
  }
  return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string shown = seimon::base::escaped(text);
  for (std::string_view rest = shown; !rest.empty();) {
    const auto character = seimon::base::take_character(rest);
    if (!character || seimon::base::is_unprintable(*character)) abort();
  }
  if (unescaped(shown) != text) abort();

  const Secret key = from_base32(text);
  if (!key.empty() && !(from_base32(base32(key)) == key)) abort();
  if (size > 0 && size < 200) {
    const Secret raw(std::span(data, size));
    if (!(from_base32(base32(raw)) == raw)) abort();
    Method method;
    method.key = Secret(std::span(data, size));
    const std::string link = otpauth_link(text, text, method);
    for (const char c : link)
      if (c <= ' ' || c > '~' || c == '"' || c == '\\') abort();
    const std::size_t account = link.find(':', 15) + 1;
    if (percent_decoded(link.substr(account, link.find('?') - account)) != text) abort();
  }
  const auto user = UserName::parse(text);
  if (user && (user->text() != text || text.find('/') != std::string::npos || text.front() == '-')) abort();
  const auto profile = seimon::store::profile_of(text, 1);
  if (profile && seimon::store::profile_of(seimon::store::text_of(*profile, 1), 1) != profile) std::abort();
  const auto failure_records = seimon::store::failure_records_of(text);
  if (failure_records && seimon::store::failure_records_of(seimon::store::text_of(*failure_records)) != failure_records)
    abort();
  const auto pair = parse_pair(text);
  if (pair && (parse_code(text) || pair->first.digits != pair->second.digits)) abort();
  return 0;
}

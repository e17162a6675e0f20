// SPDX-License-Identifier: Apache-2.0
#include "core/factors/contact.h"

#include <algorithm>
#include <array>

#include "base/characters.h"

namespace seimon::core {

namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The full-width forms of ASCII (Unicode block FF00) as ASCII; else as it is.
char32_t folded(char32_t c) { return c >= 0xFF01 && c <= 0xFF5E ? c - 0xFEE0 : c; }

// Dropped wherever it is: what people write between the digits of a number.
bool is_between(char32_t c) {
  const bool is_hyphen = c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30FC;
  return is_hyphen || base::is_grouping(c) || c == '.' || c == '/' || c == '(' || c == ')';
}

// Digits, brackets and a leading plus of `typed`; nothing when there is anything else.
std::optional<std::string> plain(std::string_view typed) {
  std::string text;
  while (!typed.empty()) {
    const auto character = base::take_character(typed);
    if (!character) return std::nullopt;
    const char32_t c = folded(*character);
    const bool is_part = (c >= '0' && c <= '9') || c == '(' || c == ')' || (c == '+' && text.empty());
    if (is_part) text += static_cast<char>(c);
    else if (!is_between(c)) return std::nullopt;
  }
  return text;
}

// ITU-T E.164 list of assigned country codes: zones 1 and 7 have one digit, these two, all others three.
std::size_t country_code_length(std::string_view digits) {
  constexpr std::array<std::string_view, 43> kOfTwo = {"20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41",
                                                       "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54",
                                                       "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66",
                                                       "81", "82", "84", "86", "90", "91", "92", "93", "94", "95"};
  if (digits.front() == '1' || digits.front() == '7') return 1;
  const std::string_view two = digits.substr(0, 2);
  return two == "98" || std::find(kOfTwo.begin(), kOfTwo.end(), two) != kOfTwo.end() ? 2 : 3;
}

// The length of the longest of `prefixes` that `text` begins with; 0 when there is none.
std::size_t longest(const std::vector<std::string>& prefixes, std::string_view text) {
  std::size_t length = 0;
  for (const std::string& prefix : prefixes)
    if (text.starts_with(prefix)) length = std::max(length, prefix.size());
  return length;
}

}  // namespace

std::optional<PhoneNumber> PhoneNumber::parse(std::string_view typed, std::string_view country) {
  constexpr std::size_t kLeast = 7;
  constexpr std::size_t kMost = 15;
  constexpr std::string_view kTrunkZero = "(0)";
  auto text = plain(typed);
  if (!text) return std::nullopt;
  if (text->starts_with("00")) text->replace(0, 2, "+");
  if (const std::size_t at = text->find(kTrunkZero); at != std::string::npos && text->starts_with('+'))
    text->erase(at, kTrunkZero.size());
  std::erase_if(*text, [](char c) { return c == '(' || c == ')'; });
  if (text->starts_with('0') && !country.empty()) text->replace(0, 1, "+" + std::string(country));
  // "+81 090 …", as many write it; in Italy the zero belongs to the number.
  const std::string own = "+" + std::string(country);
  if (!country.empty() && country != "39" && text->starts_with(own))
    text->erase(own.size(), std::min(text->find_first_not_of('0', own.size()), text->size()) - own.size());
  const std::string_view digits = std::string_view(*text).substr(std::min<std::size_t>(1, text->size()));
  if (!text->starts_with('+') || digits.size() < kLeast || digits.size() > kMost || digits.front() == '0' ||
      digits.find_first_not_of(kDigits) != std::string_view::npos)
    return std::nullopt;
  return PhoneNumber(*text);
}

std::string PhoneNumber::masked() const {
  const std::string digits = text_.substr(1);
  return "+" + digits.substr(0, country_code_length(digits)) + " •••• ••" + digits.substr(digits.size() - 2);
}

bool NumberPlan::allows(const PhoneNumber& number) const {
  // A carrier may drop a zero that is written behind the country code: neither form may be a number of `never`.
  std::string without_zeros = number.text();
  const std::size_t code = 1 + country_code_length(std::string_view(without_zeros).substr(1));
  without_zeros.erase(code, std::min(without_zeros.find_first_not_of('0', code), without_zeros.size()) - code);
  return longest(prefixes, number.text()) > longest(never, number.text()) &&
         longest(prefixes, without_zeros) > longest(never, without_zeros);
}

std::optional<MailAddress> MailAddress::parse(std::string_view typed) {
  constexpr std::size_t kMost = 254;
  constexpr std::size_t kMostLocal = 64;
  const auto is_plain = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  };
  const std::size_t at = typed.find('@');
  if (at == std::string_view::npos || at == 0 || at > kMostLocal || typed.size() > kMost) return std::nullopt;
  const std::string_view local = typed.substr(0, at);
  const std::string_view domain = typed.substr(at + 1);
  const auto has_empty_part = [](std::string_view text) {
    return text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos;
  };
  const bool is_local =
      local.front() != '-' && !has_empty_part(local) &&
      std::all_of(local.begin(), local.end(), [&](char c) { return is_plain(c) || c == '_' || c == '+'; });
  const bool is_domain = !has_empty_part(domain) && domain.front() != '-' &&
                         domain.find('.') != std::string_view::npos &&
                         std::all_of(domain.begin(), domain.end(), is_plain);
  if (!is_local || !is_domain) return std::nullopt;
  std::string text(typed);
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                 text.begin() + static_cast<std::ptrdiff_t>(at),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return MailAddress(std::move(text));
}

std::string MailAddress::masked() const { return text_.substr(0, 1) + "••••" + text_.substr(text_.find('@')); }

std::optional<PushEndpoint> PushEndpoint::parse(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::size_t kMost = 512;
  constexpr std::array<std::string_view, 3> kHosts = {"fcm.googleapis.com", "updates.push.services.mozilla.com",
                                                      "web.push.apple.com"};
  constexpr std::string_view kWindows = ".notify.windows.com";
  if (!url.starts_with(kScheme) || url.size() > kMost) return std::nullopt;
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view host = rest.substr(0, slash);
  const bool is_name = host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
  const bool is_known =
      std::find(kHosts.begin(), kHosts.end(), host) != kHosts.end() || (is_name && host.ends_with(kWindows));
  // Of RFC 3986 §3.3 and §3.4; a brace would be a place of a template.
  constexpr std::string_view kPath =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%/?=&:+,;!$'()*@";
  if (!is_known || rest.find_first_not_of(kPath, slash) != std::string_view::npos) return std::nullopt;
  return PushEndpoint(std::string(url));
}

std::string PushEndpoint::origin() const { return url_.substr(0, url_.find('/', std::string_view("https://").size())); }

}  // namespace seimon::core

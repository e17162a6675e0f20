// SPDX-License-Identifier: Apache-2.0
#include "core/enrolment.h"

#include <algorithm>

namespace seimon::core {

namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      result += c;
    } else {
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

}  // namespace

std::string otpauth_link(std::string_view issuer, std::string_view account, const Method& draft) {
  std::string key = base32(draft.key);
  // A colon separates issuer and account; inside either it would move that border.
  std::string plain_issuer(issuer);
  std::replace(plain_issuer.begin(), plain_issuer.end(), ':', ' ');
  std::string link = draft.otp.by_counter() ? "otpauth://hotp/" : "otpauth://totp/";
  link.reserve(512);
  link += percent_encoded(plain_issuer) + ":" + percent_encoded(account);
  link += "?secret=";
  link += key;
  wipe(key);
  link += "&issuer=" + percent_encoded(plain_issuer);
  link += "&algorithm=" + std::string(algorithm_name(draft.otp.algorithm));
  link += "&digits=" + std::to_string(draft.otp.digits);
  if (draft.otp.by_counter()) link += "&counter=" + std::to_string(static_cast<std::int64_t>(draft.mark) + 1);
  else link += "&period=" + std::to_string(draft.otp.period.count());
  return link;
}

std::optional<Step> proving_step(const Method& draft, const Code& code, Instant now, int window) {
  return find_code(draft.key, draft.otp, window_of(draft, now, window), draft.mark, code).fresh;
}

std::string free_label(const std::vector<Method>& methods, Kind kind) {
  const std::string base(kind_name(kind));
  for (int number = 1;; ++number) {
    std::string label = number == 1 ? base : base + "-" + std::to_string(number);
    if (std::none_of(methods.begin(), methods.end(), [&](const Method& method) { return method.label == label; }))
      return label;
  }
}

}  // namespace seimon::core

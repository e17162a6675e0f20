// SPDX-License-Identifier: Apache-2.0
// Addresses for codes: telephone numbers (ITU-T E.164) and mail addresses (RFC 5321 §4.1.2, a part of it). A value
// here is one line of plain ASCII. And those at which a browser is notified (RFC 8030).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::core {

class PhoneNumber {
 public:
  // A number as people type it: full-width characters are folded; blanks, hyphens, dots, slashes and brackets dropped,
  // and "(0)" behind a country code. "00" at the beginning is "+", a single "0" is "+" and `country` ("81"; empty: such
  // a number is none), and a "0" behind the site's own country code is dropped. The result has 7 to 15 digits, the
  // first of which is not 0.
  [[nodiscard]] static std::optional<PhoneNumber> parse(std::string_view typed, std::string_view country);
  // "+819012345678"
  [[nodiscard]] const std::string& text() const { return text_; }
  // The country code and the last two digits: "+81 •••• ••78".
  [[nodiscard]] std::string masked() const;
  bool operator==(const PhoneNumber&) const = default;

 private:
  explicit PhoneNumber(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Numbers that may be sent a message. The longest prefix that fits decides; without one the number is refused.
struct NumberPlan {
  std::vector<std::string> prefixes;  // "+81"
  std::vector<std::string> never;     // "+81570"
  [[nodiscard]] bool allows(const PhoneNumber& number) const;
};

class MailAddress {
 public:
  // local@domain of letters, digits and ._+-; no quoting, at most 254 bytes, a dot in the domain. The domain is folded
  // to lower case.
  [[nodiscard]] static std::optional<MailAddress> parse(std::string_view typed);
  // "alice@example.ac.jp"
  [[nodiscard]] const std::string& text() const { return text_; }
  // "a••••@example.ac.jp"
  [[nodiscard]] std::string masked() const;
  bool operator==(const MailAddress&) const = default;

 private:
  explicit MailAddress(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The address that a browser gives for a push message: https, at one of the services of the browsers' makers, without
// port or account; at most 512 characters. A browser's user chooses it, and seimon-delivery(8) goes there: hence no
// other host.
class PushEndpoint {
 public:
  [[nodiscard]] static std::optional<PushEndpoint> parse(std::string_view url);
  [[nodiscard]] const std::string& url() const { return url_; }
  // "https://fcm.googleapis.com": the audience of a token (RFC 8292 §2).
  [[nodiscard]] std::string origin() const;

 private:
  explicit PushEndpoint(std::string url) : url_(std::move(url)) {}
  std::string url_;
};

}  // namespace seimon::core

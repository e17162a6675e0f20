// SPDX-License-Identifier: Apache-2.0
// A request as the pages see it, taken apart and checked, and their response.
// Always true of a request: each name and value is valid UTF-8 without NUL, each occurs once, and `address` is a
// numeric address.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seimon::web {

using Fields = std::map<std::string, std::string, std::less<>>;

// As it came in, headers by the names that are used here.
struct RawRequest {
  std::string method;
  std::string target;
  std::string cookie;
  std::string origin;
  std::string fetch_site;
  std::string accept_language;
  std::string content_type;
  std::string address;      // X-Real-IP, which the proxy sets
  std::string remote_user;  // X-Remote-User, which it sets or empties
  std::string body;
};

struct Request {
  bool is_post = false;
  std::vector<std::string> path;  // "/info/add/app" is info, add, app
  Fields query;
  Fields form;
  Fields cookies;
  std::string origin;
  std::string fetch_site;
  std::string accept_language;
  std::string address;
  std::string remote_user;  // of a single sign-on; empty: nobody

  // Empty if there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] bool is_under(std::string_view first) const { return !path.empty() && path.front() == first; }
  [[nodiscard]] bool is_at(std::initializer_list<std::string_view> place) const;
};

// Why a request is not one: the status of the response.
struct BadRequest {
  int status = 400;
  std::string_view reason;
};

struct Response {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};
using Respond = std::function<void(Response)>;

inline constexpr std::size_t kMostFields = 32;
inline constexpr std::size_t kMostValue = 10 * 1024;
inline constexpr std::size_t kMostName = 256;  // of an account

// Throws BadRequest.
[[nodiscard]] Request parse_request(RawRequest raw);

// "%41+b" as "A b" (application/x-www-form-urlencoded); nothing if it is not valid, or not text.
[[nodiscard]] std::optional<std::string> form_decoded(std::string_view text, bool plus_is_blank);
// `text` as one segment of a path or one value of a query.
[[nodiscard]] std::string url_encoded(std::string_view text);

// Key to count by: an IPv4 address, or an IPv6 network of 64 bits.
[[nodiscard]] std::string source_of(const std::string& address);
// "/info/add/app".
[[nodiscard]] std::string place_of(const Request& request);

// Value of the cookie of a registered phone: "USER.TOKEN", and back; the user is empty when it is none.
[[nodiscard]] std::string phone_cookie(const std::string& user, const std::string& token);
[[nodiscard]] std::pair<std::string, std::string> parse_phone_cookie(std::string_view value);

[[nodiscard]] Response see_other(std::string place);

}  // namespace seimon::web

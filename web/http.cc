// SPDX-License-Identifier: Apache-2.0
#include "web/http.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/characters.h"
#include "base/text.h"

namespace seimon::web {

namespace {

constexpr std::size_t kMostSegments = 8;

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// The part of `text` before `separator`; it and the separator are taken out of `text`.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view first = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  return first;
}

void add(Fields& fields, std::string name, std::string value) {
  if (fields.size() >= kMostFields) throw BadRequest{400, "too many fields"};
  if (name.size() > kMostValue || value.size() > kMostValue) throw BadRequest{413, "a field is too long"};
  if (!fields.emplace(std::move(name), std::move(value)).second) throw BadRequest{400, "a field comes twice"};
}

Fields pairs_of(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    std::string_view value = take(text, '&');
    if (value.empty()) continue;
    const auto name = form_decoded(take(value, '='), true);
    auto decoded = form_decoded(value, true);
    if (!name || !decoded) throw BadRequest{400, "a field is not text"};
    add(fields, *name, std::move(*decoded));
  }
  return fields;
}

// Names and values of cookies (RFC 6265, section 5.4). Of two with one name the first counts: the longer path.
Fields cookies_of(std::string_view text) {
  Fields cookies;
  while (!text.empty() && cookies.size() < kMostFields) {
    std::string_view value = take(text, ';');
    while (value.starts_with(' ')) value.remove_prefix(1);
    const std::string_view name = take(value, '=');
    if (!name.empty() && base::is_text(name) && base::is_text(value)) cookies.emplace(name, value);
  }
  return cookies;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.starts_with('/')) throw BadRequest{400, "not a path"};
  path.remove_prefix(1);
  while (!path.empty()) {
    auto segment = form_decoded(take(path, '/'), false);
    if (!segment) throw BadRequest{400, "the path is not text"};
    if (segments.size() >= kMostSegments) throw BadRequest{404, "no such page"};
    segments.push_back(std::move(*segment));
  }
  return segments;
}

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string Request::field(std::string_view name) const {
  const auto found = form.find(name);
  return found == form.end() ? "" : found->second;
}

bool Request::is_at(std::initializer_list<std::string_view> place) const {
  return std::equal(path.begin(), path.end(), place.begin(), place.end());
}

std::optional<std::string> form_decoded(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = digit_of(text[i + 1]);
      const auto low = digit_of(text[i + 2]);
      if (!high || !low) return std::nullopt;
      decoded += static_cast<char>(*high << 4 | *low);
      i += 2;
    }
  }
  return base::is_text(decoded) ? std::optional(std::move(decoded)) : std::nullopt;
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) encoded += c;
    else encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return encoded;
}

Request parse_request(RawRequest raw) {
  Request request;
  if (raw.method != "GET" && raw.method != "HEAD" && raw.method != "POST") throw BadRequest{405, "no such method"};
  request.is_post = raw.method == "POST";
  if (!is_address(raw.address)) throw BadRequest{400, "the proxy sets no X-Real-IP"};
  for (const std::string* text : {&raw.origin, &raw.fetch_site, &raw.accept_language, &raw.remote_user})
    if (!base::is_text(*text)) throw BadRequest{400, "a header is not text"};
  std::string_view target = raw.target;
  request.path = segments_of(take(target, '?'));
  request.query = pairs_of(target);
  if (request.is_post) {
    if (!raw.content_type.starts_with("application/x-www-form-urlencoded")) throw BadRequest{415, "not a form"};
    request.form = pairs_of(raw.body);
  }
  request.cookies = cookies_of(raw.cookie);
  request.origin = std::move(raw.origin);
  request.fetch_site = std::move(raw.fetch_site);
  request.accept_language = std::move(raw.accept_language);
  request.address = std::move(raw.address);
  request.remote_user = std::move(raw.remote_user);
  return request;
}

std::string source_of(const std::string& address) {
  constexpr std::size_t kNetwork = 8;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  return base::hex(std::span(bytes).first(kNetwork));
}

std::string place_of(const Request& request) {
  std::string place;
  for (const std::string& segment : request.path) place += "/" + url_encoded(segment);
  return place.empty() ? "/" : place;
}

std::string phone_cookie(const std::string& user, const std::string& token) { return url_encoded(user) + "." + token; }

std::pair<std::string, std::string> parse_phone_cookie(std::string_view value) {
  const std::size_t point = value.rfind('.');
  if (point == std::string_view::npos) return {};
  const auto user = form_decoded(value.substr(0, point), false);
  const std::string_view token = value.substr(point + 1);
  constexpr std::size_t kMostToken = 40;
  const bool is_token = !token.empty() && token.size() <= kMostToken &&
                        token.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!user || user->empty() || user->size() > kMostName || !is_token) return {};
  return {*user, std::string(token)};
}

Response see_other(std::string place) { return {.status = 303, .headers = {{"Location", std::move(place)}}}; }

}  // namespace seimon::web

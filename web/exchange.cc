// SPDX-License-Identifier: Apache-2.0
#include "web/exchange.h"

#include <exception>

#define N_(text) text

namespace seimon::web {

std::string cookie_header(std::string_view name, std::string_view value, std::string_view more) {
  constexpr std::string_view kRights = "; Path=/; Secure; HttpOnly; SameSite=Lax";
  return std::string(name).append("=").append(value).append(kRights).append(more);
}

Exchange::~Exchange() {
  if (!respond_) return;
  try {
    show({.title = words.plain(N_("Not available now")),
          .error = words.plain(N_("The service that checks codes does not answer. Try again in a minute."))},
         503);
  } catch (const std::exception&) {
    return;  // the connection closes
  }
}

void Exchange::respond(Response response) {
  if (!respond_) return;
  if (!renewed.empty()) response.headers.emplace_back("Set-Cookie", renewed);
  if (is_new_cookie) response.headers.emplace_back("Set-Cookie", cookie_header(kCookie, cookie));
  const Respond once = std::exchange(respond_, nullptr);
  once(std::move(response));
}

void Exchange::show(PageParts parts, int status) {
  parts.token = token;
  if (parts.place.empty()) parts.place = "/";
  respond({.status = status, .body = page_html(site, words, parts)});
}

}  // namespace seimon::web

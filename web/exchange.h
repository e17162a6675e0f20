// SPDX-License-Identifier: Apache-2.0
// One request of somebody on its way to its response.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "web/html.h"
#include "web/http.h"
#include "web/sessions.h"

namespace seimon::web {

// Answers 503 if nobody else does.
class Exchange {
 public:
  Exchange(Request taken, Respond answer, Words reader)
      : request(std::move(taken)), words(reader), respond_(std::move(answer)) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // The first call counts.
  void respond(Response response);
  void show(PageParts parts, int status = 200);
  void redirect(std::string place) { respond(see_other(std::move(place))); }

  Request request;
  Words words;
  Site site = {};
  std::string cookie = {};  // of this request, or a new one
  bool is_new_cookie = false;
  std::string token = {};      // of that cookie
  std::string renewed = {};    // another cookie, as its header; empty: none
  Session* session = nullptr;  // valid until something is waited for

 private:
  Respond respond_;
};
inline constexpr std::string_view kForAYear = "; Max-Age=31536000";
// The cookie of a session; and the value of a Set-Cookie header.
inline constexpr std::string_view kCookie = "__Host-seimon";
[[nodiscard]] std::string cookie_header(std::string_view name, std::string_view value, std::string_view more = "");

using Shared = std::shared_ptr<Exchange>;

}  // namespace seimon::web

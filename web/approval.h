// SPDX-License-Identifier: Apache-2.0
// /ok: the sign-ins that wait for a yes of whoever holds this phone. It is known by the cookie of its registration, or
// its owner is signed in.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "client/client.h"
#include "web/exchange.h"

namespace seimon::web {

// The token of a registered phone, for a year.
inline constexpr std::string_view kPhoneCookie = "__Host-seimon-phone";
// A line for what the script has to say, empty until then.
[[nodiscard]] std::string failure_html(const Words& words);

// The form by which a new passkey goes to `place`, with all that the script needs to make it.
[[nodiscard]] std::string passkey_html(const Words& words, std::string_view token, const Enrolment& one,
                                       std::string_view place);
// Of the reply of Enroll.
[[nodiscard]] Enrolment enrolment_of(const nlohmann::json& reply, const std::string& replaces);

// Calls io.seimon.Admin.METHOD as the owner of the phone.
using CallOwner = std::function<void(const std::string& method, nlohmann::json parameters,
                                     std::function<void(client::Reply reply)> then)>;

// Answers one request at /ok or below it.
class ApprovalPages {
 public:
  // `user`: who is asked. `account`: who is signed in; empty: nobody.
  ApprovalPages(Shared exchange, CallOwner call, std::string user, std::string account)
      : exchange_(std::move(exchange)), call_(std::move(call)), user_(std::move(user)), account_(std::move(account)) {}

  void route() const;
  // Of a phone that is not known.
  static void show_unknown(const Shared& exchange, const std::string& account, bool forget);

 private:
  [[nodiscard]] std::string say(std::string_view text, const std::vector<std::string>& values = {}) const {
    return exchange_->words.plain(text, values);
  }
  [[nodiscard]] std::string html(std::string_view text, const std::vector<std::string>& values = {}) const {
    return exchange_->words.html(text, values);
  }
  void show(const std::string& notice, const std::string& error) const;
  void show_waiting(const nlohmann::json& pending, const std::string& notice, const std::string& error) const;
  [[nodiscard]] std::string request_html(const nlohmann::json& row, const nlohmann::json& pending) const;
  // The ids of what waits, for the script.
  void tell_waiting() const;
  void answer() const;
  void notify() const;
  [[nodiscard]] std::string notify_html() const;

  Shared exchange_;
  CallOwner call_;
  std::string user_;
  std::string account_;
};

}  // namespace seimon::web

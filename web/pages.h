// SPDX-License-Identifier: Apache-2.0
// The pages of somebody who is signed in, at stable addresses that a manual can print: /info and what is below it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "web/exchange.h"

namespace seimon::web {

// Attributes of a field for codes.
inline constexpr std::string_view kCode =
    "inputmode=\"numeric\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" "
    "maxlength=\"64\"";
// A text of `row`; empty if there is none.
[[nodiscard]] inline std::string text_of(const nlohmann::json& row, const char* key) {
  return row.value(key, std::string());
}

// Answers one request.
class Pages {
 public:
  Pages(ByCookie<Session>& sessions, Shared exchange) : sessions_(&sessions), exchange_(std::move(exchange)) {}

  void route();

 private:
  using Then = std::function<void(const nlohmann::json& parameters)>;
  // Shows `page` again, with what went wrong above it; `asks_proof`: and with a field for a code.
  using Again = std::function<void(const std::string& error, bool asks_proof)>;

  [[nodiscard]] Session& session() const { return *exchange_->session; }
  [[nodiscard]] const Words& words() const { return exchange_->words; }
  [[nodiscard]] std::string say(std::string_view text, const std::vector<std::string>& values = {}) const {
    return words().plain(text, values);
  }
  [[nodiscard]] std::string html(std::string_view text, const std::vector<std::string>& values = {}) const {
    return words().html(text, values);
  }
  void show(PageParts parts, int status = 200) const;
  // Calls io.seimon.Admin.`method` for the one who is signed in. A refusal goes to `again`.
  void call(const std::string& method, nlohmann::json parameters, Then then, Again again) const;
  // The same for a change: with the code that was typed as a proof, if one was.
  void change(const std::string& method, nlohmann::json parameters, Then then, Again again) const;
  // To `place`, which says first that it is done.
  void done(const std::string& notice, const std::string& place = "/info") const;
  // A form that ends with `button`, and a way back.
  [[nodiscard]] std::string form(std::string_view place, const std::string& inside, const std::string& button,
                                 bool asks_proof, std::string_view kind = "main") const;
  // Calls `then` with the row of the method whose number is the last part of the path.
  void with_method(std::function<void(const nlohmann::json& row)> then) const;

  void info() const;
  void add() const;
  void begin_app(const std::string& error = "", bool asks_proof = false) const;
  void begin_phone(const std::string& error = "", bool asks_proof = false) const;
  void enroll(const std::string& kind, const std::string& replaces, Again again) const;
  void prove(const std::string& error = "") const;
  void confirm() const;
  void send_again() const;
  void cancel() const;
  void codes(const std::string& error = "", bool asks_proof = false) const;
  void make_codes() const;
  void new_codes() const;
  void rename(const nlohmann::json& row, const std::string& error = "", bool asks_proof = false) const;
  void remove(const nlohmann::json& row, const std::string& error = "", bool asks_proof = false) const;
  void replace(const nlohmann::json& row, const std::string& error = "", bool asks_proof = false) const;
  void lost(const std::string& error = "", bool asks_proof = false) const;
  void activity() const;
  void missing() const;

  ByCookie<Session>* sessions_;
  Shared exchange_;
};

}  // namespace seimon::web

// SPDX-License-Identifier: Apache-2.0
// The pages of somebody who is signed in, at stable addresses that a manual can print: /info and what is below it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "web/signed_in.h"

namespace seimon::web {

// Answers one request.
class Pages : SignedIn {
 public:
  Pages(ByCookie<Session>& sessions, Shared exchange) : SignedIn(sessions, std::move(exchange)) {}

  void route();

 private:
  // `asks_proof`: the same again, with a code, would do.
  using Again = std::function<void(const std::string& error, bool asks_proof)>;

  // A call about the one who is signed in. A refusal goes to `again`.
  void call(const std::string& method, nlohmann::json parameters, Then then, Again again) const;
  // Like call(), with the code that was typed as a proof, if one was.
  void change(const std::string& method, nlohmann::json parameters, Then then, Again again) const;
  void done(const std::string& notice, const std::string& place = "/info") const { SignedIn::done(notice, place); }
  // A form that ends with `button`, and a way back.
  [[nodiscard]] std::string form(std::string_view place, const std::string& inside, const std::string& button,
                                 bool asks_proof, std::string_view kind = "main") const;
  // Calls `then` with the row of the method whose number is the last part of the path.
  void with_method(std::function<void(const nlohmann::json& row)> then) const;

  // One row of the list.
  [[nodiscard]] std::string method_html(const nlohmann::json& row, bool is_only) const;

  void info() const;
  void add() const;
  void begin_app(const std::string& error = "", bool asks_proof = false) const;
  void begin_this_phone(const std::string& error = "", bool asks_proof = false) const;
  void begin_phone(const std::string& error = "", bool asks_proof = false) const;
  void begin_call(const std::string& error = "", bool asks_proof = false) const;
  void enroll(const std::string& kind, const std::string& replaces, Again again) const;
  void prove(const std::string& error = "") const;
  void begin_other_phone(const std::string& error = "", bool asks_proof = false) const;
  void pair() const;
  void show_pairing(const std::string& error = "") const;
  void confirm_pairing() const;
  void make_passkey(const std::string& error) const;
  // The new method is there.
  void registered(const nlohmann::json& reply) const;
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
};

}  // namespace seimon::web

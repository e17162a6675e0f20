// SPDX-License-Identifier: Apache-2.0
// Base of the pages of somebody who is signed in: calls of seimond in their name, and the frame around the answer.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "web/exchange.h"

namespace seimon::web {

// Attributes of a field for codes.
inline constexpr std::string_view kCode =
    "inputmode=\"numeric\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" "
    "maxlength=\"64\"";
// Of one for a proof, which may be a recovery code with letters.
inline constexpr std::string_view kProof =
    "inputmode=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"characters\" spellcheck=\"false\" "
    "maxlength=\"64\"";
// A text of `row`; empty if there is none.
[[nodiscard]] inline std::string text_of(const nlohmann::json& row, const char* key) {
  return row.value(key, std::string());
}
// "2026-11-29 12:14 JST" of the service's "2026-11-29T03:14:05Z", by this machine's zone.
[[nodiscard]] std::string minute_of(const std::string& time);
// The name of a kind of method, a text of the catalogue.
[[nodiscard]] std::string kind_text(const std::string& kind);
// Its codes go to an address.
[[nodiscard]] bool is_sent_kind(std::string_view kind);

// A refusal as a sentence for the reader of the page.
[[nodiscard]] std::string sentence_of(const client::Refused& refused, const Words& words);

// One request of theirs.
class SignedIn {
 protected:
  using Then = std::function<void(const nlohmann::json& parameters)>;
  // A refusal: a sentence for the reader, and its name in the interface.
  using Refuse = std::function<void(const std::string& error, const std::string& name)>;

  SignedIn(ByCookie<Session>& sessions, Shared exchange) : sessions_(&sessions), exchange_(std::move(exchange)) {}

  [[nodiscard]] Session& session() const { return *exchange_->session; }
  [[nodiscard]] const Words& words() const { return exchange_->words; }
  [[nodiscard]] std::string say(std::string_view text, const std::vector<std::string>& values = {}) const {
    return words().plain(text, values);
  }
  [[nodiscard]] std::string html(std::string_view text, const std::vector<std::string>& values = {}) const {
    return words().html(text, values);
  }
  void show(PageParts parts, int status = 200) const;
  // Calls io.seimon.Admin.`method`.
  void call(const std::string& method, nlohmann::json parameters, Then then, Refuse refuse) const;
  // To `place`, which begins with `notice`.
  void done(const std::string& notice, const std::string& place) const;
  void missing() const;

  ByCookie<Session>* sessions_;
  Shared exchange_;
};

}  // namespace seimon::web

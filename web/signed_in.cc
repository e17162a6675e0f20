// SPDX-License-Identifier: Apache-2.0
#include "web/signed_in.h"

#include <utility>

#include "base/text.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

std::string kind_text(const std::string& kind) {
  if (kind == "app") return N_("Authenticator app");
  if (kind == "token") return N_("Hardware token");
  if (kind == "sms") return N_("Phone (SMS)");
  if (kind == "call") return N_("Phone (call)");
  if (kind == "email") return N_("Mail");
  if (kind == "approve") return N_("Approve on the phone");
  return kind;
}

bool is_sent_kind(std::string_view kind) { return kind == "sms" || kind == "call" || kind == "email"; }

std::string minute_of(const std::string& time) {
  constexpr std::size_t kSeconds = std::string_view("2026-11-29 12:14").size();
  std::string text = base::local_time(time);
  if (text.size() > kSeconds + 3) text.erase(kSeconds, 3);
  return text;
}

namespace {

// The place to go on at after a new sign-in.
std::string place_after(const Request& request) {
  if (request.path.empty()) return "/info";
  return request.is_post ? "/" + url_encoded(request.path.front()) : place_of(request);
}

}  // namespace

// The command begins its messages with a small letter, and ends them without a point. A name stays as it is.
std::string sentence_of(const client::Refused& refused, const Words& words) {
  std::string text = refused.text.empty() ? refused.message : words.plain(refused.text, refused.values);
  if (text.empty()) return text;
  const bool is_word = text.front() >= 'a' && text.front() <= 'z' && !refused.text.starts_with('{');
  if (is_word) text.front() = static_cast<char>(text.front() - 'a' + 'A');
  const char last = text.back();
  const bool is_latin = (last >= 'a' && last <= 'z') || (last >= '0' && last <= '9') || last == ')';
  return is_latin ? text + "." : text;
}

void SignedIn::show(PageParts parts, int status) const {
  parts.account = session().user;
  if (parts.notice.empty() && !exchange_->request.is_post) parts.notice = std::exchange(session().notice, {});
  if (parts.place.empty() && !exchange_->request.is_post) parts.place = place_of(exchange_->request);
  parts.is_helper = session().is_helper();
  exchange_->show(std::move(parts), status);
}

void SignedIn::call(const std::string& method, json parameters, Then then, Refuse refuse) const {
  session().seimond.call(
      "Admin." + method, std::move(parameters),
      [sessions = sessions_, exchange = exchange_, then = std::move(then),
       refuse = std::move(refuse)](client::Reply reply) {
        exchange->session = sessions->find(exchange->cookie, Clock::now());
        if (exchange->session == nullptr) return exchange->redirect(place_after(exchange->request));
        if (json* values = std::get_if<json>(&reply)) {
          then(*values);
          return client::wipe(*values);
        }
        const auto* refused = std::get_if<client::Refused>(&reply);
        if (refused == nullptr) return;  // the exchange says that it cannot be done now
        if (refused->error == "Refused" && refused->text.empty() && refused->message == "that sign-in has ended") {
          sessions->remove(exchange->cookie);
          return exchange->redirect(place_after(exchange->request));
        }
        refuse(sentence_of(*refused, exchange->words), refused->error);
      });
}

void SignedIn::done(const std::string& notice, const std::string& place) const {
  session().notice = notice;
  exchange_->redirect(place);
}

void SignedIn::missing() const {
  show({.title = say(N_("No such page")),
        .body = "<p>" + link_html(say(N_("Security info")), "/info", "button main") + "</p>\n"},
       404);
}

}  // namespace seimon::web

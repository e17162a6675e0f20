// SPDX-License-Identifier: Apache-2.0
#include "web/pairing.h"

#include <chrono>
#include <memory>

#include "web/approval.h"
#include "web/signed_in.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

constexpr auto kPairing = std::chrono::minutes(10);
constexpr std::size_t kMostToken = 40;

}  // namespace

void PairingPages::route() const {
  const Request& request = exchange_->request;
  if (request.path.size() == 3 && request.path[1].size() <= kMostName && request.path[2].size() <= kMostToken)
    return request.is_post ? begin() : show_offer();
  if (!request.is_at({"p"})) return exchange_->redirect("/");
  return request.is_post ? take() : make();
}

// Previews and scanners open links: only the button begins.
void PairingPages::show_offer(const std::string& error) const {
  const Words& words = exchange_->words;
  const std::string user = exchange_->request.path[1];
  const std::string place = "/p/" + url_encoded(user) + "/" + url_encoded(exchange_->request.path[2]);
  exchange_->show(
      {.title = words.plain(N_("Register this phone")),
       .body = "<p>" + words.html(N_("This phone will approve sign-ins of {1}."), {user}) + "</p>\n" +
               form_html(place, exchange_->token,
                         field_html(words.plain(N_("Name of this phone")), "label", "required maxlength=\"64\"",
                                    words.plain(N_("My phone"))) +
                             "<p class=\"buttons\">" + button_html(words.plain(N_("Go on")), "main") + "</p>"),
       .error = error,
       .place = place});
}

void PairingPages::begin() const {
  const std::string user = exchange_->request.path[1];
  const auto now = Clock::now();
  auto fresh = std::make_unique<Session>(*loop_, path_, Owner{user, "", "", exchange_->request.path[2]});
  fresh->until = now + kPairing;
  Session& session = *fresh;
  if (!pairings_->add(exchange_->cookie, std::move(fresh), now)) return;
  session.seimond.call("Admin.Enroll",
                       {{"user", user}, {"kind", "approve"}, {"label", exchange_->request.field("label")}},
                       [self = *this](const client::Reply& reply) {
                         Session* known = self.pairings_->find(self.exchange_->cookie, Clock::now());
                         if (known == nullptr) return self.exchange_->redirect("/");
                         if (const json* offer = std::get_if<json>(&reply)) {
                           known->enrolment = enrolment_of(*offer, "");
                           return self.exchange_->redirect("/p");
                         }
                         const auto* refused = std::get_if<client::Refused>(&reply);
                         if (refused == nullptr) return;  // the exchange says that it cannot be done now
                         self.pairings_->remove(self.exchange_->cookie);
                         self.show_offer(sentence_of(*refused, self.exchange_->words));
                       });
}

void PairingPages::make() const {
  const Session* session = pairings_->find(exchange_->cookie, Clock::now());
  if (session == nullptr || !session->enrolment) return exchange_->redirect("/ok");
  exchange_->show({.title = exchange_->words.plain(N_("Register this phone")),
                   .body = passkey_html(exchange_->words, exchange_->token, *session->enrolment, "/p"),
                   .place = "/p",
                   .script = "/approve.js"});
}

void PairingPages::take() const {
  Session* session = pairings_->find(exchange_->cookie, Clock::now());
  if (session == nullptr || !session->enrolment) return exchange_->redirect("/ok");
  const Request& request = exchange_->request;
  session->seimond.call(
      "Admin.Confirm",
      {{"user", session->user},
       {"client_data", request.field("client_data")},
       {"authenticator_data", request.field("authenticator_data")}},
      [self = *this, user = session->user](const client::Reply& reply) {
        const json* done = std::get_if<json>(&reply);
        const auto* refused = std::get_if<client::Refused>(&reply);
        if (done == nullptr && refused == nullptr) return;
        self.pairings_->remove(self.exchange_->cookie);
        if (done == nullptr) return self.end(sentence_of(*refused, self.exchange_->words));
        const Words& words = self.exchange_->words;
        self.exchange_->renewed = cookie_header(kPhoneCookie, phone_cookie(user, text_of(*done, "phone")), kForAYear);
        self.exchange_->show(
            {.title = words.plain(N_("Enter this number on the other screen")),
             .body = "<p><strong class=\"number\">" + escaped_html(text_of(*done, "number")) + "</strong></p>\n<p>" +
                     words.html(N_("After that this phone is registered. Sign-ins to approve appear here:")) + " " +
                     link_html(words.plain(N_("Approve a sign-in")), "/ok") + "</p>\n",
             .place = "/ok"});
      });
}

void PairingPages::end(const std::string& error) const {
  exchange_->show({.title = exchange_->words.plain(N_("Register this phone")),
                   .body = "<p>" + exchange_->words.html(N_("Begin again on the other screen.")) + "</p>\n",
                   .error = error,
                   .place = "/ok"});
}

}  // namespace seimon::web

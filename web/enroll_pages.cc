// SPDX-License-Identifier: Apache-2.0
// The pages on which a method is registered, and recovery codes are made.
#include <utility>

#include "base/text.h"
#include "qr/qr.h"
#include "web/approval.h"
#include "web/pages.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

// "JBSW Y3DP …"
std::string in_fours(const std::string& key) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) text.append(i > 0 && i % 4 == 0 ? " " : "").append(1, key[i]);
  return text;
}

// A QR code as a picture that needs no style: dark on a white ground, whatever the page looks like.
std::string qr_html(const std::string& link, const std::string& label) {
  const qr::Modules modules = qr::modules_of(link, qr::kFileMargin);
  std::string path;
  for (std::size_t y = 0; y < modules.size(); ++y)
    for (std::size_t x = 0; x < modules[y].size(); ++x)
      if (modules[y][x]) path += "M" + std::to_string(x) + " " + std::to_string(y) + "h1v1h-1z";
  const std::string size = std::to_string(modules.size());
  return "<svg class=\"qr\" role=\"img\" aria-labelledby=\"qr-title\" viewBox=\"0 0 " + size + " " + size +
         "\" shape-rendering=\"crispEdges\"><title id=\"qr-title\">" + escaped_html(label) + "</title><rect width=\"" +
         size + "\" height=\"" + size + "\" fill=\"#fff\"/><path fill=\"#000\" d=\"" + path + "\"/></svg>\n";
}

}  // namespace

void Pages::add() const {
  if (session().enrolment) return exchange_->redirect("/info/add/test");
  const std::string phone =
      exchange_->site.sends_sms
          ? "<li>" + link_html(say(N_("Phone (SMS)")), "/info/add/phone", "button") + "<p class=\"hint\">" +
                html(N_("A code is sent to your mobile number. Weaker than an app; carrier charges may apply.")) +
                "</p></li>\n"
          : "";
  const std::string call = exchange_->site.calls
                               ? "<li>" + link_html(say(N_("Phone (call)")), "/info/add/call", "button") +
                                     "<p class=\"hint\">" +
                                     html(N_("You are called. Weaker than an app; a landline will do.")) + "</p></li>\n"
                               : "";
  const std::string approver =
      exchange_->site.approves
          ? "<li>" + link_html(say(N_("Approve on this phone")), "/info/add/this-phone", "button") +
                "<p class=\"hint\">" +
                html(
                    N_("The sign-in shows a number; you enter it on the phone and confirm. Open this page on the phone "
                       "itself.")) +
                "</p></li>\n<li>" + link_html(say(N_("Approve on another phone")), "/info/add/other-phone", "button") +
                "<p class=\"hint\">" + html(N_("From this screen, by a QR code.")) + "</p></li>\n"
          : "";
  const std::string body =
      "<p>" + html(N_("It takes about three minutes. Have your phone at hand.")) + "</p>\n<ul class=\"choices\"><li>" +
      link_html(say(N_("Authenticator app")), "/info/add/app", "button") + "<p class=\"hint\">" +
      html(N_("The safest way. The app shows a new code every 30 seconds, without network.")) + "</p></li>\n" +
      approver + phone + call + "</ul>\n<p>" + link_html(say(N_("Cancel")), "/info", "button") + "</p>\n";
  show({.title = say(N_("Add a sign-in method")), .body = body});
}

void Pages::begin_app(const std::string& error, bool asks_proof) const {
  if (session().enrolment && error.empty()) return exchange_->redirect("/info/add/test");
  const std::string body = "<ol><li>" +
                           html(N_("Install an authenticator app on your phone: Microsoft Authenticator, Google "
                                   "Authenticator, FreeOTP, or any other.")) +
                           "</li><li>" + html(N_("Go on here, and scan the QR code with the app.")) + "</li><li>" +
                           html(N_("Enter the code that the app shows.")) + "</li></ol>\n" +
                           form("/info/add/app", "", say(N_("Go on")), asks_proof);
  show({.title = say(N_("Add an authenticator app")), .body = body, .error = error});
}

void Pages::begin_this_phone(const std::string& error, bool asks_proof) const {
  if (session().enrolment && error.empty()) return exchange_->redirect("/info/add/test");
  const std::string typed = exchange_->request.field("label");
  const std::string body =
      "<ol><li>" + html(N_("Your phone asks for your fingerprint, face or PIN, and keeps a key for this site.")) +
      "</li><li>" + html(N_("Then you try it with a number.")) + "</li></ol>\n" +
      form("/info/add/this-phone",
           field_html(say(N_("Name of this phone")), "label", "required maxlength=\"64\"",
                      typed.empty() ? say(N_("My phone")) : typed),
           say(N_("Go on")), asks_proof);
  show({.title = say(N_("Approve on this phone")), .body = body, .error = error});
}

void Pages::make_passkey(const std::string& error) const {
  show({.title = say(N_("Register this phone")),
        .body = passkey_html(words(), exchange_->token, *session().enrolment, "/info/add/test") +
                form_html("/info/add/cancel", exchange_->token, button_html(say(N_("Cancel")), "plain")),
        .error = error,
        .place = "/info/add/test",
        .script = "/approve.js"});
}

void Pages::begin_other_phone(const std::string& error, bool asks_proof) const {
  const std::string body = "<ol><li>" + html(N_("Scan the QR code of the next page with the phone's camera.")) +
                           "</li><li>" + html(N_("Register the phone there. It shows a number.")) + "</li><li>" +
                           html(N_("Enter that number here.")) + "</li></ol>\n" +
                           form("/info/add/other-phone", "", say(N_("Go on")), asks_proof);
  show({.title = say(N_("Approve on another phone")), .body = body, .error = error});
}

void Pages::pair() const {
  change(
      "PairPhone", json::object(),
      [self = *this](const json& reply) {
        self.session().pairing =
            text_of(reply, "url") + "/p/" + url_encoded(text_of(reply, "user")) + "/" + text_of(reply, "link");
        self.exchange_->redirect("/info/add/pair");
      },
      [self = *this](const std::string& error, bool asks) { self.begin_other_phone(error, asks); });
}

void Pages::show_pairing(const std::string& error) const {
  if (session().pairing.empty()) return exchange_->redirect("/info/add");
  const std::string body =
      "<p>" + html(N_("Scan this QR code with the phone's camera, and register the phone there.")) + "</p>\n" +
      qr_html(session().pairing, say(N_("QR code for the phone"))) +
      form_html("/info/add/pair", exchange_->token,
                field_html(say(N_("Number that the phone shows")), "number",
                           "class=\"number\" inputmode=\"numeric\" autocomplete=\"off\" required maxlength=\"6\"") +
                    "<p class=\"buttons\">" + button_html(say(N_("Confirm")), "main") + " " +
                    link_html(say(N_("Cancel")), "/info", "button") + "</p>");
  show({.title = say(N_("Approve on another phone")), .body = body, .error = error, .place = "/info/add/pair"});
}

void Pages::confirm_pairing() const {
  call(
      "ConfirmPairing", {{"number", exchange_->request.field("number")}},
      [self = *this](const json& reply) {
        self.session().pairing.clear();
        self.registered(reply);
      },
      [self = *this](const std::string& error, bool) {
        if (self.session().pairing.empty()) return self.done(error, "/info/add");
        self.show_pairing(error);
      });
}

void Pages::begin_phone(const std::string& error, bool asks_proof) const {
  if (session().enrolment && error.empty()) return exchange_->redirect("/info/add/test");
  const std::string body =
      "<p>" + html(N_("A code is sent to your mobile number. Weaker than an app; carrier charges may apply.")) +
      "</p>\n" +
      form(
          "/info/add/phone",
          field_html(say(N_("Mobile number")), "address", "type=\"tel\" autocomplete=\"tel\" required maxlength=\"64\"",
                     exchange_->request.field("address")),
          say(N_("Send a code")), asks_proof);
  show({.title = say(N_("Add a phone")), .body = body, .error = error});
}

void Pages::begin_call(const std::string& error, bool asks_proof) const {
  if (session().enrolment && error.empty()) return exchange_->redirect("/info/add/test");
  const std::string body = "<p>" + html(N_("You are called. Weaker than an app; a landline will do.")) + "</p>\n" +
                           form("/info/add/call",
                                field_html(say(N_("Telephone number")), "address",
                                           "type=\"tel\" autocomplete=\"tel\" required maxlength=\"64\"",
                                           exchange_->request.field("address")),
                                say(N_("Call me")), asks_proof);
  show({.title = say(N_("Add a phone")), .body = body, .error = error});
}

void Pages::enroll(const std::string& kind, const std::string& replaces, Again again) const {
  json parameters = json::object();
  if (replaces.empty()) parameters["kind"] = kind;
  else parameters["replaces"] = replaces;
  const bool is_sent = is_sent_kind(kind);
  if (kind == "approve" && replaces.empty()) parameters["label"] = exchange_->request.field("label");
  if (is_sent) parameters["address"] = exchange_->request.field("address");
  change(
      "Enroll", std::move(parameters),
      [self = *this, replaces](const json& reply) {
        self.session().enrolment = enrolment_of(reply, replaces);
        self.exchange_->redirect("/info/add/test");
      },
      std::move(again));
}

void Pages::prove(const std::string& error) const {
  if (!session().enrolment) return exchange_->redirect("/info/add");
  const Enrolment& one = *session().enrolment;
  if (one.kind == "approve") return make_passkey(error);
  std::string body;
  if (one.key.empty()) {
    const char* text =
        one.kind == "call" ? N_("You are called at {1}, and a code is spoken.") : N_("A code was sent to {1}.");
    body = "<p>" + html(text, {one.address}) + "</p>\n";
  } else {
    body = "<p>" + html(N_("Scan this QR code with your authenticator app.")) + "</p>\n" +
           qr_html(one.link, say(N_("QR code for the authenticator app"))) + "<details><summary>" +
           html(N_("Can't scan it?")) + "</summary><p>" + html(N_("On the phone itself, open this link:")) + " " +
           link_html(say(N_("Open in the app")), one.link) + "</p><p>" +
           html(N_("Or type into the app: account {1}, key"), {one.issuer + " (" + one.account + ")"}) +
           " <code class=\"key\">" + escaped_html(in_fours(one.key)) + "</code></p></details>\n";
  }
  body += form_html("/info/add/test", exchange_->token,
                    field_html(one.key.empty() ? say(N_("Code from the message")) : say(N_("Code from the app")),
                               "code", std::string(kCode) + " required autofocus") +
                        "<p class=\"buttons\">" + button_html(say(N_("Confirm")), "main") + "</p>");
  if (one.key.empty())
    body += form_html("/info/add/again", exchange_->token, button_html(say(N_("Send it again")), "plain"));
  body += form_html("/info/add/cancel", exchange_->token, button_html(say(N_("Cancel")), "plain"));
  show({.title = one.key.empty() ? say(N_("Enter the code")) : say(N_("Set up your app")),
        .body = body,
        .error = error,
        .place = "/info/add/test"});
}

void Pages::registered(const json& reply) const {
  const bool is_phone = reply.contains("phone");
  session().enrolment.reset();
  session().notice = say(N_("{1} is registered. It works from now on."), {text_of(reply, "label")});
  session().after_codes = is_phone ? "/ok" : "/info";
  session().recovery_codes = reply.value("recovery", std::vector<std::string>());
  Response response = see_other(session().recovery_codes.empty() ? session().after_codes : "/info/codes/new");
  if (!is_phone) return exchange_->respond(std::move(response));
  response.headers.emplace_back(
      "Set-Cookie", cookie_header(kPhoneCookie, phone_cookie(session().user, text_of(reply, "phone")), kForAYear));
  session().tries_phone = true;
  exchange_->respond(std::move(response));
}

void Pages::confirm() const {
  if (!session().enrolment) return exchange_->redirect("/info");
  json parameters = {{"code", exchange_->request.field("code")}};
  if (session().enrolment->kind == "approve")
    parameters = {{"client_data", exchange_->request.field("client_data")},
                  {"authenticator_data", exchange_->request.field("authenticator_data")}};
  call(
      "Confirm", std::move(parameters),
      [self = *this](const json& reply) {
        if (reply.value("again", false)) return self.prove(self.say(N_("The code was sent again.")));
        self.registered(reply);
      },
      [self = *this](const std::string& error, bool asks) {
        // A wrong code is typed anew; whatever else was refused ends it.
        if (!asks) self.session().enrolment.reset();
        if (asks) return self.prove(error);
        self.done(error);
      });
}

void Pages::send_again() const {
  if (!session().enrolment) return exchange_->redirect("/info");
  call(
      "Confirm", {{"again", true}},
      [self = *this](const json&) { self.done(self.say(N_("The code was sent again.")), "/info/add/test"); },
      [self = *this](const std::string& error, bool) { self.prove(error); });
}

void Pages::cancel() const {
  session().enrolment.reset();
  exchange_->redirect("/info");
}

void Pages::codes(const std::string& error, bool asks_proof) const {
  const std::string body = "<p>" +
                           html(N_("Each recovery code works once, in place of a code of your phone. Keep them on "
                                   "paper. Making new codes cancels the old ones.")) +
                           "</p>\n" + form("/info/codes", "", say(N_("Make new recovery codes")), asks_proof);
  show({.title = say(N_("Recovery codes")), .body = body, .error = error});
}

void Pages::make_codes() const {
  change(
      "RecoveryCodes", json::object(),
      [self = *this](const json& reply) {
        self.session().recovery_codes = reply.at("recovery").get<std::vector<std::string>>();
        self.exchange_->redirect("/info/codes/new");
      },
      [self = *this](const std::string& error, bool asks) { self.codes(error, asks); });
}

void Pages::new_codes() const {
  if (session().recovery_codes.empty()) return exchange_->redirect("/info/codes");
  std::string body = "<p>" + html(N_("Print these codes, or write them down. They will not be shown again.")) +
                     "</p>\n<ul class=\"codes\">\n";
  for (const std::string& code : session().recovery_codes) body += "<li><code>" + escaped_html(code) + "</code></li>\n";
  body += "</ul>\n<p class=\"account-line\">" + escaped_html(exchange_->site.issuer) + " · " +
          escaped_html(session().user) + "</p>\n<p>" +
          link_html(say(N_("I have saved these codes")), session().after_codes, "button main") + "</p>\n";
  show({.title = say(N_("Your recovery codes")), .body = body});
}

}  // namespace seimon::web

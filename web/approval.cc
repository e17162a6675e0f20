// SPDX-License-Identifier: Apache-2.0
#include "web/approval.h"

#include <array>

#include "base/text.h"
#include "web/signed_in.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

std::string data_html(std::string_view name, const std::string& value) {
  return " data-" + std::string(name) + "=\"" + escaped_html(value) + "\"";
}

std::string joined(const json& texts) {
  std::string all;
  for (const json& text : texts) all += (all.empty() ? "" : " ") + text.get<std::string>();
  return all;
}

}  // namespace

std::string failure_html(const Words& words) {
  const auto reason = [&](std::string_view name, const char* text) { return data_html(name, words.plain(text)); };
  return "<p id=\"failure\" class=\"error\" role=\"alert\" hidden" +
         reason("again", N_("The phone did not confirm it. Try again.")) +
         reason("known",
                N_("This phone has a passkey for this site already. Press Change beside it in the list of your "
                   "methods.")) +
         reason("unable", N_("This browser cannot do it. Open this page in Safari or Chrome.")) +
         "></p>\n<noscript><p class=\"warning\">" +
         words.html(N_("Approving needs JavaScript: it asks your phone for your fingerprint, face or PIN.")) +
         "</p></noscript>\n";
}

std::string passkey_html(const Words& words, std::string_view token, const Enrolment& one, std::string_view place) {
  std::string data;
  for (const auto& [name, value] : {std::pair<const char*, std::string>("challenge", one.challenge),
                                    {"site", one.host},
                                    {"issuer", one.issuer},
                                    {"user", one.account},
                                    {"handle", one.handle},
                                    {"known", one.known}})
    data += data_html(name, value);
  return "<p>" + words.html(N_("Press the button. Your phone asks for your fingerprint, face or PIN.")) + "</p>\n<div" +
         data + ">" +
         form_html(place, token,
                   hidden_html("client_data", "") + hidden_html("authenticator_data", "") + "<p class=\"buttons\">" +
                       button_html(words.plain(N_("Register this phone")), "main") + "</p>") +
         "</div>\n" + failure_html(words);
}

Enrolment enrolment_of(const json& reply, const std::string& replaces) {
  Enrolment one{.kind = text_of(reply, "kind"),
                .label = text_of(reply, "label"),
                .account = text_of(reply, "account"),
                .issuer = text_of(reply, "issuer"),
                .key = text_of(reply, "key"),
                .link = text_of(reply, "link"),
                .address = text_of(reply, "address"),
                .replaces = replaces,
                .challenge = text_of(reply, "challenge"),
                .host = text_of(reply, "host"),
                .handle = text_of(reply, "handle")};
  for (const json& id : reply.value("known", json::array())) one.known += id.get<std::string>() + " ";
  return one;
}

void ApprovalPages::route() const {
  const Request& request = exchange_->request;
  if (request.is_at({"ok", "waiting"})) return tell_waiting();
  if (request.is_at({"ok", "notify"}) && request.is_post) return notify();
  if (request.is_at({"ok"}) && request.is_post) return answer();
  if (!request.is_at({"ok"})) return exchange_->redirect("/ok");
  const auto done = request.query.find("done");
  const std::string what = done == request.query.end() ? "" : done->second;
  show(what == "yes"     ? say(N_("Approved. Press Enter at the sign-in now."))
       : what == "trial" ? say(N_("It works. From now on you can approve sign-ins on this phone."))
       : what == "no"    ? say(N_("That sign-in was refused."))
       : what == "told"  ? say(N_("This phone is notified when a sign-in waits."))
       : what == "quiet" ? say(N_("This phone is not notified any more."))
                         : "",
       what == "not-me"
           ? say(N_("That sign-in was refused and reported. Somebody may know your password: change it, and "
                    "tell the help desk."))
           : "");
}

void ApprovalPages::show_unknown(const Shared& exchange, const std::string& account, bool forget) {
  const Words& words = exchange->words;
  Response response;
  response.body = page_html(
      exchange->site, words,
      {.title = words.plain(N_("Approve a sign-in")),
       .body = "<p>" + words.html(N_("This phone is not registered here yet. Sign in and add it.")) + "</p>\n<p>" +
               link_html(words.plain(account.empty() ? N_("Sign in") : N_("Add this phone")), "/info/add/this-phone",
                         "button main") +
               "</p>\n",
       .account = account,
       .token = exchange->token,
       .place = "/ok"});
  if (forget) exchange->renewed.clear();
  if (forget) response.headers.emplace_back("Set-Cookie", cookie_header(kPhoneCookie, "", "; Max-Age=0"));
  exchange->respond(std::move(response));
}

void ApprovalPages::show(const std::string& notice, const std::string& error) const {
  call_("Pending", {{"user", user_}}, [self = *this, notice, error](const client::Reply& reply) {
    if (const json* pending = std::get_if<json>(&reply)) return self.show_waiting(*pending, notice, error);
    const auto* refused = std::get_if<client::Refused>(&reply);
    if (refused == nullptr) return;  // the exchange says that it cannot be done now
    if (refused->message == "that phone is not registered") return show_unknown(self.exchange_, self.account_, true);
    self.exchange_->show({.title = self.say(N_("Approve a sign-in")),
                          .notice = notice,
                          .error = error.empty() ? sentence_of(*refused, self.exchange_->words) : error,
                          .place = "/ok"},
                         503);
  });
}

void ApprovalPages::show_waiting(const json& pending, const std::string& notice, const std::string& error) const {
  if (pending.at("passkeys").empty()) return show_unknown(exchange_, account_, false);
  const json& requests = pending.at("requests");
  std::string ids;
  std::string body;
  for (const json& row : requests) {
    ids += (ids.empty() ? "" : " ") + text_of(row, "id");
    body += request_html(row, pending);
  }
  if (requests.empty()) body = "<p>" + html(N_("No sign-in is waiting for {1}."), {user_}) + "</p>\n";
  if (pending.value("paused", false))
    body = "<p class=\"warning\">" +
           html(N_("You reported a sign-in. Until the help desk has looked at it, this phone is not asked.")) +
           "</p>\n";
  body = "<div" + data_html("waiting", ids) + ">" + body + "</div>\n" + notify_html() + failure_html(exchange_->words);
  exchange_->show({.title = say(N_("Approve a sign-in")),
                   .body = body,
                   .notice = notice,
                   .error = error,
                   .account = account_,
                   .place = "/ok",
                   .script = "/approve.js"});
}

std::string ApprovalPages::request_html(const json& row, const json& pending) const {
  const bool is_trial = row.value("trial", false);
  const std::string source = text_of(row, "source");
  const std::string network = text_of(row, "network");
  const std::string place = network.empty() ? source : source + " (" + network + ")";
  std::string what;
  if (is_trial) {
    what = "<p>" + html(N_("Let's try it. The sign-in shows this number:")) + " <strong class=\"number\">" +
           escaped_html(text_of(row, "number")) + "</strong></p>\n";
  } else {
    const std::array<std::pair<std::string, std::string>, 5> facts = {
        {{say(N_("User")), text_of(row, "user")},
         {say(N_("Host")), text_of(row, "host")},
         {say(N_("Service")), text_of(row, "service")},
         {say(N_("From")), source.empty() ? text_of(row, "service") : place},
         {say(N_("Time")), minute_of(text_of(row, "made"))}}};
    what = "<h2>" + html(N_("Are you signing in?")) + "</h2>\n<dl>";
    for (const auto& [name, value] : facts)
      what += "<dt>" + escaped_html(name) + "</dt><dd>" + escaped_html(value) + "</dd>";
    what += "</dl>\n";
  }
  const std::string id = text_of(row, "id");
  const std::string digits = std::to_string(row.value("digits", 2));
  std::string fields = hidden_html("id", id);
  for (const char* name : {"credential", "client_data", "authenticator_data", "signature"})
    fields += hidden_html(name, "");
  fields += field_html(say(N_("Number that the sign-in shows")), "number",
                       "class=\"number\" inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"" + digits +
                           "\" pattern=\"[0-9]{" + digits + "}\"");
  fields += "<p class=\"answers\"><button class=\"main\" name=\"answer\" value=\"yes\">" + html(N_("Yes")) +
            "</button><button class=\"danger\" name=\"answer\" value=\"not-me\" formnovalidate>" +
            html(N_("No, it is not me")) + "</button></p>" +
            (is_trial ? ""
                      : "<button class=\"plain\" name=\"answer\" value=\"no\" formnovalidate>" +
                            html(N_("Cancel this sign-in")) + "</button>");
  return "<section class=\"request\"" + data_html("id", id) + data_html("user", text_of(row, "user")) +
         data_html("host", text_of(row, "host")) + data_html("service", text_of(row, "service")) +
         data_html("source", source) + data_html("passkeys", joined(pending.at("passkeys"))) +
         data_html("site", text_of(pending, "host")) + ">" + what + form_html("/ok", exchange_->token, fields) +
         "</section>\n";
}

// Hidden until the script has seen what this browser can do, and whether it is notified already.
std::string ApprovalPages::notify_html() const {
  if (exchange_->site.push_key.empty() || !exchange_->request.cookies.contains(kPhoneCookie)) return "";
  return "<div id=\"notify\" hidden" + data_html("key", exchange_->site.push_key) + ">" +
         form_html("/ok/notify", exchange_->token,
                   hidden_html("endpoint", "") + "<button class=\"plain\" name=\"wants\" value=\"yes\">" +
                       html(N_("Notify me on this phone when a sign-in waits")) +
                       "</button><button class=\"plain\" name=\"wants\" value=\"no\">" +
                       html(N_("Do not notify me on this phone")) + "</button>") +
         "</div>\n";
}

void ApprovalPages::notify() const {
  const Request& request = exchange_->request;
  const auto cookie = request.cookies.find(kPhoneCookie);
  const std::string phone = cookie == request.cookies.end() ? "" : parse_phone_cookie(cookie->second).second;
  const std::string endpoint = request.field("endpoint");
  call_("NotifyPhone", {{"user", user_}, {"phone", phone}, {"endpoint", endpoint}},
        [self = *this, endpoint](const client::Reply& reply) {
          if (std::holds_alternative<json>(reply))
            return self.exchange_->redirect(endpoint.empty() ? "/ok?done=quiet" : "/ok?done=told");
          if (const auto* refused = std::get_if<client::Refused>(&reply))
            self.show("", sentence_of(*refused, self.exchange_->words));
        });
}

void ApprovalPages::tell_waiting() const {
  call_("Pending", {{"user", user_}}, [self = *this](const client::Reply& reply) {
    const json* pending = std::get_if<json>(&reply);
    if (pending == nullptr) return;  // 503: the script looks again
    json ids = json::array();
    for (const json& row : pending->at("requests")) ids.push_back(row.at("id"));
    self.exchange_->respond({.type = "application/json", .body = json{{"waiting", ids}}.dump()});
  });
}

void ApprovalPages::answer() const {
  const Request& request = exchange_->request;
  const std::string answer = request.field("answer");
  json parameters = {{"user", user_}, {"id", request.field("id")}, {"answer", answer}};
  if (answer == "yes")
    for (const char* name : {"number", "credential", "client_data", "authenticator_data", "signature"})
      parameters[name] = request.field(name);
  call_("Approve", std::move(parameters), [self = *this, answer](const client::Reply& reply) {
    if (const json* done = std::get_if<json>(&reply)) {
      const std::string of_trial = answer == "yes" ? "trial" : "no";
      return self.exchange_->redirect("/ok?done=" + url_encoded(done->value("trial", false) ? of_trial : answer));
    }
    if (const auto* refused = std::get_if<client::Refused>(&reply))
      self.show("", sentence_of(*refused, self.exchange_->words));
  });
}

}  // namespace seimon::web

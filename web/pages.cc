// SPDX-License-Identifier: Apache-2.0
#include "web/pages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

std::string kind_text(const std::string& kind) {
  if (kind == "app") return N_("Authenticator app");
  if (kind == "token") return N_("Hardware token");
  if (kind == "sms") return N_("Phone (SMS)");
  if (kind == "email") return N_("Mail");
  return kind;
}

// "2026-11-29 03:14" of "2026-11-29T03:14:05Z".
std::string minute_of(const std::string& time) {
  if (time.size() < 16) return time;
  return time.substr(0, 10) + " " + time.substr(11, 5) + " UTC";
}

}  // namespace

void Pages::show(PageParts parts, int status) const {
  parts.account = session().user;
  if (parts.notice.empty() && !exchange_->request.is_post) parts.notice = std::exchange(session().notice, {});
  if (parts.place.empty() && !exchange_->request.is_post) {
    for (const std::string& segment : exchange_->request.path) parts.place += "/" + url_encoded(segment);
  }
  exchange_->show(std::move(parts), status);
}

void Pages::call(const std::string& method, json parameters, Then then, Again again) const {
  parameters["user"] = session().user;
  session().seimond.call(
      "Admin." + method, std::move(parameters),
      [sessions = sessions_, exchange = exchange_, then = std::move(then),
       again = std::move(again)](client::Reply reply) {
        exchange->session = sessions->find(exchange->cookie, Clock::now());
        if (exchange->session == nullptr) return exchange->redirect("/");
        if (json* values = std::get_if<json>(&reply)) {
          then(*values);
          return client::wipe(*values);
        }
        const auto* refused = std::get_if<client::Refused>(&reply);
        if (refused == nullptr) return;  // the exchange says that it cannot be done now
        if (refused->error == "Refused" && refused->text.empty() && refused->message == "that sign-in has ended") {
          sessions->remove(exchange->cookie);
          return exchange->redirect("/");
        }
        const bool asks =
            refused->error == "ProofNeeded" || refused->error == "WrongCode" || refused->error == "TwoCodes";
        const std::string text =
            refused->text.empty() ? refused->message : exchange->words.plain(refused->text, refused->values);
        again(text, asks);
      });
}

void Pages::change(const std::string& method, json parameters, Then then, Again again) const {
  const std::string proof = exchange_->request.field("proof");
  if (!proof.empty()) parameters["proof"] = proof;
  call(method, std::move(parameters), std::move(then), std::move(again));
}

void Pages::done(const std::string& notice, const std::string& place) const {
  session().notice = notice;
  exchange_->redirect(place);
}

std::string Pages::form(std::string_view place, const std::string& inside, const std::string& button, bool asks_proof,
                        std::string_view kind) const {
  const std::string proof =
      asks_proof ? field_html(say(N_("A code of a method that you have already")), "proof", kCode) : "";
  return form_html(place, exchange_->token,
                   inside + proof + "<p class=\"buttons\">" + button_html(button, kind) + " " +
                       link_html(say(N_("Cancel")), "/info", "button") + "</p>");
}

void Pages::with_method(std::function<void(const json& row)> then) const {
  const std::string id = exchange_->request.path.back();
  call(
      "List", json::object(),
      [self = *this, id, then = std::move(then)](const json& list) {
        for (const json& row : list.at("methods"))
          if (std::to_string(row.at("id").get<std::int64_t>()) == id) return then(row);
        self.done(self.say(N_("That method is not there any more.")));
      },
      [self = *this](const std::string& error, bool) {
        self.show({.title = self.say(N_("Security info")), .error = error});
      });
}

void Pages::route() {
  const Request& request = exchange_->request;
  const bool is_post = request.is_post;
  const auto again = [self = *this](void (Pages::*page)(const std::string&, bool) const) {
    return [self, page](const std::string& error, bool asks) { (self.*page)(error, asks); };
  };
  if (request.path.empty() || request.is_at({"sign-in"})) return exchange_->redirect("/info");
  if (request.is_at({"info"}) && !is_post) return info();
  if (request.is_at({"info", "add"}) && !is_post) return add();
  if (request.is_at({"info", "add", "app"})) return is_post ? enroll("app", "", again(&Pages::begin_app)) : begin_app();
  if (request.is_at({"info", "add", "phone"}))
    return is_post ? enroll("sms", "", again(&Pages::begin_phone)) : begin_phone();
  if (request.is_at({"info", "add", "test"})) return is_post ? confirm() : prove();
  if (request.is_at({"info", "add", "again"}) && is_post) return send_again();
  if (request.is_at({"info", "add", "cancel"}) && is_post) return cancel();
  if (request.is_at({"info", "codes"})) return is_post ? make_codes() : codes();
  if (request.is_at({"info", "codes", "new"}) && !is_post) return new_codes();
  if (request.is_at({"info", "lost"})) {
    if (!is_post) return lost();
    return change(
        "Revoke", json::object(),
        [self = *this](const json&) {
          self.sessions_->remove(self.exchange_->cookie);
          self.exchange_->redirect("/");
        },
        again(&Pages::lost));
  }
  if (request.is_at({"info", "activity"}) && !is_post) return activity();
  if (request.path.size() != 3 || request.path.front() != "info") return missing();
  const std::string verb = request.path[1];
  if (verb == "default" && is_post)
    return with_method([self = *this](const json& row) {
      const std::string label = text_of(row, "label");
      self.change(
          "Default", {{"method", label}},
          [self, label](const json&) { self.done(self.say(N_("{1} is the default now."), {label})); },
          [self](const std::string& error, bool) { self.done(error); });
    });
  void (Pages::*page)(const json&, const std::string&, bool) const = verb == "rename"    ? &Pages::rename
                                                                     : verb == "remove"  ? &Pages::remove
                                                                     : verb == "replace" ? &Pages::replace
                                                                                         : nullptr;
  if (page == nullptr) return missing();
  with_method([self = *this, page, verb, is_post](const json& row) {
    if (!is_post) return (self.*page)(row, "", false);
    const std::string label = text_of(row, "label");
    const Again failed = [self, page, row](const std::string& error, bool asks) { (self.*page)(row, error, asks); };
    if (verb == "replace") return self.enroll(text_of(row, "kind"), label, failed);
    if (verb == "remove")
      return self.change(
          "Remove", {{"method", label}},
          [self, label](const json&) {
            self.done(self.say(N_("{1} was removed. Delete the entry in the app as well."), {label}));
          },
          failed);
    const std::string fresh = self.exchange_->request.field("label");
    self.change(
        "Rename", {{"method", label}, {"label", fresh}},
        [self, fresh](const json&) { self.done(self.say(N_("The name is {1} now."), {fresh})); }, failed);
  });
}

void Pages::info() const {
  session().recovery_codes.clear();
  call(
      "List", json::object(),
      [self = *this](const json& list) {
        const Words& words = self.words();
        const json& methods = list.at("methods");
        std::string body =
            "<p>" + words.html(N_("These are your ways to prove that it is you who signs in.")) + "</p>\n";
        if (methods.empty())
          body += "<p class=\"warning\">" +
                  words.html(N_("You have no sign-in method yet. Add one now; it takes about three minutes.")) +
                  "</p>\n";
        else if (methods.size() == 1 && list.value("recovery_codes", 0) == 0)
          body += "<p class=\"warning\">" +
                  words.html(N_("You have one method only. Add a second one, or make recovery codes, so that a lost "
                                "phone does not lock you out.")) +
                  "</p>\n";
        body += "<p>" + link_html(words.plain(N_("Add a sign-in method")), "/info/add", "button main") +
                "</p>\n<ul class=\"methods\">\n";
        for (const json& row : methods) {
          const std::string id = std::to_string(row.at("id").get<std::int64_t>());
          const std::string address = text_of(row, "address");
          const std::string used = text_of(row, "last_used");
          body += "<li><h2>" + escaped_html(text_of(row, "label")) + "</h2><p>" +
                  words.html(kind_text(text_of(row, "kind"))) + (address.empty() ? "" : " · " + escaped_html(address)) +
                  (row.value("default", false) ? " · <strong>" + words.html(N_("default")) + "</strong>" : "") +
                  "</p><p class=\"hint\">" + words.html(N_("added {1}"), {minute_of(text_of(row, "registered"))}) +
                  " · " +
                  (used.empty() ? words.html(N_("not used yet")) : words.html(N_("last used {1}"), {minute_of(used)})) +
                  "</p><p class=\"buttons\">" + link_html(words.plain(N_("Change")), "/info/replace/" + id, "button") +
                  " " + link_html(words.plain(N_("Rename")), "/info/rename/" + id, "button") + " " +
                  link_html(words.plain(N_("Remove")), "/info/remove/" + id, "button") + "</p>";
          if (!row.value("default", false) && methods.size() > 1)
            body += form_html("/info/default/" + id, self.exchange_->token,
                              button_html(words.plain(N_("Make it the default")), "plain"));
          body += "</li>\n";
        }
        body += "</ul>\n<h2>" + words.html(N_("Recovery codes")) + "</h2>\n<p>" +
                words.html(N_("{1} left"), {std::to_string(list.value("recovery_codes", 0))}) + " · " +
                link_html(words.plain(N_("New recovery codes")), "/info/codes") + "</p>\n<p>" +
                link_html(words.plain(N_("Recent activity")), "/info/activity") + "</p>\n<p>" +
                link_html(words.plain(N_("Lost a device? Sign out everywhere")), "/info/lost") + "</p>\n";
        self.show({.title = words.plain(N_("Security info")), .body = body});
      },
      [self = *this](const std::string& error, bool) {
        self.show({.title = self.say(N_("Security info")), .error = error});
      });
}

void Pages::rename(const json& row, const std::string& error, bool asks_proof) const {
  const std::string id = std::to_string(row.at("id").get<std::int64_t>());
  const std::string typed = exchange_->request.is_post ? exchange_->request.field("label") : text_of(row, "label");
  show({.title = say(N_("Rename {1}"), {text_of(row, "label")}),
        .body = form("/info/rename/" + id, field_html(say(N_("New name")), "label", "required maxlength=\"64\"", typed),
                     say(N_("Rename")), asks_proof),
        .error = error});
}

void Pages::remove(const json& row, const std::string& error, bool asks_proof) const {
  const std::string id = std::to_string(row.at("id").get<std::int64_t>());
  show({.title = say(N_("Remove {1}?"), {text_of(row, "label")}),
        .body = "<p>" + html(N_("Codes of this method are refused from then on.")) + "</p>\n" +
                form("/info/remove/" + id, "", say(N_("Remove")), asks_proof, "danger"),
        .error = error});
}

void Pages::replace(const json& row, const std::string& error, bool asks_proof) const {
  const std::string id = std::to_string(row.at("id").get<std::int64_t>());
  const bool is_sent = text_of(row, "kind") == "sms" || text_of(row, "kind") == "email";
  const std::string field = is_sent ? field_html(say(N_("New number or address")), "address",
                                                 "required maxlength=\"128\"", exchange_->request.field("address"))
                                    : "";
  show({.title = say(N_("Change {1}"), {text_of(row, "label")}),
        .body = "<p>" + html(N_("The new one is set up first. The old one works until the new one has been tested.")) +
                "</p>\n" + form("/info/replace/" + id, field, say(N_("Go on")), asks_proof),
        .error = error});
}

void Pages::lost(const std::string& error, bool asks_proof) const {
  show({.title = say(N_("Lost a device?")),
        .body = "<p>" +
                html(N_("This ends all your sign-in methods, recovery codes, remembered computers and open pages at "
                        "once. Afterwards you register anew.")) +
                "</p>\n" + form("/info/lost", "", say(N_("End everything now")), asks_proof, "danger"),
        .error = error});
}

void Pages::activity() const {
  constexpr int kEvents = 50;
  call(
      "Log", {{"limit", kEvents}},
      [self = *this](const json& reply) {
        std::string rows;
        const json& events = reply.at("events");
        for (auto event = events.rbegin(); event != events.rend(); ++event) {
          rows += "<tr>";
          for (const char* key : {"at", "event", "outcome", "service", "from", "method"}) {
            const std::string value = text_of(*event, key);
            rows += "<td>" + escaped_html(std::string_view(key) == "at" ? minute_of(value) : value) + "</td>";
          }
          rows += "</tr>\n";
        }
        const Words& words = self.words();
        std::string head;
        for (const char* name : {N_("Time"), N_("Event"), N_("Outcome"), N_("Service"), N_("From"), N_("Method")})
          head += "<th scope=\"col\">" + words.html(name) + "</th>";
        self.show({.title = words.plain(N_("Recent activity")),
                   .body = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                           words.html(N_("Recent activity")) + "\"><table><thead><tr>" + head +
                           "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n<p>" +
                           link_html(words.plain(N_("Back")), "/info", "button") + "</p>\n"});
      },
      [self = *this](const std::string& error, bool) {
        self.show({.title = self.say(N_("Recent activity")), .error = error});
      });
}

void Pages::missing() const {
  show({.title = say(N_("No such page")),
        .body = "<p>" + link_html(say(N_("Security info")), "/info", "button main") + "</p>\n"},
       404);
}

}  // namespace seimon::web

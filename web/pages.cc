// SPDX-License-Identifier: Apache-2.0
#include "web/pages.h"

#include <array>
#include <utility>

#include "base/text.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

struct EventText {
  std::string_view event;
  std::string_view outcome;
  const char* text;
};
constexpr std::array<EventText, 23> kEventTexts = {{
    {"login", "accepted", N_("Signed in")},
    {"login", "skipped", N_("Signed in without a code")},
    {"login", "refused", N_("Sign-in refused")},
    {"login", "error", N_("Sign-in failed: the service could not decide")},
    {"try", "refused", N_("A code was not accepted")},
    {"proof", "accepted", N_("A change was confirmed with a code")},
    {"proof", "refused", N_("A code for a change was not accepted")},
    {"enrol", "enrolled", N_("Method added")},
    {"enrol", "issued", N_("Method added by an administrator")},
    {"replace", "replaced", N_("Method replaced")},
    {"remove", "removed", N_("Method removed")},
    {"rename", "renamed", N_("Method renamed")},
    {"default", "set", N_("Default method chosen")},
    {"recovery-codes", "given", N_("New recovery codes made")},
    {"bypass", "given", N_("Bypass code made")},
    {"bypass", "cancelled", N_("Bypass codes cancelled")},
    {"code-sent", "queued", N_("A code was sent")},
    {"approval", "asked", N_("The phone was asked")},
    {"approval", "approved", N_("Approved on the phone")},
    {"approval", "denied", N_("Refused on the phone")},
    {"approval", "reported", N_("Reported on the phone")},
    {"reset-failures", "reset", N_("Wrong codes forgotten by the help desk")},
    {"revoke", "revoked", N_("Everything ended")},
}};

// For the reader of the page; events that are rare keep the names that the audit trail has for them.
std::string what_happened(const json& event) {
  const std::string name = text_of(event, "event");
  const std::string outcome = text_of(event, "outcome");
  for (const EventText& row : kEventTexts)
    if (row.event == name && row.outcome == outcome) return row.text;
  return name + ": " + outcome;
}

}  // namespace

void Pages::call(const std::string& method, json parameters, Then then, Again again) const {
  parameters["user"] = session().user;
  SignedIn::call(method, std::move(parameters), std::move(then),
                 [again = std::move(again)](const std::string& error, const std::string& name) {
                   again(error, name == "ProofNeeded" || name == "WrongCode" || name == "TwoCodes");
                 });
}

void Pages::change(const std::string& method, json parameters, Then then, Again again) const {
  const std::string proof = exchange_->request.field("proof");
  if (!proof.empty()) parameters["proof"] = proof;
  call(method, std::move(parameters), std::move(then), std::move(again));
}

std::string Pages::form(std::string_view place, const std::string& inside, const std::string& button, bool asks_proof,
                        std::string_view kind) const {
  const std::string proof =
      asks_proof ? field_html(say(N_("A code of a method that you have already")), "proof", kProof) : "";
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
  if (request.is_at({"info"}) && !is_post) return info();
  if (request.is_at({"info", "add"}) && !is_post) return add();
  if (request.is_at({"info", "add", "app"})) return is_post ? enroll("app", "", again(&Pages::begin_app)) : begin_app();
  if (request.is_at({"info", "add", "phone"}) && exchange_->site.sends_sms)
    return is_post ? enroll("sms", "", again(&Pages::begin_phone)) : begin_phone();
  if (request.is_at({"info", "add", "call"}) && exchange_->site.calls)
    return is_post ? enroll("call", "", again(&Pages::begin_call)) : begin_call();
  if (request.is_at({"info", "add", "this-phone"}) && exchange_->site.approves)
    return is_post ? enroll("approve", "", again(&Pages::begin_this_phone)) : begin_this_phone();
  if (request.is_at({"info", "add", "other-phone"}) && exchange_->site.approves)
    return is_post ? pair() : begin_other_phone();
  if (request.is_at({"info", "add", "pair"})) return is_post ? confirm_pairing() : show_pairing();
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
          self.exchange_->session = nullptr;
          self.exchange_->show({.title = self.say(N_("Everything was ended")),
                                .body = "<p>" +
                                        self.html(N_("To register again, sign in, or ask the help desk for a bypass "
                                                     "code.")) +
                                        "</p>\n<p>" + link_html(self.say(N_("Sign in")), "/", "button main") +
                                        "</p>\n"});
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
          [self, label, is_phone = text_of(row, "kind") == "approve"](const json&) {
            self.done(is_phone ? self.say(N_("{1} was removed. Delete its passkey on the phone as well."), {label})
                               : self.say(N_("{1} was removed. Delete the entry in the app as well."), {label}));
          },
          failed);
    const std::string fresh = self.exchange_->request.field("label");
    self.change(
        "Rename", {{"method", label}, {"label", fresh}},
        [self, fresh](const json&) { self.done(self.say(N_("The name is {1} now."), {fresh})); }, failed);
  });
}

std::string Pages::method_html(const json& row, bool is_only) const {
  const std::string id = std::to_string(row.at("id").get<std::int64_t>());
  const std::string address = text_of(row, "address");
  const std::string used = text_of(row, "last_used");
  const auto phrase = [](const std::string& text) { return "<span class=\"phrase\">" + text + "</span>"; };
  std::string item =
      "<li><h2>" + html(kind_text(text_of(row, "kind"))) + (address.empty() ? "" : " · " + escaped_html(address)) +
      "</h2><p>" + escaped_html(text_of(row, "label")) +
      (row.value("default", false) ? " · <strong>" + html(N_("default")) + "</strong>" : "") +
      "</p><p class=\"hint\">" + phrase(html(N_("added {1}"), {minute_of(text_of(row, "registered"))})) + " · " +
      phrase(used.empty() ? html(N_("not used yet")) : html(N_("last used {1}"), {minute_of(used)})) +
      "</p><p class=\"buttons\">" + link_html(say(N_("Change")), "/info/replace/" + id, "button") + " " +
      link_html(say(N_("Rename")), "/info/rename/" + id, "button") + " " +
      link_html(say(N_("Remove")), "/info/remove/" + id, "button") + "</p>";
  if (!row.value("default", false) && !is_only)
    item += form_html("/info/default/" + id, exchange_->token, button_html(say(N_("Make it the default")), "plain"));
  return item + "</li>\n";
}

void Pages::info() const {
  session().recovery_codes.clear();
  call(
      "List", json::object(),
      [self = *this](const json& list) {
        const Words& words = self.words();
        const json& methods = list.at("methods");
        std::string body =
            "<p>" + words.html(N_("You use these methods to prove that it is you who signs in.")) + "</p>\n";
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
        for (const json& row : methods) body += self.method_html(row, methods.size() == 1);
        body += "</ul>\n<h2>" + words.html(N_("Recovery codes")) + "</h2>\n<p>" +
                words.html(N_("{1} left"), {std::to_string(list.value("recovery_codes", 0))}) + " · " +
                link_html(words.plain(N_("New recovery codes")), "/info/codes") + "</p>\n<p>" +
                link_html(words.plain(N_("Recent activity")), "/info/activity") + "</p>\n<p>" +
                link_html(words.plain(N_("Lost a device?")), "/info/lost") + "</p>\n";
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
        .body = "<p>" +
                (text_of(row, "kind") == "approve" ? html(N_("This phone can no longer approve sign-ins then."))
                                                   : html(N_("Codes of this method are refused from then on."))) +
                "</p>\n" + form("/info/remove/" + id, "", say(N_("Remove")), asks_proof, "danger"),
        .error = error});
}

void Pages::replace(const json& row, const std::string& error, bool asks_proof) const {
  const std::string id = std::to_string(row.at("id").get<std::int64_t>());
  const bool is_sent = is_sent_kind(text_of(row, "kind"));
  const std::string field = is_sent ? field_html(say(N_("New number or address")), "address",
                                                 "required maxlength=\"128\"", exchange_->request.field("address"))
                                    : "";
  show({.title = say(N_("Change {1}"), {text_of(row, "label")}),
        .body = "<p>" + html(N_("The new one is set up first. The old one works until the new one has been tested.")) +
                "</p>\n" +
                (text_of(row, "kind") == "approve" ? "<p>" + html(N_("Open this page on the phone itself.")) + "</p>\n"
                                                   : "") +
                form("/info/replace/" + id, field, say(N_("Go on")), asks_proof),
        .error = error});
}

void Pages::lost(const std::string& error, bool asks_proof) const {
  show({.title = say(N_("Lost a device?")),
        .body = "<p>" +
                html(N_("This ends all your sign-in methods, recovery codes, remembered computers and open pages at "
                        "once. Open ssh sessions go on. To register again you may need a code from the help desk.")) +
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
          rows += cells_html({escaped_html(minute_of(text_of(*event, "at"))), self.html(what_happened(*event)),
                              escaped_html(text_of(*event, "method")), escaped_html(text_of(*event, "service")),
                              escaped_html(text_of(*event, "from"))});
        }
        const Words& words = self.words();
        self.show({.title = words.plain(N_("Recent activity")),
                   .body = table_html(words.html(N_("Recent activity")),
                                      {words.html(N_("Time")), words.html(N_("What happened")),
                                       words.html(N_("Method")), words.html(N_("Service")), words.html(N_("From"))},
                                      rows) +
                           "<p>" + link_html(words.plain(N_("Back")), "/info", "button") + "</p>\n"});
      },
      [self = *this](const std::string& error, bool) {
        self.show({.title = self.say(N_("Recent activity")), .error = error});
      });
}

}  // namespace seimon::web

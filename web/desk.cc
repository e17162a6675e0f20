// SPDX-License-Identifier: Apache-2.0
#include "web/desk.h"

#include <array>
#include <utility>

#include "client/saying.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

struct Length {
  int seconds;
  const char* text;
};
constexpr std::array<Length, 4> kLengths = {
    {{900, N_("15 minutes")}, {3600, N_("1 hour")}, {8 * 3600, N_("8 hours")}, {24 * 3600, N_("1 day")}}};

std::string row_html(const std::string& name, const std::string& value) {
  return "<dt>" + name + "</dt><dd>" + escaped_html(value) + "</dd>\n";
}

// A sentence to say, without the commands in it: here are buttons.
std::string spoken(std::string text) {
  constexpr std::string_view kCommand = " (seimon ";
  for (std::size_t at = 0; (at = text.find(kCommand)) != std::string::npos;) {
    const std::size_t end = text.find(')', at);
    text.erase(at, end == std::string::npos ? end : end + 1 - at);
  }
  return text;
}

}  // namespace

void Desk::help(const std::string& method, json parameters, Then then) const {
  if (user() != kReports) parameters["user"] = user();
  if (!exchange_->request.field("note").empty()) parameters["note"] = exchange_->request.field("note");
  call(method, std::move(parameters), std::move(then),
       [self = *this, method](const std::string& error, const std::string& name) {
         if (name == "ActorProofNeeded") return self.ask_proof();
         if (method == "UserStatus" || self.user() == kReports) return self.search(error);
         self.person(error);
       });
}

// The code is shown to seimond by itself: what is refused afterwards is not the helper's own.
void Desk::prove() const {
  json parameters = {{"actor_proof", exchange_->request.field("proof")}};
  if (user() != kReports) parameters["user"] = user();
  call(
      user() == kReports ? "Users" : "UserStatus", std::move(parameters),
      [self = *this](const json&) {
        self.exchange_->request.form.erase("proof");
        if (self.exchange_->request.path.size() == 2) return self.exchange_->redirect(self.place());
        self.act_or_show();
      },
      [self = *this](const std::string& error, const std::string& name) {
        const bool is_of_code = name == "ActorProofNeeded" || name == "WrongCode" || name == "TwoCodes";
        if (is_of_code) return self.ask_proof(error);
        self.search(error);
      });
}

void Desk::ask_proof(const std::string& error) const {
  std::string inside = "<p>" +
                       html(N_("You are about to see or change accounts of other people. Enter a code of your own; it "
                               "counts for a while.")) +
                       "</p>\n";
  for (const auto& [name, value] : exchange_->request.form)
    if (name != "token" && name != "proof") inside += hidden_html(name, value);
  inside += field_html(say(N_("Your own code")), "proof", std::string(kProof) + " required autofocus");
  inside += "<p class=\"buttons\">" + button_html(say(N_("Go on")), "main") + " " +
            link_html(say(N_("Cancel")), "/desk", "button") + "</p>";
  show({.title = say(N_("Your own code")),
        .body = form_html(place_of(exchange_->request), exchange_->token, inside),
        .error = error});
}

std::string Desk::place(std::string_view action) const {
  return "/desk/" + url_encoded(user()) + (action.empty() ? "" : "/") + std::string(action);
}

std::string Desk::action_form(std::string_view action, const std::string& inside, const std::string& button,
                              std::string_view kind) const {
  // Ids of fields are once on a page.
  const std::string id = "note-" + std::string(action);
  return form_html(place(action), exchange_->token,
                   inside + "<label for=\"" + id + "\">" + html(N_("Note (ticket number, how you know who it is)")) +
                       "</label><input id=\"" + id + "\" name=\"note\" maxlength=\"200\" autocomplete=\"off\">\n" +
                       "<p class=\"buttons\">" + button_html(button, kind) + "</p>");
}

void Desk::route() {
  const Request& request = exchange_->request;
  if (!session().is_helper())
    return show({.title = say(N_("Help desk")),
                 .body = "<p>" + link_html(say(N_("Security info")), "/info", "button main") + "</p>\n",
                 .error = say(N_("These pages are for the help desk and for administrators."))},
                403);
  if (request.path.size() == 1) {
    if (!request.is_post) return search();
    const std::string name = request.field("user");
    const bool can_be_one = !name.empty() && name.size() <= kMostName;
    return can_be_one ? exchange_->redirect("/desk/" + url_encoded(name)) : search(say(N_("Enter a user name.")));
  }
  if (request.is_post && !request.field("proof").empty()) return prove();
  act_or_show();
}

void Desk::act_or_show() const {
  const Request& request = exchange_->request;
  if (request.is_at({"desk", kReports, "rollout"}))
    return is_admin() ? rollout() : search(say(N_("The report is for administrators.")));
  if (session().bypass_of != user()) session().bypass_code.clear();
  if (request.path.size() == 2) return request.is_post ? exchange_->redirect(place()) : person();
  if (request.path.size() != 3) return missing();
  if (request.is_post) return act(request.path[2]);
  if (request.path[2] == "revoke") return confirm_revoke();
  exchange_->redirect(place());
}

void Desk::search(const std::string& error) const {
  session().bypass_code.clear();
  std::string body = "<p>" + html(N_("Somebody cannot log in? Look them up: the page says what to tell them.")) +
                     "</p>\n" +
                     form_html("/desk", exchange_->token,
                               field_html(say(N_("User name")), "user",
                                          "required maxlength=\"256\" autocapitalize=\"none\" spellcheck=\"false\" "
                                          "autocomplete=\"off\"",
                                          exchange_->request.field("user")) +
                                   "<p class=\"buttons\">" + button_html(say(N_("Look up")), "main") + "</p>");
  if (is_admin()) body += "<p>" + link_html(say(N_("Who is ready: the rollout")), "/desk/-/rollout") + "</p>\n";
  show({.title = say(N_("Help desk")), .body = body, .error = error, .place = "/desk"});
}

void Desk::person(const std::string& error) const {
  help("UserStatus", json::object(), [self = *this, error](const json& status) { self.show_person(status, error); });
}

void Desk::show_person(const json& status, const std::string& error) const {
  std::string body;
  if (!session().bypass_code.empty())
    body += "<div class=\"notice\"><p>" +
            html(N_("Bypass code for {1}. It is not shown again once you leave this page."), {user()}) +
            "</p><p><code class=\"key\">" + escaped_html(session().bypass_code) + "</code></p></div>\n";
  const client::Saying saying = client::what_to_say(status);
  body += "<h2>" + html(N_("Say")) + "</h2>\n<blockquote lang=\"en\">" + escaped_html(spoken(saying.english)) +
          "</blockquote>\n<blockquote lang=\"ja\">" + escaped_html(spoken(saying.japanese)) + "</blockquote>\n";
  body += facts_html(status) + methods_html(status) + actions_html(status);
  body += "<p>" + link_html(say(N_("Another person")), "/desk", "button") + "</p>\n";
  show({.title = text_of(status, "user"), .body = body, .error = error, .place = place()});
}

std::string Desk::facts_html(const json& status) const {
  std::string body = "<h2>" + html(N_("State")) + "</h2>\n<dl>\n";
  const auto row = [&](const char* name, const std::string& value) { body += row_html(html(name), value); };
  row(N_("Account"), status.value("suspended", false) ? say(N_("suspended")) : say(text_of(status, "state")));
  const json& budget = status.at("budget");
  const std::string relaxes = text_of(budget, "relaxes_at");
  const std::string state = say(text_of(budget, "state"));
  row(N_("Wrong codes"),
      say(N_("{1} counted; {2}"), {count_of(budget, "failures"),
                                   relaxes.empty() ? state : say(N_("{1} until {2}"), {state, minute_of(relaxes)})}));
  const json& last = status.at("last");
  if (!last.empty())
    row(N_("Last login"), minute_of(text_of(last, "at")) + " · " + say(text_of(last, "outcome")) +
                              (text_of(last, "reason").empty() ? "" : " (" + text_of(last, "reason") + ")") + " · " +
                              text_of(last, "service") + " · " + text_of(last, "from"));
  row(N_("Recovery codes"), say(N_("{1} left"), {count_of(status, "recovery_codes")}));
  row(N_("Bypass codes"), say(N_("{1} open"), {count_of(status, "bypass_codes")}));
  row(N_("A login from elsewhere now"), say(text_of(status, "outcome")) + " (" + text_of(status, "rule") + ")");
  return body + "</dl>\n";
}

std::string Desk::methods_html(const json& status) const {
  std::string rows;
  for (const json& method : status.at("methods")) {
    const std::string used = text_of(method, "last_used");
    std::string remark;
    if (method.value("waits_for_resync", false)) remark = say(N_("waits to be synchronised"));
    else if (method.value("clock_offset", 0) != 0)
      remark = say(N_("its clock is {1} s off"), {count_of(method, "clock_offset")});
    rows +=
        cells_html({escaped_html(text_of(method, "label")), html(kind_text(text_of(method, "kind"))),
                    escaped_html(text_of(method, "address")), escaped_html(minute_of(text_of(method, "registered"))),
                    used.empty() ? html(N_("not used yet")) : escaped_html(minute_of(used)), escaped_html(remark)});
  }
  const std::string title = html(N_("Sign-in methods"));
  if (rows.empty()) return "<h2>" + title + "</h2>\n<p>" + html(N_("None.")) + "</p>\n";
  return "<h2>" + title + "</h2>\n" +
         table_html(title,
                    {html(N_("Name")), html(N_("Kind")), html(N_("Address")), html(N_("Added")), html(N_("Last used")),
                     html(N_("Remark"))},
                    rows);
}

std::string Desk::actions_html(const json& status) const {
  const auto folded = [&](const char* title, const std::string& inside) {
    return "<details><summary>" + html(title) + "</summary>" + inside + "</details>\n";
  };
  std::string lengths;
  for (const Length& length : kLengths)
    lengths += "<option value=\"" + std::to_string(length.seconds) + "\"" +
               (length.seconds == 3600 ? " selected" : "") + ">" + html(length.text) + "</option>";
  std::string body = "<h2>" + html(N_("Help")) + "</h2>\n<p class=\"hint\">" +
                     html(N_("First make sure that it is really them: ask as your rules say.")) + "</p>\n";
  body += folded(N_("Bypass code: lets in, and registers a new phone"),
                 action_form("bypass",
                             "<label for=\"for\">" + html(N_("Valid for")) +
                                 "</label><select id=\"for\" name=\"for\">" + lengths + "</select>\n" +
                                 field_html(say(N_("Times it works")), "uses",
                                            "type=\"number\" min=\"1\" max=\"1000\" required", "1"),
                             say(N_("Make a bypass code")), "main"));
  if (status.value("bypass_codes", 0) > 0)
    body += folded(N_("Cancel the open bypass codes"),
                   action_form("cancel-bypass", "", say(N_("Cancel the open bypass codes"))));
  body += folded(N_("Check a code that they read out"),
                 action_form("verify", field_html(say(N_("Their code")), "code", std::string(kCode) + " required"),
                             say(N_("Check"))));
  body += folded(N_("Forget wrong codes, and ask the phone again"),
                 action_form("reset", "", say(N_("Forget wrong codes, and ask the phone again"))));
  std::string tokens;
  for (const json& method : status.at("methods"))
    if (text_of(method, "kind") == "app" || text_of(method, "kind") == "token")
      tokens += "<option>" + escaped_html(text_of(method, "label")) + "</option>";
  if (!tokens.empty())
    body += folded(N_("Synchronise a token or a phone with a wrong clock"),
                   action_form("resync",
                               "<label for=\"method\">" + html(N_("Method")) +
                                   "</label><select id=\"method\" name=\"method\">" + tokens + "</select>\n" +
                                   field_html(say(N_("First code")), "first", std::string(kCode) + " required") +
                                   field_html(say(N_("The next code")), "second", std::string(kCode) + " required"),
                               say(N_("Synchronise"))));
  body += folded(N_("Forget remembered computers"), action_form("forget-hosts", "", say(N_("Forget them"))));
  body += "<p>" + link_html(say(N_("Lost or stolen device: end everything")), place("revoke"), "button") + "</p>\n";
  if (!is_admin()) return body;
  const bool is_suspended = status.value("suspended", false);
  return body + folded(is_suspended ? N_("Let the account in again") : N_("Suspend the account"),
                       action_form(is_suspended ? "resume" : "suspend", "",
                                   is_suspended ? say(N_("Let in again")) : say(N_("Suspend")), "danger"));
}

void Desk::act(const std::string& action) const {
  const auto helped_with = [self = *this](const char* notice) {
    return [self, notice](const json&) { self.helped(self.say(notice, {self.user()})); };
  };
  if (action == "bypass") return bypass();
  if (action == "resync") return resync();
  if (action == "cancel-bypass")
    return help("CancelBypass", json::object(), helped_with(N_("The bypass codes of {1} are cancelled.")));
  if (action == "verify")
    return help("Verify", {{"code", exchange_->request.field("code")}},
                helped_with(N_("The code is right. It is one of {1}'s.")));
  if (action == "reset")
    return help("ResetFailures", json::object(), helped_with(N_("The wrong codes of {1} are forgotten.")));
  if (action == "forget-hosts")
    return help("ForgetHosts", json::object(), helped_with(N_("{1} is asked for a code again on every computer.")));
  if (action == "revoke")
    return help("Revoke", json::object(),
                helped_with(N_("All methods, codes and sign-ins of {1} have ended. A bypass code lets them register "
                               "anew.")));
  if (action == "suspend") return help("Suspend", {{"suspended", true}}, helped_with(N_("{1} is suspended.")));
  if (action == "resume") return help("Suspend", {{"suspended", false}}, helped_with(N_("{1} is let in again.")));
  missing();
}

// A number of a form; -1, which no call takes, if it is none.
namespace {
std::int64_t number_of(const std::string& text) {
  constexpr std::size_t kMostDigits = 9;
  const bool is_number =
      !text.empty() && text.size() <= kMostDigits && text.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoll(text) : -1;
}
}  // namespace

void Desk::bypass() const {
  const Request& request = exchange_->request;
  help("Bypass", {{"for", number_of(request.field("for"))}, {"uses", number_of(request.field("uses"))}},
       [self = *this](const json& reply) {
         self.session().bypass_of = self.user();
         self.session().bypass_code = text_of(reply, "code");
         self.helped(self.say(N_("Valid until {1}."), {minute_of(text_of(reply, "until"))}));
       });
}

void Desk::resync() const {
  const Request& request = exchange_->request;
  help("Resync",
       {{"method", request.field("method")}, {"code", request.field("first") + " " + request.field("second")}},
       [self = *this](const json& reply) {
         self.helped(self.say(N_("{1} is synchronised."), {text_of(reply, "method")}));
       });
}

void Desk::confirm_revoke() const {
  show({.title = say(N_("End everything of {1}?"), {user()}),
        .body = "<p>" +
                html(N_("Their sign-in methods, recovery codes, bypass codes, remembered computers and open pages end "
                        "at once. A bypass code lets them register again. Open ssh sessions go on.")) +
                "</p>\n" + action_form("revoke", "", say(N_("End everything now")), "danger") + "<p>" +
                link_html(say(N_("Cancel")), place(), "button") + "</p>\n",
        .place = place("revoke")});
}

}  // namespace seimon::web

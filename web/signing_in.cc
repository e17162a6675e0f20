// SPDX-License-Identifier: Apache-2.0
// The pages of a sign-in, from the name to the last prompt, and of a link that takes its place.
#include "web/app.h"

#include <utility>

#include "wire/login.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

constexpr std::size_t kMostOfAddress = 32;  // sign-ins under way
constexpr std::size_t kMostLink = 40;

}  // namespace

void App::show_sign_in(const Shared& exchange, const std::string& error) {
  const Words& words = exchange->words;
  const Request& request = exchange->request;
  const bool goes_on = !request.is_post && (request.is_under("info") || request.is_under("desk"));
  const std::string place = goes_on ? place_of(request) : request.field("place");
  std::string known;
  if (site_.takes_word && !request.remote_user.empty())
    known = "<p>" + words.html(N_("Sign in as {1}?"), {request.remote_user}) + "</p>\n" +
            form_html("/sign-in", exchange->token,
                      hidden_html("place", place) + hidden_html("known", "yes") +
                          button_html(words.plain(N_("Go on")), "main")) +
            "<h2>" + words.html(N_("Use another user name")) + "</h2>\n";
  std::string body =
      known +
      form_html(
          "/sign-in", exchange->token,
          hidden_html("place", place) +
              field_html(
                  words.plain(N_("User name")), "user",
                  "autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required maxlength=\"256\"",
                  request.field("user")) +
              field_html(words.plain(N_("Password")), "password",
                         "type=\"password\" autocomplete=\"current-password\" maxlength=\"500\"") +
              button_html(words.plain(N_("Sign in")), "main"));
  if (goes_on) body = "<p>" + words.html(N_("Sign in to go on.")) + "</p>\n" + body;
  body += "<p class=\"hint\">" + words.html(N_("The same user name and password as for ssh.")) + "</p>\n";
  exchange->show({.title = words.plain(N_("Sign in")), .body = body, .error = error});
}

void App::begin_sign_in(const Shared& exchange) {
  const Words& words = exchange->words;
  const auto now = Clock::now();
  const bool is_checked = site_.takes_word && !exchange->request.field("known").empty();
  const std::string user = is_checked ? exchange->request.remote_user : exchange->request.field("user");
  if (user.empty()) return show_sign_in(exchange, words.plain(N_("Enter your user name.")));
  // A prompt that waits holds a process: it takes a password to get there.
  if (!is_checked && exchange->request.field("password").empty())
    return show_sign_in(exchange, words.plain(N_("Enter your password.")));
  const std::string& address = exchange->request.address;
  const std::string source = source_of(address);
  const auto of_address =
      entries_.count([&](const Entry& entry) { return entry.source == source && now < entry.until; });
  auto entry = std::make_unique<Entry>(loop_, sockets_.login);
  entry->until = now + kSignIn;
  entry->source = source;
  entry->password = exchange->request.field("password");
  entry->place = exchange->request.field("place");
  Entry* began = entry.get();
  if (of_address >= kMostOfAddress || !rates_.count(source, now) ||
      !entries_.add(exchange->cookie, std::move(entry), now)) {
    Response busy{.status = 503, .headers = {{"Retry-After", "60"}}};
    busy.body =
        page_html(site_, words,
                  {.title = words.plain(N_("Sign in")),
                   .error = words.plain(N_("Too many people are signing in from your network. Try again in a minute.")),
                   .token = exchange->token,
                   .place = "/"});
    return exchange->respond(std::move(busy));
  }
  began->sign_in.begin(user, is_checked, address,
                       [this, exchange](SignInState state) { take_state(exchange, std::move(state)); });
}

void App::take_state(const Shared& exchange, SignInState state) {
  const Words& words = exchange->words;
  Entry* entry = entries_.find(exchange->cookie, Clock::now());
  if (entry == nullptr) return exchange->redirect("/");
  using Said = SignInState::Kind;
  if (state.kind == Said::kPrompt && !state.is_shown && !entry->password.empty()) {
    const std::string password = std::exchange(entry->password, {});
    return entry->sign_in.answer(password,
                                 [this, exchange](SignInState next) { take_state(exchange, std::move(next)); });
  }
  if (state.kind == Said::kPrompt) {
    entry->state = std::move(state);
    entry->is_waiting = false;
    ++entry->step;
    return exchange->redirect("/sign-in");
  }
  const std::string place = entry->place;
  entries_.remove(exchange->cookie);
  if (state.kind == Said::kDone) return enter(exchange, {state.user, state.ticket}, place, state.messages);
  std::string error = state.messages;
  if (!state.text.empty()) error += (error.empty() ? "" : "\n") + state.text;
  if (state.kind == Said::kFailed) error = words.plain(N_("Signing in is not possible now. Try again in a minute."));
  exchange->request.form.insert_or_assign("place", place);
  if (error.empty()) error = words.plain(N_("You were not signed in. Check your user name and password."));
  show_sign_in(exchange, error);
}

void App::show_prompt(const Shared& exchange) {
  const Words& words = exchange->words;
  const Entry* entry = entries_.find(exchange->cookie, Clock::now());
  if (entry == nullptr) return exchange->redirect("/");
  if (entry->is_waiting)
    return exchange->show({.title = words.plain(N_("Sign in")),
                           .body = "<p>" + words.html(N_("Your answer is still being checked.")) + "</p>\n<p>" +
                                   link_html(words.plain(N_("Go on")), "/sign-in", "button main") + "</p>\n"});
  const SignInState& state = entry->state;
  std::string prompt = state.text;
  while (!prompt.empty() && (prompt.back() == ' ' || prompt.back() == ':')) prompt.pop_back();
  std::string body = state.messages.empty() ? "" : "<p class=\"lines\">" + escaped_html(state.messages) + "</p>\n";
  // Codes: shown while they are typed, and offered by phones.
  const std::string_view kind =
      state.is_shown ? "autocomplete=\"one-time-code\" inputmode=\"text\" autocapitalize=\"none\" autofocus"
                     : "type=\"password\" autocomplete=\"current-password\" autofocus";
  body += form_html("/sign-in/answer", exchange->token,
                    hidden_html("step", std::to_string(entry->step)) + "<div class=\"lines\">" +
                        field_html(prompt, "answer", std::string(kind) + " maxlength=\"500\"") + "</div>" +
                        button_html(words.plain(N_("Go on")), "main"));
  body += "<p>" + link_html(words.plain(N_("Begin again")), "/") + "</p>\n";
  exchange->show({.title = words.plain(N_("Sign in")), .body = body, .place = "/sign-in"});
}

void App::answer_prompt(const Shared& exchange) {
  Entry* entry = entries_.find(exchange->cookie, Clock::now());
  if (entry == nullptr) return exchange->redirect("/");
  // The same form twice, or one of a page from before: what is asked now is shown.
  if (entry->is_waiting || exchange->request.field("step") != std::to_string(entry->step))
    return exchange->redirect("/sign-in");
  entry->is_waiting = true;
  entry->sign_in.answer(exchange->request.field("answer"),
                        [this, exchange](SignInState state) { take_state(exchange, std::move(state)); });
}

// Mail programs and previews open links: only the button takes it.
void App::follow_link(const Shared& exchange) {
  const Words& words = exchange->words;
  const std::string user = exchange->request.path[1];
  const std::string link = exchange->request.path[2];
  const std::string place = "/t/" + url_encoded(user) + "/" + url_encoded(link);
  if (!exchange->request.is_post)
    return exchange->show({.title = words.plain(N_("Sign in")),
                           .body = "<p>" + words.html(N_("Sign in as {1}?"), {user}) + "</p>\n" +
                                   form_html(place, exchange->token, button_html(words.plain(N_("Go on")), "main")),
                           .place = place});
  const auto refuse = [this, exchange] {
    show_sign_in(exchange,
                 exchange->words.plain(N_("This link has been used, or is too old. Make a new one: seimon web")));
  };
  if (user.size() > kMostName || link.size() > kMostLink) return refuse();
  // On a connection of its own, which ends with a refusal: others' calls go on.
  const auto seimond = std::make_shared<Seimond>(loop_, sockets_.seimond, Owner{});
  seimond->call("Relay.Redeem",
                {{"version", wire::kVersion}, {"oldest", wire::kOldestVersion}, {"user", user}, {"link", link}},
                [this, exchange, user, refuse, seimond](const client::Reply& reply) {
                  if (const json* parameters = std::get_if<json>(&reply))
                    return enter(exchange, {user, parameters->value("ticket", "")});
                  if (std::holds_alternative<client::Failed>(reply)) return;
                  refuse();
                });
}

}  // namespace seimon::web

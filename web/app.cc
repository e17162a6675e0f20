// SPDX-License-Identifier: Apache-2.0
#include "web/app.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>

#include "base/characters.h"
#include "base/files.h"
#include "base/text.h"
#include "web/desk.h"
#include "web/pages.h"
#include "wire/login.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

constexpr const char* kLanguageCookie = "__Host-seimon-language";
constexpr auto kIdle = std::chrono::minutes(15);
constexpr auto kSignIn = std::chrono::minutes(3);
constexpr std::size_t kMostOfAddress = 32;  // sign-ins under way
constexpr std::size_t kMostLogo = 256 * 1024;
constexpr std::size_t kCookieLength = 32;
constexpr std::size_t kMostLink = 40;

// A path of this page and nothing else: it becomes a header.
bool is_own_path(const std::string& place) {
  return place.starts_with('/') && !place.starts_with("//") &&
         std::all_of(place.begin(), place.end(), [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
}

bool is_cookie(const std::string& value) {
  return value.size() == kCookieLength && value.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string random_value() {
  std::array<std::uint8_t, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no random numbers");
  return base::hex(bytes);
}

App::App(boost::asio::io_context& loop, Sockets sockets, const Catalogue& catalogue, std::string style)
    : loop_(loop),
      sockets_(std::move(sockets)),
      japanese_(catalogue),
      style_(std::move(style)),
      key_(random_value() + random_value()),
      nobody_(loop, sockets_.seimond, {}) {}

std::string App::token_of(const std::string& cookie) const {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(cookie.data()), cookie.size(), mac.data(), &size) == nullptr)
    throw std::runtime_error("HMAC failed");
  return base::hex(std::span(mac).first(size));
}

Words App::words_for(const Request& request) const {
  const auto chosen = request.cookies.find(kLanguageCookie);
  std::string_view wanted = chosen == request.cookies.end() ? "" : std::string_view(chosen->second);
  if (wanted != "ja" && wanted != "en") {
    // The first of the two that the browser names.
    const std::size_t japanese = request.accept_language.find("ja");
    const std::size_t english = request.accept_language.find("en");
    wanted = japanese != std::string::npos && (english == std::string::npos || japanese < english) ? "ja" : "en";
  }
  return {wanted == "ja" ? Language::kJapanese : Language::kEnglish, japanese_};
}

void App::learn() {
  nobody_.call("Admin.PageSettings", json::object(), [this](const client::Reply& reply) {
    const json* settings = std::get_if<json>(&reply);
    if (settings == nullptr) return;
    site_.issuer = settings->value("issuer", "");
    site_.help = settings->value("help", "");
    site_.url = settings->value("url", "");
    site_.sends_sms = settings->value("sms", false);
    site_.takes_word = settings->value("single_sign_on", false);
    const std::string logo = settings->value("logo", "");
    try {
      logo_ = logo.empty() ? "" : base::read_file(logo, kMostLogo);
    } catch (const std::exception&) {
      logo_.clear();
    }
    logo_type_ = logo.ends_with(".svg") ? "image/svg+xml" : "image/png";
    site_.has_logo = !logo_.empty();
    const std::string colour = settings->value("colour", "");
    const std::size_t mark = style_.find("/* site */");
    if (mark != std::string::npos) style_.erase(mark);
    if (!colour.empty()) style_ += "/* site */\n@media (prefers-color-scheme:light){:root{--accent:" + colour + "}}\n";
  });
}

void App::sweep() {
  const auto now = Clock::now();
  sessions_.remove_if([now](const Session& one) { return now >= one.until || now - one.used >= kIdle; });
  entries_.remove_if([now](const Entry& one) { return now >= one.until; });
}

void App::answer(RawRequest raw, Respond respond) {
  Request request;
  try {
    request = parse_request(std::move(raw));
  } catch (const BadRequest& bad) {
    respond({.status = bad.status, .type = "text/plain; charset=utf-8", .body = std::string(bad.reason) + "\n"});
    return;
  }
  const Words words = words_for(request);
  const auto exchange = std::make_shared<Exchange>(std::move(request), std::move(respond), words);
  exchange->site = site_;
  const auto found = exchange->request.cookies.find(kCookie);
  const bool has_cookie = found != exchange->request.cookies.end() && is_cookie(found->second);
  exchange->cookie = has_cookie ? found->second : random_value();
  exchange->is_new_cookie = !has_cookie;
  exchange->token = token_of(exchange->cookie);
  route(exchange);
}

// The token goes with the cookie, the origin with the page: another site has neither.
bool App::is_ours(const Exchange& exchange) const {
  const Request& request = exchange.request;
  const std::string token = request.field("token");
  const bool is_token =
      token.size() == exchange.token.size() && CRYPTO_memcmp(token.data(), exchange.token.data(), token.size()) == 0;
  const bool is_same_site = request.fetch_site.empty() || request.fetch_site == "same-origin";
  return is_token && !exchange.is_new_cookie && !site_.url.empty() && request.origin == site_.url && is_same_site;
}

void App::route(const Shared& exchange) {
  const Request& request = exchange->request;
  const Words& words = exchange->words;
  if (request.is_at({"style.css"})) {
    exchange->is_new_cookie = false;
    return exchange->respond(
        {.type = "text/css; charset=utf-8", .body = style_, .headers = {{"Cache-Control", "max-age=3600"}}});
  }
  if (request.is_at({"logo"}) && !logo_.empty()) {
    exchange->is_new_cookie = false;
    return exchange->respond({.type = logo_type_, .body = logo_, .headers = {{"Cache-Control", "max-age=3600"}}});
  }
  if (request.is_post && !is_ours(*exchange)) {
    // Browsers send no cookie with another site's form: a new one would end the session that they have here.
    exchange->is_new_cookie = false;
    return exchange->show(
        {.title = words.plain(N_("Please try again")),
         .body = "<p>" + link_html(words.plain(N_("Go on")), "/") + "</p>",
         .error = words.plain(N_("This form was too old, or came from another site. Nothing was changed."))},
        403);
  }
  if (request.is_at({"language"}) && request.is_post) return set_language(exchange);
  if (request.path.size() == 3 && request.path.front() == "t") return follow_link(exchange);
  const auto now = Clock::now();
  exchange->session = sessions_.find(exchange->cookie, now);
  if (exchange->session != nullptr) {
    Session& session = *exchange->session;
    if (now - session.used < kIdle) {
      session.used = now;
      return route_signed_in(exchange);
    }
    sessions_.remove(exchange->cookie);
    exchange->session = nullptr;
  }
  if (request.is_at({"sign-in"}) && request.is_post) return begin_sign_in(exchange);
  if (request.is_at({"sign-in"})) return show_prompt(exchange);
  if (request.is_at({"sign-in", "answer"}) && request.is_post) return answer_prompt(exchange);
  show_sign_in(exchange);
}

void App::route_signed_in(const Shared& exchange) {
  const Request& request = exchange->request;
  if (request.is_at({"out"}) && request.is_post) return leave(exchange);
  if (request.path.empty() || request.is_at({"sign-in"})) return exchange->redirect("/info");
  if (request.path.front() == "desk") return Desk(sessions_, exchange).route();
  Pages(sessions_, exchange).route();
}

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
  using Kind = SignInState::Kind;
  if (state.kind == Kind::kPrompt && !state.is_shown && !entry->password.empty()) {
    const std::string password = std::exchange(entry->password, {});
    return entry->sign_in.answer(password,
                                 [this, exchange](SignInState next) { take_state(exchange, std::move(next)); });
  }
  if (state.kind == Kind::kPrompt) {
    entry->state = std::move(state);
    entry->is_waiting = false;
    ++entry->step;
    return exchange->redirect("/sign-in");
  }
  const std::string place = entry->place;
  entries_.remove(exchange->cookie);
  if (state.kind == Kind::kDone) return enter(exchange, {state.user, state.ticket}, place, state.messages);
  std::string error = state.messages;
  if (!state.text.empty()) error += (error.empty() ? "" : "\n") + state.text;
  if (state.kind == Kind::kFailed) error = words.plain(N_("Signing in is not possible now. Try again in a minute."));
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

void App::enter(const Shared& exchange, const Owner& owner, const std::string& place, const std::string& notice) {
  auto session = std::make_unique<Session>(loop_, sockets_.seimond, owner);
  session->notice = notice;
  Seimond& seimond = session->seimond;
  const std::string cookie = random_value();
  const auto now = Clock::now();
  session->used = now;
  session->until = now + kSignIn;  // until seimond has said how long
  sessions_.remove(exchange->cookie);
  if (!sessions_.add(cookie, std::move(session), now)) return;
  exchange->cookie = cookie;
  exchange->is_new_cookie = true;
  seimond.call("Admin.Language", {{"user", owner.user}}, [this, exchange, cookie, place](const client::Reply& reply) {
    Session* entered = sessions_.find(cookie, Clock::now());
    if (entered == nullptr) return;
    if (!std::holds_alternative<json>(reply)) return sessions_.remove(cookie);
    const json& facts = entered->seimond.facts();
    entered->user = facts.value("user", entered->user);
    entered->role = facts.value("role", "");
    entered->until = Clock::now() + std::chrono::seconds(facts.value("left", 0));
    Response response = see_other(is_own_path(place) ? place : "/info");
    const std::string language = std::get<json>(reply).value("language", "");
    if (language == "ja" || language == "en")
      response.headers.emplace_back("Set-Cookie", cookie_header(kLanguageCookie, language, "; Max-Age=31536000"));
    exchange->respond(std::move(response));
  });
}

void App::leave(const Shared& exchange) {
  const std::string cookie = exchange->cookie;
  exchange->session->seimond.call("Relay.Leave", json::object(), [this, exchange, cookie](const client::Reply&) {
    exchange->redirect("/");
    sessions_.remove(cookie);
  });
}

void App::set_language(const Shared& exchange) {
  const std::string language = exchange->request.field("language") == "ja" ? "ja" : "en";
  const std::string place = exchange->request.field("place");
  Response response = see_other(is_own_path(place) ? place : "/");
  response.headers.emplace_back("Set-Cookie", cookie_header(kLanguageCookie, language, "; Max-Age=31536000"));
  if (Session* session = sessions_.find(exchange->cookie, Clock::now()))
    session->seimond.call("Admin.Language", {{"user", session->user}, {"language", language}},
                          [](const client::Reply&) {});
  exchange->respond(std::move(response));
}

}  // namespace seimon::web

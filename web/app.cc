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
#include "web/approval.h"
#include "web/desk.h"
#include "web/pages.h"
#include "web/pairing.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

constexpr const char* kLanguageCookie = "__Host-seimon-language";
constexpr auto kIdle = std::chrono::minutes(15);
constexpr std::size_t kMostLogo = 256 * 1024;
constexpr std::size_t kMostFile = 64 * 1024;
constexpr std::size_t kCookieLength = 32;

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

App::App(boost::asio::io_context& loop, Sockets sockets, const Catalogue& catalogue, const std::string& folder)
    : loop_(loop),
      sockets_(std::move(sockets)),
      japanese_(catalogue),
      style_(base::read_file(folder + "/style.css", kMostFile)),
      script_(base::read_file(folder + "/approve.js", kMostFile)),
      worker_(base::read_file(folder + "/ok-worker.js", kMostFile)),
      icon_(base::read_file(folder + "/ok.svg", kMostFile)),
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
    site_.calls = settings->value("call", false);
    site_.push_key = settings->value("push_key", "");
    site_.approves = settings->value("approves", false);
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
  pairings_.remove_if([now](const Session& one) { return now >= one.until; });
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

bool App::give_file(const Shared& exchange) const {
  struct File {
    std::string_view name;
    std::string_view type;
    const std::string& body;
  };
  const std::string manifest =
      json{{"name", site_.issuer},    {"short_name", site_.issuer.substr(0, site_.issuer.find(' '))},
           {"start_url", "/ok"},      {"scope", "/ok"},
           {"display", "standalone"}, {"icons", {{{"src", "/ok.svg"}, {"sizes", "any"}, {"type", "image/svg+xml"}}}}}
          .dump();
  const std::array<File, 6> files = {{{"style.css", "text/css; charset=utf-8", style_},
                                      {"approve.js", "text/javascript; charset=utf-8", script_},
                                      {"ok-worker.js", "text/javascript; charset=utf-8", worker_},
                                      {"ok.svg", "image/svg+xml", icon_},
                                      {"ok.webmanifest", "application/manifest+json", manifest},
                                      {"logo", logo_type_, logo_}}};
  for (const File& file : files) {
    if (!exchange->request.is_at({file.name}) || file.body.empty()) continue;
    exchange->is_new_cookie = false;
    exchange->respond(
        {.type = std::string(file.type), .body = file.body, .headers = {{"Cache-Control", "max-age=3600"}}});
    return true;
  }
  return false;
}

void App::route(const Shared& exchange) {
  const Request& request = exchange->request;
  const Words& words = exchange->words;
  if (give_file(exchange)) return;
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
  if (request.is_under("p") && request.is_post && is_crowded(exchange)) return;
  if (request.is_under("p")) return PairingPages(loop_, sockets_.seimond, pairings_, exchange).route();
  const auto now = Clock::now();
  exchange->session = sessions_.find(exchange->cookie, now);
  if (exchange->session != nullptr) {
    Session& session = *exchange->session;
    if (now - session.used < kIdle) {
      // The script that looks what waits is nobody who is there.
      if (!request.is_at({"ok", "waiting"})) session.used = now;
      return request.is_under("ok") ? approve(exchange) : route_signed_in(exchange);
    }
    sessions_.remove(exchange->cookie);
    exchange->session = nullptr;
  }
  if (request.is_under("ok")) return approve(exchange);
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
      response.headers.emplace_back("Set-Cookie", cookie_header(kLanguageCookie, language, kForAYear));
    exchange->respond(std::move(response));
  });
}

bool App::is_crowded(const Shared& exchange) {
  if (strangers_.count(source_of(exchange->request.address), Clock::now())) return false;
  exchange->respond({.status = 503,
                     .type = "text/plain; charset=utf-8",
                     .body = "Too many requests from your network. Try again in a minute.\n",
                     .headers = {{"Retry-After", "60"}}});
  return true;
}

void App::approve(const Shared& exchange) {
  if (!site_.approves) return exchange->redirect("/");
  if (Session* session = exchange->session) {
    const auto call = [session](const std::string& method, json parameters, Seimond::Then then) {
      session->seimond.call("Admin." + method, std::move(parameters), std::move(then));
    };
    const bool begins_trial = exchange->request.is_at({"ok"}) && std::exchange(session->tries_phone, false);
    if (begins_trial) call("TryApproval", {{"user", session->user}}, [](const client::Reply&) {});
    return ApprovalPages(exchange, call, session->user, session->user).route();
  }
  const auto found = exchange->request.cookies.find(kPhoneCookie);
  const auto [user, token] = found == exchange->request.cookies.end() ? std::pair<std::string, std::string>()
                                                                      : parse_phone_cookie(found->second);
  if (user.empty()) return ApprovalPages::show_unknown(exchange, "", false);
  if (exchange->request.is_at({"ok"})) exchange->renewed = cookie_header(kPhoneCookie, found->second, kForAYear);
  // Anybody may say that they are a phone: of those that are not known each costs seimond a question to the directory.
  const std::string cookie = found->second;
  if (!phones_.contains(cookie) && is_crowded(exchange)) return;
  const auto seimond = std::make_shared<Seimond>(loop_, sockets_.seimond, Owner{user, "", token});
  const auto call = [this, seimond, cookie](const std::string& method, json parameters, const Seimond::Then& then) {
    seimond->call("Admin." + method, std::move(parameters), [this, seimond, cookie, then](client::Reply reply) {
      constexpr std::size_t kMostPhones = 20000;
      if (phones_.size() >= kMostPhones) phones_.clear();
      if (std::holds_alternative<json>(reply)) phones_.insert(cookie);
      then(std::move(reply));
    });
  };
  ApprovalPages(exchange, call, user, "").route();
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
  response.headers.emplace_back("Set-Cookie", cookie_header(kLanguageCookie, language, kForAYear));
  if (Session* session = sessions_.find(exchange->cookie, Clock::now()))
    session->seimond.call("Admin.Language", {{"user", session->user}, {"language", language}},
                          [](const client::Reply&) {});
  exchange->respond(std::move(response));
}

}  // namespace seimon::web

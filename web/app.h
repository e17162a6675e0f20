// SPDX-License-Identifier: Apache-2.0
// The page: finds who asks, checks what they send, and hands the request to the page that answers it (**start here**).
// MUST (threat model W1, W2):
//  1. A change is a POST with the token of its cookie and from our own origin; a GET changes nothing.
//  2. Nobody is somebody but by the ticket of a sign-in.
//  3. Every request is answered, whatever becomes of the calls that it makes.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>

#include "web/catalogue.h"
#include "web/exchange.h"
#include "web/rates.h"
#include "web/sessions.h"

namespace seimon::web {

inline constexpr auto kSignIn = std::chrono::minutes(3);  // a sign-in may take

struct Sockets {
  std::string seimond;
  std::string login;
};

class App {
 public:
  // `catalogue`: of Japanese; it stays until the loop has gone.
  // `folder`: of the files that all pages share.
  App(boost::asio::io_context& loop, Sockets sockets, const Catalogue& catalogue, const std::string& folder);
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  void answer(RawRequest raw, Respond respond);

  // Learns the settings of the page from seimond.
  void learn();
  // Forgets what has ended, and the secrets in it.
  void sweep();

 private:
  void route(const Shared& exchange);
  void route_signed_in(const Shared& exchange);
  [[nodiscard]] bool is_ours(const Exchange& exchange) const;  // of a POST

  void show_sign_in(const Shared& exchange, const std::string& error = "");
  void begin_sign_in(const Shared& exchange);
  void show_prompt(const Shared& exchange);
  void answer_prompt(const Shared& exchange);
  // Goes on with the sign-in of that cookie when the stack has said what it wants.
  void take_state(const Shared& exchange, SignInState state);
  void follow_link(const Shared& exchange);
  // A session for the owner of `ticket`, with a cookie of its own. Goes on at `place`, if it is one of ours, which
  // begins with `notice`.
  void enter(const Shared& exchange, const Owner& owner, const std::string& place = "", const std::string& notice = "");
  void leave(const Shared& exchange);
  void approve(const Shared& exchange);
  // Counts a request of somebody whom nothing vouches for; answers it where one address sends too many.
  [[nodiscard]] bool is_crowded(const Shared& exchange);
  // True if it was a file that all pages share.
  [[nodiscard]] bool give_file(const Shared& exchange) const;
  void set_language(const Shared& exchange);

  [[nodiscard]] std::string token_of(const std::string& cookie) const;
  [[nodiscard]] Words words_for(const Request& request) const;

  boost::asio::io_context& loop_;
  Sockets sockets_;
  const Catalogue& japanese_;
  std::string style_;
  std::string script_;
  std::string worker_;
  std::string icon_;
  std::string logo_;
  std::string logo_type_;
  std::string key_;  // of the tokens
  Site site_;
  Seimond nobody_;
  ByCookie<Session> sessions_{20000};
  ByCookie<Entry> entries_{1000};
  ByCookie<Session> pairings_{1000};  // of phones: nobody is signed in
  Rates rates_;
  Rates strangers_;               // phones that are not known to be registered
  std::set<std::string> phones_;  // cookies of those that are
};

}  // namespace seimon::web

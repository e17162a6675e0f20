// SPDX-License-Identifier: Apache-2.0
// A sign-in that is under way: the conversation of the PAM stack `seimon-web`, which seimon-web-login(8) runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

namespace seimon::web {

// The next request of the stack, or its end.
struct SignInState {
  enum class Kind {
    kPrompt,   // `text` asks; `is_shown`: the answer may be seen
    kDone,     // `user` is signed in with `ticket`
    kRefused,  // `text` says why; it may be empty
    kFailed    // seimon-web-login does not answer
  };
  Kind kind = Kind::kFailed;
  std::string text = {};
  bool is_shown = false;
  std::string messages = {};  // that came before, a line each
  std::string user = {};
  std::string ticket = {};
};

class SignIn {
 public:
  using Then = std::function<void(SignInState state)>;

  // `path`: of seimon-web-login's socket.
  SignIn(boost::asio::io_context& loop, const std::string& path);
  SignIn(const SignIn&) = delete;
  SignIn& operator=(const SignIn&) = delete;
  ~SignIn();

  // `then` is called once for each of these calls, unless this object has gone.
  // `is_checked`: a single sign-on has, in place of a password.
  void begin(const std::string& user, bool is_checked, const std::string& address, Then then);
  void answer(const std::string& text, Then then);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace seimon::web

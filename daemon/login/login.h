// SPDX-License-Identifier: Apache-2.0
// The login half of a session: io.seimon.Login. Turns messages into facts and steps, and outcomes into replies.
// MUST (threat model D1):
//  1. uid 0 may ask about anyone; an account of `callers` about anyone for its services; any other uid only about its
//     own account, and what it says of place and service is a claim.
//  2. The conversation that is kept is the one whose step became durable.
//  3. A conversation that ends by anything else than a verdict is concluded as `error`.
#pragma once

#include <sys/types.h>

#include <optional>

#include "core/login/conversation.h"
#include "daemon/login/hooks.h"
#include "daemon/login/logins.h"
#include "daemon/login/steps.h"
#include "wire/login.h"

namespace seimon::daemon {

class Login {
 public:
  Login(Logins& logins, Connection& connection);
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;
  ~Login() { logins_.open.remove(connection_.id()); }

  // False when the message is not allowed now; then the session is to be closed.
  [[nodiscard]] bool open(const wire::Open& message);
  [[nodiscard]] bool answer(const wire::Answer& message);
  [[nodiscard]] bool withhold(const wire::Void& message);
  [[nodiscard]] bool account(const wire::Account& message);
  [[nodiscard]] bool session(const wire::Session& message);

  [[nodiscard]] bool is_at_prompt() const { return conversation_ && !conversation_->is_concluded(); }
  // Whatever was asked is decided, and nothing more is to be said.
  [[nodiscard]] bool is_over() const { return opened_ && !stepping_ && !is_at_prompt(); }
  // As it is written in the log and in tickets.
  [[nodiscard]] const std::string& host() const { return peer_.is_remote() ? peer_.host : service_.host; }
  // The connection closes: whatever was not concluded is, for `reason`.
  void abandon(std::string_view reason);

 private:
  // Submits a step of the conversation `before`.
  void submit(const core::Conversation& before, Step step, bool is_question);
  // Takes a step's result, and answers.
  void take(const core::Conversation& after, const core::Outcome& outcome);
  // For the hooks that follow in other processes.
  void remember_visit(const core::Conversation& after, const core::Conclusion& conclusion);
  [[nodiscard]] Deliver deliver();
  [[nodiscard]] Reply reply_later();
  // Calls then(login, person) once the name is known, if this connection is still open.
  template <class Then>
  void resolve(std::string_view name, Then then);
  void begin(const wire::Open& message, const Person& person, const std::optional<Person>& target);
  [[nodiscard]] core::Facts facts_of(const wire::Open& message, const core::UserName& user, const Person& person) const;
  void check_account(const wire::Account& message, const Person& person);
  // Replies with the ticket or the reminder that the visit of `user` earned.
  void open_session(const wire::Session& message, std::string_view user, std::optional<Visit> visit);
  // The peer is a service of somebody else's logins, and this one of them.
  [[nodiscard]] const Caller* caller_for(std::string_view service) const;
  // The same, whichever login it is.
  [[nodiscard]] const Caller* caller() const { return peer_.is_remote() ? nullptr : service_.config.caller(peer_.uid); }
  [[nodiscard]] const std::string& boot() const { return peer_.is_remote() ? peer_.boot : service_.boot; }
  [[nodiscard]] core::Manner manner() const { return manner_of(service_.config, host()); }
  [[nodiscard]] bool may_ask_about(const Person& person, std::string_view service) const;
  // The host of this connection if the gate does not trust its word; else empty.
  [[nodiscard]] std::string untrusted_host() const { return service_.config.trusts(peer_.host) ? "" : peer_.host; }
  // The queue of this peer's steps: a login service's go with root's.
  [[nodiscard]] uid_t lane() const { return caller() != nullptr ? 0 : peer_.uid; }
  void refuse_unheard(const wire::Open& message, std::string_view reason);
  // The sender and we have no version in common. Returns true: the message was answered.
  [[nodiscard]] bool refuse_version(std::int64_t version, std::int64_t oldest);

  Logins& logins_;
  Service& service_;
  Connection& connection_;
  const Peer& peer_;  // the connection's
  bool opened_ = false;
  bool stepping_ = false;  // a step of the conversation is being run
  std::optional<core::Conversation> conversation_;
};

}  // namespace seimon::daemon

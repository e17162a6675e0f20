// SPDX-License-Identifier: Apache-2.0
// Dispatches the messages of one connection: to a login, to administration, or, between hosts, to a gate. On a
// stateless login host the messages go to a gate instead; on a gate's connection the login host is looked up first.
#pragma once

#include <memory>
#include <string>

#include "daemon/admin/admin.h"
#include "daemon/admin/page_owner.h"
#include "daemon/fleet/relayed.h"
#include "daemon/fleet/upstream.h"
#include "daemon/login/login.h"
#include "daemon/net/handler.h"

namespace seimon::daemon {

class ConnectionHandler;

// Shared by the handlers of all connections. One instance, owned by main.
struct Handlers {
  Service& service;
  Logins& logins;
  AdminCalls& admin;
  Relays& relays;
  Pages& pages;
  Gates* gates;  // null unless this is a stateless login host
  Registry<ConnectionHandler> open = {};
};

class ConnectionHandler : public Handler {
 public:
  ConnectionHandler(Handlers& handlers, Connection& connection);
  ConnectionHandler(const ConnectionHandler&) = delete;
  ConnectionHandler& operator=(const ConnectionHandler&) = delete;
  ~ConnectionHandler() override { handlers_.open.remove(connection_.id()); }

  [[nodiscard]] bool handle(std::string message) override;
  [[nodiscard]] bool is_over() const override { return login_.is_over(); }
  [[nodiscard]] bool awaits_person() const override {
    return login_.is_at_prompt() || admin_.awaits_person() || gate_ != nullptr;
  }
  void closed(std::string_view reason) override { login_.abandon(reason); }

 private:
  // Answers here. Closes the connection if the message is not understood.
  void answer(std::string message);
  [[nodiscard]] bool dispatch(std::string_view message);
  // True if a gate has to answer.
  [[nodiscard]] bool is_for_gate(std::string_view message) const;
  void ask_gate(std::string message);
  void open_gate(const std::string& name);

  Handlers& handlers_;
  Service& service_;
  Connection& connection_;
  Relayed relayed_;
  PageOwner page_;
  Login login_;
  Admin admin_;
  std::unique_ptr<GateConnection> gate_;
  std::string waiting_;           // for the name of the peer
  bool knows_peer_name_ = false;  // whether it has one or not
  bool is_local_ = false;         // no gate answered: this host decides by itself
};

}  // namespace seimon::daemon

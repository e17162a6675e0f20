// SPDX-License-Identifier: Apache-2.0
#include "daemon/connection.h"

#include <utility>

#include "core/secret.h"
#include "daemon/system/processes.h"
#include "wire/codec.h"

namespace seimon::daemon {

ConnectionHandler::ConnectionHandler(Handlers& handlers, Connection& connection)
    : handlers_(handlers),
      service_(handlers.service),
      connection_(connection),
      relayed_(handlers.relays, connection, service_.config.gate == connection.peer().uid,
               [this](std::string message) { answer(std::move(message)); }),
      page_(handlers.pages, connection, [this](std::string message) { answer(std::move(message)); }),
      login_(handlers.logins, connection),
      admin_(handlers.admin, connection) {
  handlers_.open.add(connection_.id(), *this);
}

bool ConnectionHandler::handle(std::string message) {
  if (handlers_.gates != nullptr && !is_local_ && is_for_gate(message)) ask_gate(std::move(message));
  else if (connection_.peer().is_remote() && !relayed_.comes_first()) relayed_.vouch(std::move(message));
  else if (page_.has_owner()) page_.vouch(std::move(message));
  else answer(std::move(message));
  return true;
}

void ConnectionHandler::answer(std::string message) {
  if (!connection_.may_act()) {
    core::wipe(message);
    return connection_.close("too-many-requests");
  }
  Connection& connection = connection_;  // *this may be gone after an answer that is understood
  const bool understood = dispatch(message);
  core::wipe(message);
  if (!understood) connection.close("protocol-error");
}

bool ConnectionHandler::dispatch(std::string_view message) {
  wire::Envelope envelope;
  if (!wire::read_envelope(message, envelope) || envelope.method.empty()) return false;
  const auto call = [&]<class Message>(bool (Login::*take)(const Message&)) {
    Message parsed;
    return wire::read_parameters(envelope.parameters, parsed) && (login_.*take)(parsed);
  };
  const std::string_view method = envelope.method.view();
  if (page_.is_page() && method.starts_with(wire::kRelayInterface)) return page_.call(envelope);
  if (page_.is_page() && !page_.may_call(method)) return false;
  if (relayed_.comes_first() || method.starts_with(wire::kRelayInterface)) return relayed_.call(envelope);
  if (method == wire::Open::kMethod) return call(&Login::open);
  if (method == wire::Answer::kMethod) return call(&Login::answer);
  if (method == wire::Void::kMethod) return call(&Login::withhold);
  if (method == wire::Account::kMethod) return call(&Login::account);
  if (method == wire::Session::kMethod) return call(&Login::session);
  return admin_.call(method, envelope.parameters);
}

// Logins, and what people do for themselves, are the gates' to decide.
bool ConnectionHandler::is_for_gate(std::string_view message) const {
  wire::Envelope envelope;
  if (!wire::read_envelope(message, envelope)) return false;
  const std::string_view method = envelope.method.view();
  return method.starts_with("io.seimon.Login.") || (!connection_.peer().is_root() && Admin::is_for_oneself(method));
}

// If no gate answers at the beginning of a login, this host decides: it knows no code, and lets in whom its own rules
// exempt.
void ConnectionHandler::ask_gate(std::string message) {
  const Peer& peer = connection_.peer();
  if (!gate_ && !peer.is_root() && !knows_peer_name_) {
    waiting_ = std::move(message);
    return service_.groups.resolve_uid(peer.uid, [&handlers = handlers_, id = connection_.id()](const Person& person) {
      ConnectionHandler* self = handlers.open.find(id);
      if (self == nullptr) return;
      self->knows_peer_name_ = true;
      self->open_gate(person.name);
      self->ask_gate(std::exchange(self->waiting_, {}));
    });
  }
  if (!gate_) open_gate("");
  wire::Envelope envelope;
  (void)wire::read_envelope(message, envelope);
  const std::string_view method = envelope.method.view();
  const bool is_login = method.starts_with("io.seimon.Login.");
  const bool opens = method == wire::Open::kMethod || method == wire::Account::kMethod;
  const std::string again = opens || method == wire::Session::kMethod ? message : "";
  message.push_back('\0');
  gate_->ask(std::move(message), opens,
             [&handlers = handlers_, id = connection_.id(), is_login, again](std::string reply) {
               ConnectionHandler* self = handlers.open.find(id);
               if (self == nullptr) return;
               // The gate has delayed a negative reply.
               if (!reply.empty()) return self->connection_.reply(std::move(reply), false);
               if (!again.empty()) {
                 self->is_local_ = true;
                 return self->answer(again);
               }
               self->connection_.reply(
                   is_login ? verdict_message("", wire::Verdict::kUnavailable, "") : Admin::unavailable(), false);
             });
}

void ConnectionHandler::open_gate(const std::string& name) {
  const Peer& peer = connection_.peer();
  wire::RelayBegin who = begin_of(service_);
  who.uid = peer.uid;
  (void)who.user.assign(name);
  (void)who.session.assign(session_of(peer.pid, peer.uid));
  gate_ =
      std::make_unique<GateConnection>(service_, *handlers_.gates, who, [&handlers = handlers_, id = connection_.id()] {
        ConnectionHandler* self = handlers.open.find(id);
        if (self != nullptr) self->connection_.close("disconnected");
      });
}

}  // namespace seimon::daemon

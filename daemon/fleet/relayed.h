// SPDX-License-Identifier: Apache-2.0
// A session that seimon-gate(8) opens for another host: io.seimon.Relay. Whose certificate was shown is looked up, who
// connected there becomes the session's peer, and before each message the host is looked up again.
// MUST (threat model D1):
//  1. A host that is not enrolled, or revoked, or shows another certificate than its newest, is refused, whatever it
//  sends.
//  2. The name that a host gives to a uid is believed only where it is that uid's name here, too.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "daemon/net/registry.h"
#include "daemon/work/service.h"
#include "wire/codec.h"
#include "wire/relay.h"

namespace seimon::daemon {

class Relayed;

// Shared by all connections of login hosts. One instance, owned by main; used on the loop's thread.
struct Relays {
  struct LastSeen {
    core::Instant at{};
    core::seconds clock_offset{};
  };

  Service& service;
  Registry<Relayed> open = {};
  std::map<std::string, LastSeen> hosts = {};  // as they were last recorded
};

class Relayed {
 public:
  // `admitted`: what to do with a message that was given to vouch().
  Relayed(Relays& relays, Connection& connection, bool is_gate, std::function<void(std::string)> admitted);
  Relayed(const Relayed&) = delete;
  Relayed& operator=(const Relayed&) = delete;
  ~Relayed() { relays_.open.remove(connection_.id()); }

  // Every other call is refused before the host has named its user.
  [[nodiscard]] bool comes_first() const { return awaits_ != Next::kAnything; }
  // False when the message is not understood, or not allowed now; then the session is to be closed.
  [[nodiscard]] bool call(const wire::Envelope& envelope);
  // Looks the host up again. If it may still call, `message` is admitted; without a message the host itself is. Else
  // the call is refused, and so is whatever follows.
  void vouch(std::string message);

 private:
  // A host calls once it is admitted; the call before that is the gate's own, and comes once.
  enum class Next : std::uint8_t { kNothing, kHost, kBegin, kAnything };

  template <class Message>
  [[nodiscard]] bool take(const wire::Envelope& envelope, bool (Relayed::*handle)(const Message&));
  [[nodiscard]] bool host(const wire::RelayHost& message);
  [[nodiscard]] bool begin(const wire::RelayBegin& message);
  [[nodiscard]] bool events(const wire::RelayEvents& message);
  void sign_in(const wire::RelayBegin& message);
  void admit(std::string message);
  void refuse(const std::string& reason);
  // The host and this gate have no version in common. Returns true: the message was answered.
  [[nodiscard]] bool refuse_version(std::int64_t version, std::int64_t oldest);

  Relays& relays_;
  Service& service_;
  Connection& connection_;
  Peer& peer_;  // the connection's
  std::function<void(std::string)> admitted_;
  Next awaits_;
  std::string serial_;
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// A session that seimon-gate(8) opens for another host: io.seimon.Relay. Whose certificate was shown is looked up, who
// connected there becomes the session's peer, and before each message the host is looked up again.
// MUST (threat model D1):
//  1. A host that is not enrolled, or revoked, or shows another certificate than its newest, is heard no further.
//  2. The name that a host gives to a uid is believed only where it is that uid's name here, too.
#pragma once

#include <string>

#include "daemon/peer.h"
#include "daemon/service.h"
#include "wire/codec.h"
#include "wire/relay.h"

namespace seimon::daemon {

class Relayed {
 public:
  Relayed(Service& service, SessionId session, Peer& peer, bool is_gate)
      : service_(service), session_(session), peer_(peer), awaits_(is_gate ? Next::kHost : Next::kAnything) {}

  // Nothing else is heard before the host has said who is there.
  [[nodiscard]] bool comes_first() const { return awaits_ != Next::kAnything; }
  // False when the message is not understood, or not allowed now; then the session is to be closed.
  [[nodiscard]] bool call(const wire::Envelope& envelope);
  // Hands `message` to the session if the host may still speak; without a message the host itself is admitted. Else the
  // session hears no more.
  void vouch(std::string message);

 private:
  // A host speaks once it is admitted; what comes before is the gate's own word, and comes once.
  enum class Next : std::uint8_t { kNothing, kHost, kBegin, kAnything };

  template <class Message>
  [[nodiscard]] bool take(const wire::Envelope& envelope, bool (Relayed::*handle)(const Message&));
  [[nodiscard]] bool host(const wire::RelayHost& message);
  [[nodiscard]] bool begin(const wire::RelayBegin& message);
  [[nodiscard]] bool events(const wire::RelayEvents& message);
  void sign_in(const wire::RelayBegin& message);
  void admit(std::string message);
  void refuse(const std::string& reason);

  Service& service_;
  SessionId session_;
  Peer& peer_;  // the session's
  Next awaits_;
  std::string serial_;
};

}  // namespace seimon::daemon

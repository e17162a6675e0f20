// SPDX-License-Identifier: Apache-2.0
// The two ports between a connection and what answers its messages. Main makes a Handler for each connection, so that
// net/ knows neither logins nor administration nor gates.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/net/peer.h"

namespace seimon::daemon {

enum class ConnectionId : std::uint64_t {};

// A connection, as its handler sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  [[nodiscard]] virtual ConnectionId id() const = 0;
  // The process at the other end. On a gate's connection the relay handler changes it to the user of the login host.
  [[nodiscard]] virtual Peer& peer() = 0;
  // Sends `message`, which ends with its NUL; an empty one closes. A `negative` reply is delayed, so that its time says
  // nothing. The connection, and the handler with it, may be gone when this returns.
  virtual void reply(std::string message, bool negative) = 0;
  // The handler and the connection are gone when this returns.
  virtual void close(std::string_view reason) = 0;
  // The peer's message left an event; a connection may leave only so many.
  virtual void count_event() = 0;
  // False if the peer has left as many events as it may in this minute; then it is to be closed.
  [[nodiscard]] virtual bool may_act() = 0;
};

// Handles the messages of one connection.
class Handler {
 public:
  virtual ~Handler() = default;
  // One message, without its NUL, to be wiped. False if it is not understood or not allowed now; then the connection
  // closes. Else exactly one reply follows, now or later.
  [[nodiscard]] virtual bool handle(std::string message) = 0;
  // The login is decided, and nothing more will be asked.
  [[nodiscard]] virtual bool is_over() const = 0;
  // A person is typing: the next message may take minutes.
  [[nodiscard]] virtual bool awaits_person() const = 0;
  // The connection closes, for `reason`; what was not concluded is recorded.
  virtual void closed(std::string_view reason) = 0;
};

using MakeHandler = std::function<std::unique_ptr<Handler>(Connection& connection)>;

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// One connection: reads one message at a time, checks it against the permission table, hands it on, writes the reply.
// MUST (threat model D2, D4, R8):
//  1. A message is bounded in size and time; a second one before the reply, or anything malformed, closes.
//  2. A negative reply leaves at a multiple of kFloor after its message arrived.
//  3. A callback that comes later finds the session by its id, never by its address: it may be gone.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/admin.h"
#include "daemon/login.h"
#include "daemon/peer.h"
#include "daemon/relayed.h"
#include "daemon/service.h"

namespace seimon::daemon {

class Asking;

class Session {
 public:
  // `owner`: the process at the other end of the socket.
  Session(Service& service, SessionId id, const ucred& owner);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Takes `fd` over and begins; false, and `fd` is still the caller's, when the system does not allow that now.
  [[nodiscard]] bool start(int fd);
  // `message` with its final NUL; an empty one closes. `negative` replies wait for the floor.
  void reply(std::string message, bool negative);
  // One message of whoever may speak here.
  void hear(std::string message);
  // Something was written for this peer: a connection may have only so much of that.
  void count_act();

  [[nodiscard]] Login& login() { return login_; }
  [[nodiscard]] Admin& admin() { return admin_; }
  [[nodiscard]] Relayed& relayed() { return relayed_; }
  [[nodiscard]] uid_t owner() const { return owner_; }
  [[nodiscard]] const Peer& peer() const { return peer_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kListening, kReceiving, kThinking, kSpeaking };

  void wait_for_input();
  void read_input();
  void take_message();
  // On a host that holds nothing.
  void ask_gate(std::string message);
  void open_link(const std::string& name);
  [[nodiscard]] bool dispatch(std::string_view message);
  void speak();
  void await(std::chrono::seconds limit);
  void close(std::string_view reason);
  // Runs `member` later if this session is still there and `error` is none.
  template <class Member>
  [[nodiscard]] auto later(Member member);

  Service& service_;
  SessionId id_;
  uid_t owner_;
  Peer peer_;
  asio::posix::stream_descriptor stream_;
  asio::steady_timer deadline_;
  asio::steady_timer floor_;
  State state_ = State::kListening;
  int acts_ = 0;  // refusals and changes; each leaves an event
  Clock::time_point arrived_{};
  std::string input_;
  std::string output_;
  Relayed relayed_;
  Login login_;
  Admin admin_;
  std::unique_ptr<Asking> link_;  // to a gate
  bool knows_peer_ = false;       // whether it has a name or not
  bool is_local_ = false;         // no gate answered: this host decides by itself
};

}  // namespace seimon::daemon

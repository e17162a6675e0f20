// SPDX-License-Identifier: Apache-2.0
// One connection: reads one message at a time, gives it to its handler, writes the reply.
// MUST (threat model D2, D4, R8):
//  1. A message is bounded in size and time; a second one before the reply, or anything malformed, closes.
//  2. A negative reply leaves at a multiple of kFloor after its message arrived.
//  3. A callback that comes later finds the session by its id, never by its address: it may be gone.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/net/handler.h"

namespace seimon::daemon {

class Session;

// The owner of a session, as the session needs it.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // Null when it is gone.
  [[nodiscard]] virtual Session* find(ConnectionId id) const = 0;
  // Destroys it.
  virtual void remove(ConnectionId id) = 0;
  virtual void count_event(const Peer& peer) = 0;
  [[nodiscard]] virtual bool may_act(const Peer& peer) = 0;
};

class Session : public Connection {
 public:
  // `process`: the one at the other end of the socket.
  Session(SessionOwner& owner, asio::io_context& loop, ConnectionId id, const ucred& process);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;

  // Takes `fd` over and begins; false, and `fd` is still the caller's, if the system does not allow that now.
  [[nodiscard]] bool start(int fd, const MakeHandler& make_handler);

  [[nodiscard]] ConnectionId id() const override { return id_; }
  [[nodiscard]] Peer& peer() override { return peer_; }
  void reply(std::string message, bool negative) override;
  void close(std::string_view reason) override;
  void count_event() override;
  [[nodiscard]] bool may_act() override { return peer_.is_root() || owner_.may_act(peer_); }

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kListening, kReceiving, kHandling, kSending };

  void wait_for_input();
  void read_input();
  void take_message();
  void send();
  void await(std::chrono::seconds limit);
  // Runs `member` later if this session is still there and `error` is none.
  template <class Member>
  [[nodiscard]] auto later(Member member);

  SessionOwner& owner_;
  ConnectionId id_;
  Peer peer_;
  asio::posix::stream_descriptor stream_;
  asio::steady_timer deadline_;
  asio::steady_timer floor_;
  State state_ = State::kListening;
  int events_ = 0;  // that this peer's messages have left
  Clock::time_point arrived_{};
  std::string input_;
  std::string output_;
  std::unique_ptr<Handler> handler_;
};

}  // namespace seimon::daemon

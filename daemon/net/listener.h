// SPDX-License-Identifier: Apache-2.0
// Accepts connections, asks the kernel who they are, and keeps the sessions by id.
// Always true: every session that is kept was admitted by PeerLimits.
#pragma once

#include <memory>
#include <unordered_map>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/net/peer_limits.h"
#include "daemon/net/session.h"

namespace seimon::daemon {

class Listener : public SessionOwner {
 public:
  // Takes the listening socket `fd` over.
  Listener(Service& service, MakeHandler make_handler, int fd);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() override { close_all(); }

  void start() { wait_for_connection(); }
  // No new connections; those that wait for a reply are still served.
  void stop();
  void close_all();

  [[nodiscard]] Session* find(ConnectionId id) const override;
  void remove(ConnectionId id) override;
  void count_event(const Peer& peer) override { limits_.count_event(peer); }
  [[nodiscard]] bool may_act(const Peer& peer) override;

 private:
  // A session and the uid it was admitted as.
  struct Admitted {
    uid_t uid;
    std::unique_ptr<Session> session;
  };

  void wait_for_connection();
  void accept_all();
  void open(int fd);

  Service& service_;
  MakeHandler make_handler_;
  PeerLimits limits_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer retry_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Admitted> sessions_;
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The door: accepts connections, asks the kernel who they are, keeps the sessions by id.
// Always true: a uid other than 0 has at most kMostOfOneUser connections and all of them together at most kMostOfUsers,
// so that root's logins always find room.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <unordered_map>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/service.h"

namespace seimon::daemon {

class Session;

class Listener {
 public:
  static constexpr std::size_t kMostOfOneUser = 32;
  static constexpr std::size_t kMostOfUsers = 512;
  static constexpr std::size_t kMostOfCaller = 256;  // of an account in `callers`, whose logins are many people's
  static constexpr std::size_t kMostOfGate = 16384;  // of all other hosts; seimon-gate bounds each
  static constexpr int kMostPerMinute = 120;         // new connections of one uid other than 0: each may leave events

  // Takes the listening socket `fd` over.
  Listener(asio::io_context& loop, int fd);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  void start(Service& service);
  // No new connections; those that wait for a reply are still served.
  void stop();
  // Null when it is gone.
  [[nodiscard]] Session* find(SessionId id) const;
  void remove(SessionId id);
  [[nodiscard]] std::size_t count() const { return sessions_.size(); }
  void close_all() { sessions_.clear(); }

 private:
  void wait_for_connection();
  void accept_all();
  [[nodiscard]] bool has_room_for(uid_t peer);
  // Neither root, nor a service that logs other people in.
  [[nodiscard]] bool is_ordinary(uid_t peer) const;

  asio::posix::stream_descriptor socket_;
  asio::steady_timer retry_;
  Service* service_ = nullptr;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::map<uid_t, std::size_t> of_user_;
  std::map<uid_t, int> this_minute_;
  std::chrono::steady_clock::time_point minute_began_{};
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The door: accepts connections, asks the kernel who they are, keeps the sessions by id.
// Always true: a uid other than 0 has at most kMostOfOneUser connections and all of them together at most kMostOfUsers,
// so that root's logins always find room. Uids without an account (somebody's range of /etc/subuid) share one place:
// they keep no account out.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/service.h"

namespace seimon::daemon {

class Session;

class Listener {
 public:
  static constexpr std::size_t kMostOfOneUser = 32;
  static constexpr std::size_t kMostOfUsers = 512;
  static constexpr std::size_t kMostOfNobody = 64;  // of all uids without an account
  // On a host that asks gates: each connection has one to a gate, and of the host's share there half is root's.
  static constexpr std::size_t kMostOfUsersBehind = 256;
  static constexpr std::size_t kMostOfCaller = 256;  // of an account in `callers`, whose logins are many people's
  static constexpr std::size_t kMostOfGate = 16384;  // of all other hosts; seimon-gate bounds each
  static constexpr int kMostPerMinute = 120;         // new connections of one uid other than 0: each may leave events
  static constexpr int kMostActs = 60;               // that leave an event, of one ordinary uid in a minute

  // Takes the listening socket `fd` over.
  Listener(asio::io_context& loop, int fd);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  void start(Service& service);
  // No new connections; those that wait for a reply are still served.
  void stop();
  // One more thing that an ordinary peer's message leaves in the trail; `host` is empty for this one. False when this
  // minute's are used up: then nothing of theirs is heard, and how often is told by one event when the minute is over.
  [[nodiscard]] bool may_act(const std::string& host, uid_t peer);
  void count_act(const std::string& host, uid_t peer);
  // Null when it is gone.
  [[nodiscard]] Session* find(SessionId id) const;
  void remove(SessionId id);
  [[nodiscard]] std::size_t count() const { return sessions_.size(); }
  void close_all() { sessions_.clear(); }

 private:
  void wait_for_connection();
  void accept_all();
  [[nodiscard]] bool has_room_for(uid_t peer);
  // A uid that has no account, as far as is known; asks the name service once.
  [[nodiscard]] bool is_nobody(uid_t peer);
  // Counts of the minute before end, and what they refused is told.
  void begin_minute();
  // Neither root, nor a service that logs other people in.
  [[nodiscard]] bool is_ordinary(uid_t peer) const;

  asio::posix::stream_descriptor socket_;
  asio::steady_timer retry_;
  Service* service_ = nullptr;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::map<uid_t, std::size_t> of_user_;
  std::map<uid_t, int> this_minute_;
  std::map<std::pair<std::string, uid_t>, int> acts_;     // of this minute
  std::map<std::pair<std::string, uid_t>, int> unheard_;  // beyond kMostActs
  std::chrono::steady_clock::time_point minute_began_{};
  std::map<uid_t, bool> named_;  // whether a uid has an account; true until it is known that it has none
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Limits of connections and events for each uid.
// Always true: a uid other than 0 has at most kMostOfOneUser connections and all of them together at most kMostOfUsers,
// so that root's logins always find room. Uids without an account (somebody's range of /etc/subuid) share one place:
// they keep no account out.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "daemon/net/peer.h"
#include "daemon/work/service.h"

namespace seimon::daemon {

class PeerLimits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kMostOfOneUser = 32;
  static constexpr std::size_t kMostOfUsers = 512;
  static constexpr std::size_t kMostOfUnknown = 64;  // of all uids without an account
  // On a stateless login host: each connection has one to a gate, and half of the host's share there is root's.
  static constexpr std::size_t kMostOfUsersBehind = 256;
  static constexpr std::size_t kMostOfCaller = 256;  // of an account in `callers`, whose logins are many people's
  static constexpr std::size_t kMostOfGate = 16384;  // of all other hosts, and of the page; each bounds its own
  static constexpr int kMostPerMinute = 120;         // new connections of one uid other than 0: each may leave events
  static constexpr int kMostEvents = 60;             // of one ordinary uid in a minute

  explicit PeerLimits(Service& service) : service_(service) {}
  PeerLimits(const PeerLimits&) = delete;
  PeerLimits& operator=(const PeerLimits&) = delete;

  // Counts a new connection; false if there is no room for it, and then it is not counted.
  [[nodiscard]] bool admit(uid_t peer, Time now);
  // One that was admitted has closed.
  void leave(uid_t peer);
  // An event that an ordinary peer's message left in the log.
  void count_event(const Peer& peer);
  // False once this minute's events are used up; how often that was is recorded as one event at the end of the minute.
  [[nodiscard]] bool may_act(const Peer& peer, Time now);

 private:
  [[nodiscard]] bool has_room_for(uid_t peer, Time now);
  // A uid that has no account, as far as is known; asks the name service once.
  [[nodiscard]] bool is_unknown(uid_t peer);
  // Resets the counts of the last minute, and records what they refused.
  void begin_minute(Time now);
  // Neither root, nor a service that logs other people in.
  [[nodiscard]] bool is_ordinary(uid_t peer) const;

  Service& service_;
  std::map<uid_t, std::size_t> connections_;
  std::map<uid_t, int> this_minute_;
  std::map<std::pair<std::string, uid_t>, int> events_;   // of this minute, by host and uid
  std::map<std::pair<std::string, uid_t>, int> refused_;  // beyond kMostEvents
  Time minute_began_{};
  std::map<uid_t, bool> has_account_;  // true until it is known that it has none
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/net/peer_limits.h"

#include "daemon/system/clock.h"

namespace seimon::daemon {

bool PeerLimits::is_ordinary(uid_t peer) const {
  return peer != 0 && service_.config.gate != peer && service_.config.page.account != peer &&
         service_.config.caller(peer) == nullptr;
}

bool PeerLimits::admit(uid_t peer, Time now) {
  if (!has_room_for(peer, now)) return false;
  ++connections_[peer];
  return true;
}

void PeerLimits::leave(uid_t peer) {
  const auto found = connections_.find(peer);
  if (found != connections_.end() && --found->second == 0) connections_.erase(found);
}

bool PeerLimits::has_room_for(uid_t peer, Time now) {
  if (peer == 0) return true;
  const auto found = connections_.find(peer);
  const std::size_t held = found == connections_.end() ? 0 : found->second;
  if (!is_ordinary(peer)) {
    const bool is_many = service_.config.gate == peer || service_.config.page.account == peer;
    return held < (is_many ? kMostOfGate : kMostOfCaller);
  }
  begin_minute(now);
  constexpr uid_t kNobody = static_cast<uid_t>(-1);  // no process has it
  const bool unknown = is_unknown(peer);
  if (++this_minute_[unknown ? kNobody : peer] > kMostPerMinute) return false;
  std::size_t of_users = 0;
  std::size_t of_unknown = 0;
  for (const auto& [user, count] : connections_) {
    if (!is_ordinary(user)) continue;
    const auto known = has_account_.find(user);
    (known == has_account_.end() || known->second ? of_users : of_unknown) += count;
  }
  const std::size_t most = service_.config.upstream.empty() ? kMostOfUsers : kMostOfUsersBehind;
  return held < kMostOfOneUser && (unknown ? of_unknown < kMostOfUnknown : of_users < most);
}

void PeerLimits::begin_minute(Time now) {
  if (now - minute_began_ < std::chrono::minutes(1)) return;
  minute_began_ = now;
  this_minute_.clear();
  events_.clear();
  std::erase_if(has_account_, [this](const auto& row) { return !connections_.contains(row.first); });
  for (const auto& [who, count] : std::exchange(refused_, {})) {
    core::Event event;
    event.at = daemon::now();
    event.event = "alarm";
    event.outcome = "noticed";
    event.actor = "uid " + std::to_string(who.second);
    event.host = who.first.empty() ? service_.host : who.first;
    event.reason = "too-many-requests: " + std::to_string(count) + " more";
    service_.events.record({event});
  }
}

void PeerLimits::count_event(const Peer& peer) {
  if (is_ordinary(peer.uid)) ++events_[{peer.host, peer.uid}];
}

bool PeerLimits::may_act(const Peer& peer, Time now) {
  if (!is_ordinary(peer.uid)) return true;
  begin_minute(now);
  const auto found = events_.find({peer.host, peer.uid});
  if (found == events_.end() || found->second < kMostEvents) return true;
  ++refused_[{peer.host, peer.uid}];
  return false;
}

bool PeerLimits::is_unknown(uid_t peer) {
  const auto [known, is_new] = has_account_.try_emplace(peer, true);
  if (is_new)
    service_.groups.resolve_uid(peer, [this, peer](const Person& person) {
      const auto found = has_account_.find(peer);
      // If the name service cannot tell, that is no reason to keep people out.
      if (found != has_account_.end()) found->second = person.known != Person::Known::kNo;
    });
  return !known->second;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "gate/handshake_limits.h"

#include <algorithm>
#include <cstdint>

namespace seimon::daemon {

std::string HandshakeLimits::place_of(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string() + "/64";
}

bool HandshakeLimits::has_room_for(const std::string& place) const {
  if (count_ >= kMost) return false;
  if (known_.contains(place)) return true;
  const auto found = of_place_.find(place);
  return count_ < kMostUnknown && (found == of_place_.end() || found->second < kMostOfAddress);
}

void HandshakeLimits::came(const std::string& place) {
  ++count_;
  ++of_place_[place];
}

void HandshakeLimits::went(const std::string& place) {
  --count_;
  if (--of_place_[place] == 0) of_place_.erase(place);
}

void HandshakeLimits::know(const std::string& place) {
  if (known_.size() >= kMostKnown) known_.clear();
  known_.insert(place);
}

}  // namespace seimon::daemon

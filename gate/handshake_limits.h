// SPDX-License-Identifier: Apache-2.0
// Connections to a gate that have not shown a certificate yet, counted by address, so that no crowd keeps hosts out.
// Always true: an address from which no host has come has at most kMostOfAddress of them, and all such addresses
// together kMostUnknown of kMost: the rest is kept for addresses of hosts.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include <asio/ip/address.hpp>

namespace seimon::daemon {

class HandshakeLimits {
 public:
  static constexpr std::size_t kMost = 512;
  static constexpr std::size_t kMostUnknown = 384;
  static constexpr std::size_t kMostOfAddress = 16;
  static constexpr std::size_t kMostKnown = 4096;  // addresses of hosts that are remembered

  // The unit that `address` is counted in: itself, or its /64 if it is IPv6.
  [[nodiscard]] static std::string place_of(const asio::ip::address& address);

  [[nodiscard]] bool has_room_for(const std::string& place) const;
  void came(const std::string& place);
  // It has shown a certificate, or is gone.
  void went(const std::string& place);
  // A host that is enrolled has come from there.
  void know(const std::string& place);

 private:
  std::size_t count_ = 0;
  std::map<std::string, std::size_t> of_place_;
  std::set<std::string> known_;
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Addresses, prefixes and sets of them. An address is 128 bits; IPv4 lives at ::ffff:0:0/96, so one comparison serves
// both families.
// MUST (threat model N1, N2):
//  1. Only the text that inet_ntop would print is an address: no names, zone ids, short, octal, hexadecimal, padded or
//     upper-case forms. Nothing is ever looked up.
//  2. A set answers from sorted, disjoint ranges: left-out addresses are already gone from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace seimon::core {

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Address&) const = default;
};
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
// Any text that inet_pton reads as an address, canonical or not: for telling a number from a name.
[[nodiscard]] bool looks_numeric(std::string_view text);

struct Range {
  Address first;
  Address last;
};

enum class PrefixError : std::uint8_t { kNone, kNotAnAddress, kBadLength, kHostBits, kEverything };
[[nodiscard]] std::string_view prefix_error_text(PrefixError error);

struct Prefix {
  Range range;
  PrefixError error = PrefixError::kNotAnAddress;  // kHostBits and kEverything still carry their range
};
// "192.0.2.0/24", "2001:db8::/32", or a bare address for itself alone.
[[nodiscard]] Prefix parse_prefix(std::string_view text);

class NetworkSet {
 public:
  NetworkSet() = default;
  NetworkSet(std::vector<Range> members, std::vector<Range> left_out);
  // O(log n), no allocation.
  [[nodiscard]] bool contains(const Address& address) const;
  [[nodiscard]] std::span<const Range> ranges() const { return ranges_; }
  // Every address of IPv4, or of IPv6, is in it.
  [[nodiscard]] bool covers_a_family() const;
  // The share of all IPv4 addresses, or of all assigned IPv6 networks (2000::/3), that the set contains: 0 to 1.
  [[nodiscard]] double largest_share() const;

 private:
  std::vector<Range> ranges_;
};

}  // namespace seimon::core

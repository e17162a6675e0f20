// SPDX-License-Identifier: Apache-2.0
#include "core/policy/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace seimon::core {

namespace {

constexpr std::size_t kMappedPrefix = 96;

bool read_address(int family, std::string_view text, std::uint8_t* bytes) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), copy.begin());
  return inet_pton(family, copy.data(), bytes) == 1;
}

bool is_canonical(int family, std::string_view text, const std::uint8_t* bytes) {
  std::array<char, INET6_ADDRSTRLEN> printed{};
  return inet_ntop(family, bytes, printed.data(), printed.size()) != nullptr && text == printed.data();
}

Address mapped(const std::array<std::uint8_t, 4>& v4) {
  Address address;
  address.bytes[10] = address.bytes[11] = 0xFF;
  std::copy(v4.begin(), v4.end(), address.bytes.begin() + 12);
  return address;
}

std::uint8_t host_mask(std::size_t byte, std::size_t length) {
  if (length >= (byte + 1) * 8) return 0;
  if (length <= byte * 8) return 0xFF;
  return static_cast<std::uint8_t>(0xFFU >> (length - byte * 8));
}

Range whole(const Address& base, std::size_t length) {
  Range range{base, base};
  for (std::size_t i = 0; i < base.bytes.size(); ++i) {
    const std::uint8_t mask = host_mask(i, length);
    range.first.bytes[i] = static_cast<std::uint8_t>(base.bytes[i] & ~mask);
    range.last.bytes[i] = base.bytes[i] | mask;
  }
  return range;
}

// True for 0.0.0.0/0, and for IPv6 prefixes so short that they hold the place where IPv4 lives.
bool covers_all_of_ipv4(const Range& range) {
  return range.first <= mapped({0, 0, 0, 0}) && mapped({255, 255, 255, 255}) <= range.last;
}

// The next address up or down; false where there is none.
bool step_up(Address& address) {
  for (std::size_t i = address.bytes.size(); i-- > 0;)
    if (++address.bytes[i] != 0) return true;
  return false;
}
bool step_down(Address& address) {
  for (std::size_t i = address.bytes.size(); i-- > 0;)
    if (address.bytes[i]-- != 0) return true;
  return false;
}

// Sorted, overlapping and touching ranges joined.
std::vector<Range> joined(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> result;
  for (const Range& range : ranges) {
    bool touches = false;
    if (!result.empty()) {
      Address after = result.back().last;
      touches = !step_up(after) || range.first <= after;
    }
    if (touches) result.back().last = std::max(result.back().last, range.last);
    else result.push_back(range);
  }
  return result;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  std::array<std::uint8_t, 4> v4{};
  if (read_address(AF_INET, text, v4.data()))
    return is_canonical(AF_INET, text, v4.data()) ? std::optional(mapped(v4)) : std::nullopt;
  Address address;
  if (!read_address(AF_INET6, text, address.bytes.data()) || !is_canonical(AF_INET6, text, address.bytes.data()))
    return std::nullopt;
  return address;
}

bool looks_numeric(std::string_view text) {
  Address scratch;
  return read_address(AF_INET, text, scratch.bytes.data()) || read_address(AF_INET6, text, scratch.bytes.data());
}

std::string_view prefix_error_text(PrefixError error) {
  switch (error) {
    case PrefixError::kNone: return "";
    case PrefixError::kNotAnAddress: return "not a numeric address or prefix (host names are never looked up)";
    case PrefixError::kBadLength: return "the length after '/' is not a number that fits the address";
    case PrefixError::kHostBits: return "bits are set behind the prefix; write the network's own address";
    case PrefixError::kEverything:
      return "this is every address of a family; if that is meant, add any = true to the network";
  }
  return "";
}

namespace {

// An administrator's list may write an IPv6 network in capitals or in full, as other programs do: nobody who logs in
// has chosen that spelling. IPv4 stays strict, because octal and short forms mean other addresses to other programs.
std::optional<Address> configured_address(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return parse_address(text);
  Address address;
  return read_address(AF_INET6, text, address.bytes.data()) ? std::optional(address) : std::nullopt;
}

}  // namespace

Prefix parse_prefix(std::string_view text) {
  Prefix prefix;
  const std::size_t slash = text.find('/');
  const std::string_view number = text.substr(0, slash);
  const auto address = configured_address(number);
  if (!address) return prefix;
  const bool v4 = number.find(':') == std::string_view::npos;
  const std::size_t most = v4 ? 32 : 128;
  std::size_t length = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const bool padded = digits.size() > 1 && digits.front() == '0';
    prefix.error = PrefixError::kBadLength;
    if (failure != std::errc() || end != digits.data() + digits.size() || padded || length > most) return prefix;
  }
  prefix.range = whole(*address, v4 ? length + kMappedPrefix : length);
  prefix.error = PrefixError::kNone;
  if (prefix.range.first != *address) prefix.error = PrefixError::kHostBits;
  else if (covers_all_of_ipv4(prefix.range) || length == 0) prefix.error = PrefixError::kEverything;
  return prefix;
}

NetworkSet::NetworkSet(std::vector<Range> members, std::vector<Range> left_out) {
  const std::vector<Range> holes = joined(std::move(left_out));
  const std::vector<Range> wanted = joined(std::move(members));
  for (Range member : wanted) {
    bool rest = true;
    auto hole =
        std::partition_point(holes.begin(), holes.end(), [&](const Range& range) { return range.last < member.first; });
    for (; rest && hole != holes.end() && hole->first <= member.last; ++hole) {
      if (hole->first > member.first) {
        Address before = hole->first;
        if (step_down(before)) ranges_.push_back({member.first, before});
      }
      member.first = hole->last;
      rest = step_up(member.first) && hole->last < member.last;
    }
    if (rest && member.first <= member.last) ranges_.push_back(member);
  }
}

bool NetworkSet::covers_a_family() const {
  Range everything;
  everything.last.bytes.fill(0xFF);
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return covers_all_of_ipv4(range) || (range.first == everything.first && range.last == everything.last);
  });
}

bool NetworkSet::contains(const Address& address) const {
  const auto after =
      std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& range) { return range.first <= address; });
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

namespace {

std::uint64_t high_half(const Address& address) {
  std::uint64_t half = 0;
  for (std::size_t i = 0; i < 8; ++i) half = half << 8 | address.bytes[i];
  return half;
}

std::uint64_t low_half(const Address& address) {
  std::uint64_t half = 0;
  for (std::size_t i = 8; i < 16; ++i) half = half << 8 | address.bytes[i];
  return half;
}

}  // namespace

double NetworkSet::largest_share() const {
  constexpr double kIpv4 = 4294967296.0;
  constexpr double kGlobal = 2305843009213693952.0;  // /64s in 2000::/3
  double v4 = 0;
  double v6 = 0;
  for (const Range& range : ranges()) {
    const bool is_mapped = mapped({0, 0, 0, 0}) <= range.first && range.last <= mapped({255, 255, 255, 255});
    if (is_mapped) v4 += (static_cast<double>(low_half(range.last) - low_half(range.first)) + 1) / kIpv4;
    else v6 += (static_cast<double>(high_half(range.last) - high_half(range.first)) + 1) / kGlobal;
  }
  return std::max(v4, v6);
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/policy/source.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace seimon::core {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool is_ipv4(const Address& address) { return std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin()); }

bool holds(const Policy& policy, const std::string& network, const Address& address) {
  const auto found = policy.networks.find(network);
  return found != policy.networks.end() && found->second.set.contains(address);
}

Source source_of_address(const Address& address, const Policy& policy, const RiskSettings& settings) {
  Source source{source_name(address), true, settings.source_per_hour};
  if (!is_ipv4(address)) source.address = address_text(address);
  for (const auto& [name, network] : policy.networks)
    if (network.set.contains(address)) source.per_hour.reset();
  for (const RiskSettings::PerNetwork& row : settings.sources) {
    if (!holds(policy, row.network, address)) continue;
    source.per_hour = row.per_hour;
    source.forgives = false;
    break;
  }
  return source;
}

// FNV-1a: the same host has the same number on every gate. Two that collide share a scope, which is the stricter side.
std::int64_t number_of(const std::string& host) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : host) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return static_cast<std::int64_t>(hash >> 2);
}

}  // namespace

CounterScope scope_of(const Facts& facts) {
  if (!facts.trusted) return CounterScope{facts.peer_uid};
  if (facts.untrusted_host.empty()) return CounterScope::kTrusted;
  return CounterScope{-2 - number_of(facts.untrusted_host)};
}

std::string address_text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = is_ipv4(address) ? AF_INET : AF_INET6;
  const std::uint8_t* bytes = address.bytes.data() + (family == AF_INET ? kMapped.size() : 0);
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string source_name(const Address& address) {
  if (is_ipv4(address)) return address_text(address);
  Address prefix = address;
  std::fill(prefix.bytes.begin() + 8, prefix.bytes.end(), std::uint8_t{0});
  return address_text(prefix) + "/64";
}

namespace {

Source source_of_place(const Facts& facts, const Policy& policy, const RiskSettings& settings) {
  if (!facts.trusted) return {"uid " + std::to_string(facts.peer_uid), false, std::nullopt};
  switch (facts.origin.kind) {
    case Origin::Kind::kAddress: return source_of_address(facts.origin.address, policy, settings);
    case Origin::Kind::kLocal: {
      const auto caller = UserName::parse(facts.caller);
      if (!caller) return {"local", false, std::nullopt};
      return {"local " + caller->text(), false, settings.source_per_hour};
    }
    case Origin::Kind::kUnknown: break;
  }
  // A service that does not say where people are: all of them together are nobody's source.
  if (facts.peer_uid != 0) return {"uid " + std::to_string(facts.peer_uid), false, std::nullopt};
  return {};
}

}  // namespace

Source source_of(const Facts& facts, const Policy& policy, const RiskSettings& settings) {
  Source source = source_of_place(facts, policy, settings);
  if (facts.untrusted_host.empty() || source.name.empty()) return source;
  const std::string host = "host " + facts.untrusted_host + " ";
  return {host + source.name, false, source.per_hour, source.address.empty() ? "" : host + source.address};
}

}  // namespace seimon::core

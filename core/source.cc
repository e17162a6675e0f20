// SPDX-License-Identifier: Apache-2.0
#include "core/source.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace seimon::core {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool holds(const Policy& policy, const std::string& network, const Address& address) {
  const auto found = policy.networks.find(network);
  return found != policy.networks.end() && found->second.set.contains(address);
}

Source source_of_address(const Address& address, const Policy& policy, const RiskSettings& settings) {
  Source source{source_name(address), true, settings.source_per_hour};
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

Claimant claimant_of(const Facts& facts) {
  if (!facts.trusted) return Claimant{facts.peer_uid};
  if (facts.untrusted_host.empty()) return Claimant::kTrusted;
  return Claimant{-2 - number_of(facts.untrusted_host)};
}

std::string source_name(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
    if (inet_ntop(AF_INET, address.bytes.data() + kMapped.size(), text.data(), text.size()) == nullptr) return "";
    return text.data();
  }
  Address prefix = address;
  std::fill(prefix.bytes.begin() + 8, prefix.bytes.end(), std::uint8_t{0});
  if (inet_ntop(AF_INET6, prefix.bytes.data(), text.data(), text.size()) == nullptr) return "";
  return std::string(text.data()) + "/64";
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
  return {"host " + facts.untrusted_host + " " + source.name, false, source.per_hour};
}

}  // namespace seimon::core

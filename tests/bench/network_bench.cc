// SPDX-License-Identifier: Apache-2.0
// The time of one decision with 10 000 prefixes loaded.
#include <chrono>
#include <cstdio>
#include <string>

#include "core/policy/policy.h"

using namespace seimon::core;

int main() {
  std::vector<Range> members;
  for (int i = 0; i < 10000; ++i)
    members.push_back(
        parse_prefix("10." + std::to_string(i >> 6) + "." + std::to_string((i & 63) * 4) + ".0/23").range);
  Policy policy;
  policy.networks["campus"].set = NetworkSet(members, {});
  Rule rule;
  rule.name = "campus";
  rule.given.networks = {"campus"};
  rule.action = Action::kSkip;
  policy.rules.push_back(rule);
  const NetworkSet& set = policy.networks["campus"].set;
  Facts facts{*UserName::parse("alice")};
  facts.groups.emplace();
  facts.origin.kind = Origin::Kind::kAddress;
  facts.origin.address = *parse_address("10.1.2.3");
  int held = 0;
  int skipped = 0;
  constexpr int kRounds = 1000000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    Address address = *parse_address("10.1.2.3");
    address.bytes[13] = static_cast<std::uint8_t>(i);
    address.bytes[14] = static_cast<std::uint8_t>(i >> 8);
    held += set.contains(address) ? 1 : 0;
  }
  const auto middle = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    facts.origin.address.bytes[13] = static_cast<std::uint8_t>(i);
    skipped += decide(policy, facts, Instant()).action == Action::kSkip ? 1 : 0;
  }
  const auto end = std::chrono::steady_clock::now();
  const auto nanoseconds = [](auto duration) {
    return std::chrono::duration<double, std::nano>(duration).count() / kRounds;
  };
  std::printf("%zu ranges: address read and looked up in %.0f ns, whole decision in %.0f ns (%d, %d)\n",
              set.ranges().size(), nanoseconds(middle - start), nanoseconds(end - middle), held, skipped);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A conversation's whole life from bytes: any answers, at any time, from any place, several conversations at once. The
// oracle: it admits only by a code of this user that was never spent, and no code admits twice.
#include <cstdlib>
#include <memory>
#include <set>

#include "core/login/conversation.h"
#include "tests/support/memory_store.h"

using namespace seimon::core;
using seimon::tests::MemoryStore;

namespace {

UserName alice() { return *UserName::parse("alice"); }

std::string padded(std::uint32_t code) {
  const std::string digits = std::to_string(code);
  return std::string(6 - digits.size(), '0') + digits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 600) return 0;
  MemoryStore store;
  Instant now(seconds(1800000000));
  Instant latest = now;
  Method method;
  method.label = "app";
  method.key = Secret(std::vector<std::uint8_t>(20, 5));
  method.last_step = Step{static_cast<std::int64_t>(step_at(now, seconds(30))) - 2};
  (void)store.add_method(alice(), 1000, method);
  Policy policy;
  policy.fallback.action = Action::kRequire;
  std::set<std::int64_t> spent;
  std::vector<std::unique_ptr<Conversation>> open(4);
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    const std::uint8_t act = data[i];
    const std::uint8_t value = data[i + 1];
    if (act < 40) now += seconds(act < 4 ? -3600 * act : act * 3);
    latest = std::max(latest, now);
    auto& conversation = open[value % open.size()];
    if (conversation == nullptr || conversation->is_concluded() || act % 16 == 0) {
      Facts facts{act % 32 == 5 ? *UserName::parse("nobody") : alice()};
      facts.exists = true;
      facts.trusted = true;
      facts.groups.emplace();
      facts.origin = {Origin::Kind::kAddress, *parse_address("203.0.113." + std::to_string(value % 3)), ""};
      conversation = std::make_unique<Conversation>("c", facts, Manner());
      (void)conversation->begin(policy, {store, store}, {now, latest});
      continue;
    }
    const std::int64_t here = static_cast<std::int64_t>(step_at(now, seconds(30)));
    const std::int64_t step = here - 2 + act % 6;
    std::string typed = padded(code_at(method.key, Algorithm::kSha1, 6, Step{step}));
    if (value % 5 == 0) typed = "000000";
    if (value % 7 == 0) typed += padded(code_at(method.key, Algorithm::kSha1, 6, Step{step + 1}));
    if (value % 11 == 0) typed.assign(reinterpret_cast<const char*>(data + i), 2);
    const Step before = store.account(alice()).methods[0].last_step;
    const Step pair_before = store.account(alice()).methods[0].last_pair_step;
    const Outcome outcome = conversation->answer(typed, {store, store}, {now, latest});
    const auto* conclusion = std::get_if<Conclusion>(&outcome.reply);
    if (conclusion == nullptr) continue;
    if (conclusion->verdict == Verdict::kSkip) abort();
    if (conclusion->verdict != Verdict::kAllow) continue;
    if (conversation->facts().user != alice()) abort();
    const Step last_step = store.account(alice()).methods[0].last_step;
    const Step last_pair_step = store.account(alice()).methods[0].last_pair_step;
    if (last_step == before && last_pair_step == pair_before) abort();
    const auto used = static_cast<std::int64_t>(last_pair_step != pair_before ? last_pair_step : last_step);
    if (!spent.insert(used).second) abort();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Any sequence of tries, successes and clocks against the slow model: never laxer, bounded, and no more compared in any
// window than the budget allows.
#include <cstdlib>

#include "store/record_text.h"
#include "tests/support/slow_risk.h"

using namespace seimon::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1200) return 0;
  const RiskSettings settings;
  seimon::tests::SlowRisk slow(settings);
  Standing standing;
  Instant now(seconds(1800000000));
  const Cost cost = cost_of(3, size % 2 == 0 ? 6 : 8);
  bool exact = true;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::int64_t step = data[i] < 16 ? -std::int64_t{data[i]} * 600 : std::int64_t{data[i]} * data[i + 1] * 4;
    now += seconds(step);
    const std::string block = "s" + std::to_string(data[i + 2] % 40);
    const Source source{block, (data[i + 2] & 64) == 0, 20, (data[i + 2] & 128) == 0 ? "" : block + "a"};
    const Admission fast = admission(standing, source, cost, now, settings);
    const Admission wanted = slow.admission(source, cost, now);
    exact = exact && standing.charges.size() < kMostCharges && standing.sources.size() < kMostSources;
    if (fast == Admission::kOpen && wanted != Admission::kOpen) abort();
    if (exact && fast != wanted) abort();
    if (fast == Admission::kOpen) {
      standing = charged(standing, source, cost, now);
      slow.fail(source, cost, now);
    } else if (fast == Admission::kGuarded) {
      standing = guarded_try(standing, source, now);
      slow.fail_guarded(source, now);
    }
    if (data[i + 1] % 16 == 0) {
      standing = succeeded(standing, source, fast == Admission::kGuarded, now);
      slow.succeed(source, fast == Admission::kGuarded, now);
    }
    if (standing.charges.size() > kMostCharges || standing.sources.size() > kMostSources) abort();
    const seimon::store::Standings standings{{Claimant::kTrusted, standing}, {Claimant{1000}, Standing()}};
    if (seimon::store::standings_of(seimon::store::text_of(standings)) != standings) abort();
  }
  return 0;
}

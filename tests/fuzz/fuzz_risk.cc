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
  FailureRecord failures;
  Instant now(seconds(1800000000));
  const Cost cost = cost_of(3, size % 2 == 0 ? 6 : 8);
  bool exact = true;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::int64_t step = data[i] < 16 ? -std::int64_t{data[i]} * 600 : std::int64_t{data[i]} * data[i + 1] * 4;
    now += seconds(step);
    const std::string block = "s" + std::to_string(data[i + 2] % 40);
    const Source source{block, (data[i + 2] & 64) == 0, 20, (data[i + 2] & 128) == 0 ? "" : block + "a"};
    const Admission fast = admission(failures, source, cost, now, settings);
    const Admission wanted = slow.admission(source, cost, now);
    exact = exact && failures.charges.size() < kMostCharges && failures.sources.size() < kMostSources;
    if (fast == Admission::kOpen && wanted != Admission::kOpen) abort();
    if (exact && fast != wanted) abort();
    if (fast == Admission::kOpen) {
      failures = charged(failures, source, cost, now);
      slow.fail(source, cost, now);
    } else if (fast == Admission::kGuarded) {
      failures = guarded_try(failures, source, now);
      slow.fail_guarded(source, now);
    }
    if (data[i + 1] % 16 == 0) {
      failures = succeeded(failures, source, fast == Admission::kGuarded, now);
      slow.succeed(source, fast == Admission::kGuarded, now);
    }
    if (failures.charges.size() > kMostCharges || failures.sources.size() > kMostSources) abort();
    const seimon::store::FailureRecords failure_records{{CounterScope::kTrusted, failures},
                                                        {CounterScope{1000}, FailureRecord()}};
    if (seimon::store::failure_records_of(seimon::store::text_of(failure_records)) != failure_records) abort();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/ports/store.h"
#include "store/postgres/driver.h"

namespace seimon::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLeastPause = std::chrono::milliseconds(200);
constexpr auto kMostPause = std::chrono::seconds(5);

}  // namespace

void PostgresShared::begin_try() {
  const std::lock_guard lock(mutex);
  const bool known_to_be_away = !failure.empty();
  if (known_to_be_away && (is_trying || Clock::now() < next_try)) throw core::StoreUnavailable(failure);
  if (known_to_be_away) is_trying = true;
}

void PostgresShared::end_try(const std::string& why) {
  const std::lock_guard lock(mutex);
  is_trying = false;
  failure = why;
  pause = why.empty() ? Clock::duration() : std::clamp<Clock::duration>(2 * pause, kLeastPause, kMostPause);
  next_try = Clock::now() + pause;
}

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
// Port to figures over all users: what the store holds, and how logins ended.
#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace seimon::core {

struct StoreSummary {
  std::int64_t users = 0;
  std::int64_t methods = 0;
  std::int64_t events = 0;
  std::int64_t mails = 0;  // that wait
  Instant oldest_mail{};   // when there are any
};

// Logins of one user that ended alike.
struct Tally {
  std::string user;
  std::string outcome;
  std::string reason;
  std::string would;
  std::string rule;
  std::int64_t count = 0;
  Instant newest{};
};

class Reports {
 public:
  virtual ~Reports() = default;
  [[nodiscard]] virtual StoreSummary summary() = 0;
  // Logins of `user` since then.
  [[nodiscard]] virtual std::vector<Tally> tally_of(const std::string& user, Instant since) = 0;
  // Logins of all users, one page of the log at a time: events older than the id `before`, or the newest if it is 0.
  // `before` becomes the id where the next page begins; 0 after the last one.
  [[nodiscard]] virtual std::vector<Tally> tally(Instant since, std::int64_t& before) = 0;
};

}  // namespace seimon::core

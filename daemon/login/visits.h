// SPDX-License-Identifier: Apache-2.0
// Logins that passed, by conversation id: what the account and session hooks, which sshd runs in other processes,
// redeem the id for. In memory only: after a restart nothing can be redeemed, and nobody is let in or kept out by that.
// Beside them, which services have an account line at all: the answer to whether anybody may register there.
// Always true: an id that is found was issued by us, to a login service, no longer than kKeptFor ago.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "core/types.h"

namespace seimon::daemon {

struct Visit {
  core::UserName user;
  std::string service;
  std::string host;  // where it is redeemed, and nowhere else
  core::Instant at{};
  bool second_step = false;   // was taken
  bool may_register = false;  // came from a network that `enrol_from` names
  bool may_replace = false;   // that `replace_from` names
  std::string reminder;
  bool registered = false;  // a phone, which the account hook has to confirm
  bool armed = false;
};

class Visits {
 public:
  static constexpr core::seconds kKeptFor = std::chrono::hours(1);
  static constexpr std::size_t kMost = 16384;
  static constexpr std::size_t kMostServices = 16384;                  // of all hosts
  static constexpr core::seconds kPatience = std::chrono::minutes(1);  // with an account hook that follows at once

  void remember(const std::string& conversation, Visit visit);
  // The account hook of `service` has come: the whole authentication succeeded. Only then a visit can be taken.
  void arm(const std::string& conversation, const std::string& service, const std::string& host);
  // People registered there, and the account hook came neither then nor later: the stack lacks that line.
  [[nodiscard]] bool lacks_account_line(const std::string& service, const std::string& host, core::Instant now) const;
  // The same, once for each service: for the log.
  [[nodiscard]] bool is_news(const std::string& service, const std::string& host, core::Instant now);
  // A phone was registered in that conversation, and waits for the account hook.
  [[nodiscard]] bool has_registered(const std::string& conversation) const;
  // It is a method now: a second account hook of the same login finds nothing to confirm.
  void note_confirmed(const std::string& conversation);
  // Once: what it was found for is given out, and then it is gone.
  [[nodiscard]] std::optional<Visit> take(const std::string& conversation, const std::string& host, core::Instant now);

 private:
  std::map<std::string, Visit> visits_;
  std::deque<std::string> order_;                     // oldest first
  std::set<std::string> confirming_;                  // services of hosts whose account hook has come
  std::map<std::string, core::Instant> unconfirmed_;  // others: when somebody first registered there
  std::set<std::string> told_;                        // that were logged
};

}  // namespace seimon::daemon

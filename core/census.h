// SPDX-License-Identifier: Apache-2.0
// Ports to everybody together: who is in the memory, what their logins came to, and the mail that waits to be sent.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/store.h"

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

class Census {
 public:
  virtual ~Census() = default;
  // Names only, for the time when the store is away; Store::account() decides as long as it is not.
  [[nodiscard]] virtual std::set<UserName> suspended() = 0;
  // The same; nothing when nobody else can have been suspended or let in again since this was asked last.
  [[nodiscard]] virtual std::optional<std::set<UserName>> suspended_since() = 0;
  [[nodiscard]] virtual StoreSummary summary() = 0;
  // `count` names after the name `after`, shadows left out.
  [[nodiscard]] virtual std::vector<std::string> names_after(const std::string& after, int count) = 0;
  // Everything of a user but events.
  virtual void forget(const UserName& user) = 0;
  // Logins of `user` since then.
  [[nodiscard]] virtual std::vector<Tally> tally_of(const std::string& user, Instant since) = 0;
  // Everybody's in one piece of the trail: events older than the id `before`, or the newest where that is 0. The id
  // where the next piece begins is put there; 0: that was all since then.
  [[nodiscard]] virtual std::vector<Tally> tally(Instant since, std::int64_t& before) = 0;
};

// A notice to a user about their own account. It waits until seimon-notify(8) has sent it.
struct Mail {
  std::int64_t id = 0;
  Instant at{};
  std::string user;
  std::string subject;
  std::string body;
  std::int64_t tries = 0;
  std::int64_t lease = 0;  // of next_mail(): whoever shows it has this mail
};

class Mailbox {
 public:
  static constexpr std::int64_t kMostMails = 10000;  // more are not taken: a mailer that is dead fills no disk
  static constexpr std::int64_t kMostTries = 20;

  virtual ~Mailbox() = default;
  // False when there are too many.
  [[nodiscard]] virtual bool post(const Mail& mail) = 0;
  // The oldest that is due, if any; for kLease nobody else is given it.
  static constexpr seconds kLease = std::chrono::minutes(5);
  [[nodiscard]] virtual std::optional<Mail> next_mail(Instant now) = 0;
  // Sent, or not to be sent. False when the lease has ended and somebody else has it.
  virtual bool drop_mail(std::int64_t id, std::int64_t lease) = 0;
  // One more try, at `due`. False as above.
  virtual bool retry_mail(std::int64_t id, std::int64_t lease, Instant due) = 0;
  // Drops what was written before `oldest`; how many that were.
  virtual std::int64_t forget_mail(Instant oldest) = 0;
};

}  // namespace seimon::core

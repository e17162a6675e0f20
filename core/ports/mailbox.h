// SPDX-License-Identifier: Apache-2.0
// Port to the queue of notices that wait to be sent by mail.
#pragma once

#include <optional>
#include <string>

#include "core/types.h"

namespace seimon::core {

// A notice to a user about their own account. It waits until seimon-delivery(8) has sent it.
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

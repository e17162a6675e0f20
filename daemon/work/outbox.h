// SPDX-License-Identifier: Apache-2.0
// Messages that wait for a worker of seimon-delivery(8). In memory only: a code that is sent is on no disk.
// MUST:
//  1. A message is handed to one worker, once. If that worker ends before it reports the outcome, nobody gets the
//  message again: it may have been sent.
//  2. Each message that was put gets one outcome.
//  3. Of the messages to one address one is under way at a time; and of calls four, so that others need not wait.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/types.h"
#include "daemon/config/message_template.h"

namespace seimon::daemon {

// The end of one message.
struct DeliveryOutcome {
  enum class Kind : std::uint8_t {
    kSent,         // the gateway has taken it
    kBadAddress,   // the gateway will never send there
    kRefused,      // by a check of the gateway's, such as for a number that has just moved to another card
    kFailed,       // no driver could hand it over, and none has
    kUnknown,      // a driver may have handed it over, or not
    kNotAnswered,  // nobody took the call, or it was busy
    kLost,         // the worker ended first: it may have been sent or not
    kNotTaken,     // no worker took it in time
    kLoginEnded    // nobody waits for it any more, and no worker has it
  };
  Kind kind = Kind::kFailed;
  std::string driver = {};  // that decided it
  std::string detail = {};  // its words, without digits
  std::string keys = {};    // that were pressed in a call, without "#"
};
// "sent", "bad-address", "refused", "failed", "unknown", "not-answered", "lost", "not-taken", "login-ended".
[[nodiscard]] std::string_view outcome_name(DeliveryOutcome::Kind kind);
// Of the ones that a worker reports.
[[nodiscard]] std::optional<DeliveryOutcome::Kind> parse_outcome(std::string_view name);

// On the loop's thread.
class Outbox {
 public:
  using Told = std::function<void(const DeliveryOutcome& outcome)>;
  using Wake = std::function<void()>;
  using Worker = std::uint64_t;  // the id of its connection

  static constexpr std::size_t kMost = 10000;

  // Queues `message` under an id of its own until `until`, by the same clock as `now` below; `owner` is who waits for
  // it. False, and `told` is never called, if too many wait.
  [[nodiscard]] bool put(Message message, core::seconds until, const std::string& owner, Told told);
  // Drops the messages of `owner` that no worker has.
  void drop(const std::string& owner);
  // The message that has waited longest and may leave; nothing if there is none.
  [[nodiscard]] std::optional<Message> take(Worker worker, core::seconds now);
  // The outcome, by the worker that has it; false if it does not have a message of that id.
  [[nodiscard]] bool note_outcome(Worker worker, const std::string& id, const DeliveryOutcome& outcome);
  // `worker` has gone.
  void forget_worker(Worker worker);
  // Drops what nobody has taken in time.
  void expire(core::seconds now);

  // Calls `wake` when there is a message to take; one waiting worker is called for each message.
  void wait(Worker worker, Wake wake);
  void stop_waiting(Worker worker) { waiting_.erase(worker); }

  // Of one channel, since the service started.
  struct Tally {
    std::int64_t sent = 0;
    std::int64_t failed = 0;
    std::string failure = {};  // the last one: "gammu: no network"
    core::Instant failed_at{};
  };
  [[nodiscard]] Tally tally(const std::string& channel) const;
  // Of what was not in this queue; for a message that was, it is counted.
  void count(const std::string& channel, const DeliveryOutcome& outcome);

  struct Counts {
    std::size_t waiting = 0;   // messages
    std::size_t underway = 0;  // messages that workers have
    std::size_t idle = 0;      // workers that wait
  };
  [[nodiscard]] Counts counts() const { return {queue_.size(), taken_.size(), waiting_.size()}; }

 private:
  struct Entry {
    Message message;
    core::seconds until;
    std::string owner;
    Told told;
  };
  struct Taken {
    Worker worker;
    std::string channel;
    std::string to;
    Told told;
  };

  [[nodiscard]] bool is_under_way_to(const std::string& to) const;
  void wake_one();
  // Takes those out of the queue for which `is_one` holds, with this end.
  template <class IsOne>
  void end_waiting(IsOne is_one, DeliveryOutcome::Kind kind);
  void conclude(const std::string& channel, const Told& told, const DeliveryOutcome& outcome);

  std::deque<Entry> queue_;
  std::map<std::string, Taken> taken_;  // by id
  std::map<Worker, Wake> waiting_;
  std::map<std::string, Tally> tallies_;  // by channel
  std::uint64_t last_id_ = 0;
};

}  // namespace seimon::daemon

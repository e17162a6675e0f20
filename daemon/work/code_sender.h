// SPDX-License-Identifier: Apache-2.0
// Codes on their way to their users: each goes through the outbox, is tried again while it lives, and what became of it
// is recorded.
//
// MUST:
//  1. A message is put here only once the step that counted it is durable (threat model S2).
//  2. It is tried again only where the worker said that no driver has taken it, and only while somebody waits for it;
//     whatever may have been sent is not.
//  3. No code is in an event or in the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <asio/io_context.hpp>

#include "core/login/conversation.h"
#include "daemon/work/event_log.h"
#include "daemon/work/health.h"
#include "daemon/work/outbox.h"

namespace seimon::daemon {

// On the loop's thread.
class CodeSender {
 public:
  CodeSender(asio::io_context& loop, Outbox& outbox, EventLog& events, Health& health)
      : loop_(loop), outbox_(outbox), events_(events), health_(health) {}

  using Answered = std::function<void(const std::string& keys)>;
  // Sends `message`, whose code lives for `life` from now, to `owner`: a conversation, or a registration by command.
  // `sent`: the event of its step, for the user, host, method and conversation of the event "delivery-failed" if it
  // comes to that. `answered` takes the keys that were pressed in a call, if it was answered; null: they do not matter.
  void send(const core::CodeMessage& message, core::seconds life, const core::Event& sent, const std::string& owner,
            Answered answered = nullptr);

  // True, once, if a code of `owner` could not be sent.
  [[nodiscard]] bool take_failure(const std::string& owner) { return failed_.erase(owner) > 0; }
  // `owner` waits for nothing any more: what no worker has is not sent.
  void end(const std::string& owner);

  // A login has asked for a code, or has been let in by one.
  void note_asked() { note('s'); }
  void note_accepted() { note('a'); }

 private:
  struct Attempt {
    Message message;
    std::chrono::steady_clock::time_point until;  // the last moment to hand it to a worker
    core::Event sent;
    std::string owner;
    Answered answered;
    std::size_t round = 0;
  };

  void put(Attempt attempt);
  void put_later(Attempt attempt);
  [[nodiscard]] bool is_tried_again(const Attempt& attempt, const DeliveryOutcome& outcome) const;
  void conclude(const Attempt& attempt, const DeliveryOutcome& outcome);
  void note(char what);

  asio::io_context& loop_;
  Outbox& outbox_;
  EventLog& events_;
  Health& health_;
  // By owner: its codes that are on their way, and whether it has ended.
  struct Waiting {
    std::size_t codes = 0;
    bool has_ended = false;
  };
  std::map<std::string, Waiting> waiting_;
  std::set<std::string> failed_;  // owners; at most kMostFailed
  std::deque<char> recent_;       // 's' for each that was sent, 'a' for each that was accepted, oldest first
  std::int64_t recent_sent_ = 0;  // of those
};

// By a clock that no one sets, and that this process alone uses.
[[nodiscard]] core::seconds running_time();

}  // namespace seimon::daemon

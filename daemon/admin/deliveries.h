// SPDX-License-Identifier: Apache-2.0
// The calls of seimon-delivery(8): the next message to send and its outcome; and the message that an administrator
// tries a driver with.
//
// Model: a worker's call waits until there is a message: in the outbox, which is in memory, or in the store's queue of
// mails, which is looked into each ten seconds. A worker has at most one message.
//
// MUST:
//  1. A message is handed to nobody but root and the account that sends.
//  2. A worker that ends takes along what it has: a mail is free again when its lease ends, any other message never.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include <asio/steady_timer.hpp>

#include "daemon/admin/request.h"
#include "daemon/work/outbox.h"
#include "daemon/work/service.h"

namespace seimon::daemon {

// One instance, owned by main; on the loop's thread.
class Deliveries {
 public:
  // Of a call: its parameters in the reply, never when the connection has closed.
  using Reply = std::function<void(nlohmann::json parameters)>;
  using Worker = Outbox::Worker;

  explicit Deliveries(Service& service) : service_(service) {}

  // A message, or an empty `id` when none came within `wait`.
  void next(Worker worker, std::chrono::seconds wait, Reply reply);
  // The outcome of a message that the worker has. Replies whether it was `known`: not, if the worker does not have it.
  void note_outcome(Worker worker, const std::string& id, const DeliveryOutcome& outcome, const Reply& reply);
  // Sends a message that says what it is, and replies with its outcome. False if too many messages wait.
  [[nodiscard]] bool test(Worker asker, const std::string& channel, const std::string& to, Reply reply);
  // Of the connection that has closed.
  void forget(Worker worker);
  // The messages that wait, and the outcomes since the service started.
  [[nodiscard]] nlohmann::json status() const;

 private:
  // A call that has no reply yet, of one connection.
  struct Waiting {
    std::uint64_t number;  // of this wait: a handler that comes late belongs to another
    Reply reply;
    std::chrono::steady_clock::time_point until;
    asio::steady_timer timer;
  };
  class MailJob;
  class MailOutcomeJob;

  // Replies to a test that nobody takes in time, or whose driver takes long.
  void expire_test(Worker asker, Waiting& waiting);
  // Looks into the store's queue of mails; meanwhile and after that it waits for what comes first: a message, or the
  // next look.
  void look_for_mail(Worker worker, std::uint64_t number);
  void wait(Worker worker, std::uint64_t number);
  // There is a message to take.
  void wake(Worker worker, std::uint64_t number);
  // The wait of that connection and number; null if it has ended.
  [[nodiscard]] Waiting* find(Worker worker, std::uint64_t number);
  std::uint64_t begin(Worker worker, Reply reply, std::chrono::seconds wait);
  // Ends the wait, and returns its reply.
  [[nodiscard]] Reply end(Worker worker);

  Service& service_;
  std::map<Worker, Waiting> waiting_;
  std::map<Worker, core::Mail> mails_;  // that workers have
  std::uint64_t last_number_ = 0;
};

// Refuses whoever may not have messages. Throws Refusal.
void demand_sender(const Request& request);

}  // namespace seimon::daemon

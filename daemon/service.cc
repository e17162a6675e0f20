// SPDX-License-Identifier: Apache-2.0
#include "daemon/service.h"

#include <syslog.h>

#include <utility>

#include "core/secret.h"

namespace seimon::daemon {

void Service::record(const std::vector<core::Event>& events) {
  for (const core::Event& event : events) journal.write(event);
  keep(events);
}

void Service::keep(const std::vector<core::Event>& events) {
  judge.run_step(
      [events](const Court& court) {
        for (const core::Event& event : events) court.audit.append(event);
        return Needs::kCommit;
      },
      [this, events](const Fate& fate) {
        if (fate.kind != Fate::Kind::kDurable && !spool.append(events))
          journal.write(LOG_ERR, "an event is in the system log only: " + fate.reason);
      });
}

void Service::keep_soon(const std::vector<core::Event>& events) {
  constexpr auto kSoon = std::chrono::milliseconds(200);
  constexpr std::size_t kMostWaiting = 1000;
  // A server's store is written by other threads, and read by other hosts.
  if (!config.store.server.empty()) return keep(events);
  const bool first = waiting.empty();
  waiting.insert(waiting.end(), events.begin(), events.end());
  if (waiting.size() >= kMostWaiting) return keep_waiting();
  if (!first) return;
  if (!soon) soon.emplace(loop);
  soon->expires_after(kSoon);
  soon->async_wait([this](const asio::error_code& error) {
    if (!error) keep_waiting();
  });
}

void Service::keep_waiting() {
  if (!waiting.empty()) keep(std::exchange(waiting, {}));
}

std::string new_conversation_id() {
  const core::Secret random = core::Secret::random(16);
  std::string id;
  for (std::uint8_t byte : random.reveal()) {
    id += "0123456789abcdef"[byte >> 4];
    id += "0123456789abcdef"[byte & 15];
  }
  return id;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/event_log.h"

#include <syslog.h>

#include <utility>

namespace seimon::daemon {

void EventLog::record(const std::vector<core::Event>& events) {
  for (const core::Event& event : events) journal_.write(event);
  keep(events);
}

void EventLog::keep(const std::vector<core::Event>& events) {
  executor_.run_step(
      [events](const StepContext& context) {
        for (const core::Event& event : events) context.audit.append(event);
        return Needs::kCommit;
      },
      [this, events](const CommitResult& result) {
        if (!result.is_durable() && !spool_.append(events))
          journal_.write(LOG_ERR, "an event is in syslog only: " + result.reason);
      });
}

void EventLog::keep_soon(const std::vector<core::Event>& events) {
  constexpr auto kSoon = std::chrono::milliseconds(200);
  constexpr std::size_t kMostWaiting = 1000;
  if (is_shared_) return keep(events);
  const bool first = waiting_.empty();
  waiting_.insert(waiting_.end(), events.begin(), events.end());
  if (waiting_.size() >= kMostWaiting) return flush();
  if (!first) return;
  if (!soon_) soon_.emplace(loop_);
  soon_->expires_after(kSoon);
  soon_->async_wait([this](const asio::error_code& error) {
    if (!error) flush();
  });
}

void EventLog::flush() {
  if (!waiting_.empty()) keep(std::exchange(waiting_, {}));
}

}  // namespace seimon::daemon

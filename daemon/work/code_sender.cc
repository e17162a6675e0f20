// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/code_sender.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <asio/steady_timer.hpp>

#include "daemon/system/clock.h"

namespace seimon::daemon {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<core::seconds, 3> kPauses = {core::seconds(2), core::seconds(5), core::seconds(10)};
constexpr core::seconds kTooLate{60};  // before its end a code is not sent any more
constexpr std::size_t kMostFailed = 10000;
constexpr std::int64_t kRecent = 50;

Message message_of(const core::CodeMessage& code) {
  Message message;
  message.channel = std::string(core::kind_name(code.kind));
  message.to = code.to;
  message.subject = code.subject;
  message.language = code.language == core::Language::kJapanese ? "ja" : "en";
  message.text = code.text;
  message.code = code.code;
  if (code.kind == core::Kind::kCall) message.mode = code.request.empty() ? "code" : "number";
  return message;
}

}  // namespace

core::seconds running_time() { return std::chrono::duration_cast<core::seconds>(Clock::now().time_since_epoch()); }

void CodeSender::send(const core::CodeMessage& message, core::seconds life, const core::Event& sent,
                      const std::string& owner, Answered answered) {
  ++waiting_[owner].codes;
  put({message_of(message), Clock::now() + std::max(life / 2, life - kTooLate), sent, owner, std::move(answered), 0});
}

void CodeSender::end(const std::string& owner) {
  failed_.erase(owner);
  const auto found = waiting_.find(owner);
  if (found == waiting_.end()) return;
  found->second.has_ended = true;
  outbox_.drop(owner);
}

bool CodeSender::is_tried_again(const Attempt& attempt, const DeliveryOutcome& outcome) const {
  return outcome.kind == DeliveryOutcome::Kind::kFailed && attempt.round < kPauses.size() &&
         Clock::now() + kPauses.at(attempt.round) < attempt.until && !waiting_.at(attempt.owner).has_ended;
}

void CodeSender::put(Attempt attempt) {
  const core::seconds until = std::chrono::duration_cast<core::seconds>(attempt.until.time_since_epoch());
  const auto told = [this, attempt](const DeliveryOutcome& outcome) mutable {
    if (is_tried_again(attempt, outcome)) put_later(std::move(attempt));
    else conclude(attempt, outcome);
  };
  if (waiting_.at(attempt.owner).has_ended) return conclude(attempt, {.kind = DeliveryOutcome::Kind::kLoginEnded});
  if (!outbox_.put(attempt.message, until, attempt.owner, told))
    return conclude(attempt, {.kind = DeliveryOutcome::Kind::kNotTaken});
  // For the case that no worker comes.
  auto timer = std::make_unique<asio::steady_timer>(loop_, Clock::time_point(until));
  asio::steady_timer& wait = *timer;
  wait.async_wait([this, timer = std::move(timer)](const asio::error_code& error) {
    if (!error) outbox_.expire(running_time());
  });
}

void CodeSender::put_later(Attempt attempt) {
  auto timer = std::make_unique<asio::steady_timer>(loop_, kPauses.at(attempt.round++));
  asio::steady_timer& wait = *timer;
  wait.async_wait(
      [this, timer = std::move(timer), attempt = std::move(attempt)](const asio::error_code& error) mutable {
        if (!error) put(std::move(attempt));
      });
}

// The end of a code's way.
void CodeSender::conclude(const Attempt& attempt, const DeliveryOutcome& outcome) {
  const auto found = waiting_.find(attempt.owner);
  const bool has_ended = found->second.has_ended;
  if (--found->second.codes == 0) waiting_.erase(found);
  if (outcome.kind == DeliveryOutcome::Kind::kSent) {
    if (attempt.answered) attempt.answered(outcome.keys);
    return;
  }
  core::Event event = attempt.sent;
  event.id = 0;
  event.at = now();
  event.event = "delivery-failed";
  event.outcome = "failed";
  event.reason = outcome_name(outcome.kind);
  if (!outcome.driver.empty()) event.reason += " (" + outcome.driver + ")";
  events_.record({event});
  if (has_ended) return;
  if (failed_.size() >= kMostFailed) failed_.clear();
  failed_.insert(attempt.owner);
}

void CodeSender::note(char what) {
  recent_.push_back(what);
  if (what == 's') ++recent_sent_;
  while (recent_sent_ > kRecent || recent_.size() > std::size_t{2} * kRecent) {
    if (recent_.front() == 's') --recent_sent_;
    recent_.pop_front();
  }
  const auto used = std::count(recent_.begin(), recent_.end(), 'a');
  // Messages that somebody else asks for, or a gateway that takes them and sends none.
  health_.note_sending(recent_sent_ == kRecent && 2 * used < recent_sent_
                           ? "of the last " + std::to_string(kRecent) + " codes that were sent " +
                                 std::to_string(used) +
                                 " were used: do they arrive (seimon delivery test), and who asks for them (seimon log "
                                 "--event code-sent)?"
                           : "");
}

}  // namespace seimon::daemon

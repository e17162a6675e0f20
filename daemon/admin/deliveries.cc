// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/deliveries.h"

#include <syslog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <asio/post.hpp>

#include "daemon/system/clock.h"

namespace seimon::daemon {

using nlohmann::json;

namespace {

constexpr const char* kAccount = "seimon-delivery";
constexpr std::size_t kMostWithMail = 4;               // of the eight workers
constexpr auto kLook = std::chrono::seconds(10);       // between two looks into the queue of mails
constexpr core::seconds kTestWaits{10};                // for a worker
constexpr auto kTestTakes = std::chrono::seconds(18);  // after that; longer a call may not take

json json_of(const Message& message) {
  return {{"id", message.id},           {"channel", message.channel},   {"to", message.to},
          {"subject", message.subject}, {"language", message.language}, {"text", message.text},
          {"code", message.code},       {"mode", message.mode}};
}

std::string id_of(const core::Mail& mail) { return "m" + std::to_string(mail.id); }

json json_of(const core::Mail& mail) {
  return {{"id", id_of(mail)},       {"channel", "email"}, {"to", mail.user},
          {"subject", mail.subject}, {"text", mail.body},  {"language", "both"}};
}

std::string name_of(core::Language language) { return language == core::Language::kJapanese ? "ja" : "en"; }

Message test_message(const std::string& channel, const std::string& to, const Service& service) {
  Message message;
  message.channel = channel;
  message.to = to;
  message.language = name_of(service.config.language);
  message.subject = "Seimon: test from " + service.host;
  const bool is_japanese = service.config.language == core::Language::kJapanese;
  message.text = is_japanese ? "【正門】" + service.host + " からの送信テストです。"
                             : "Seimon: this is a test message from " + service.host + ".";
  // In kana, as all that is spoken (core/login/texts.cc).
  if (is_japanese && channel == "call")
    message.text = "せいもんです。" + service.host + " からの、でんわのテストです。";
  return message;
}

}  // namespace

void demand_sender(const Request& request) {
  const bool sends = request.actor.account && request.actor.account->text() == kAccount;
  if (request.actor.role != Role::kRoot && !sends)
    throw Refusal{"NotPermitted", std::string("only root and the account ") + kAccount + " may do this", {}};
}

// The oldest mail that is due.
class Deliveries::MailJob : public Job {
 public:
  MailJob(Deliveries& deliveries, Worker worker, std::uint64_t number)
      : deliveries_(deliveries), worker_(worker), number_(number) {}

  Needs run(const StepContext& context) override {
    found_ = context.mailbox.next_mail(context.now.age);
    return found_ ? Needs::kCommit : Needs::kNothing;
  }
  // A mail that nobody waits for any more is free again when its lease ends.
  void done(const CommitResult& result) override {
    if (deliveries_.find(worker_, number_) == nullptr) return;
    if (!result.is_durable() || !found_) return deliveries_.wait(worker_, number_);
    const json reply = json_of(*found_);
    deliveries_.mails_.insert_or_assign(worker_, std::move(*found_));
    deliveries_.end(worker_)(reply);
  }

 private:
  Deliveries& deliveries_;
  Worker worker_;
  std::uint64_t number_;
  std::optional<core::Mail> found_;
};

// A mail leaves the queue, or is tried again: after a minute, two, four, … up to a day. One that cannot be sent, or not
// for long, is dropped with an event. Whoever had it for too long has it no more: then somebody else is sending it.
class Deliveries::MailOutcomeJob : public Job {
 public:
  using Kind = DeliveryOutcome::Kind;

  MailOutcomeJob(Service& service, core::Mail mail, Kind kind, Reply reply)
      : service_(service), mail_(std::move(mail)), kind_(kind), reply_(std::move(reply)) {}

  Needs run(const StepContext& context) override {
    const bool is_tried_again =
        (kind_ == Kind::kFailed || kind_ == Kind::kUnknown) && mail_.tries + 1 < core::Mailbox::kMostTries;
    if (is_tried_again) {
      const core::seconds wait = core::seconds(60) * (std::int64_t{1} << std::min<std::int64_t>(mail_.tries, 11));
      const core::Instant due = context.now.age + std::min<core::seconds>(wait, core::kDay);
      (void)context.mailbox.retry_mail(mail_.id, mail_.lease, due);
    } else if (context.mailbox.drop_mail(mail_.id, mail_.lease) && kind_ != Kind::kSent) {
      note_dropped(context);
    }
    return Needs::kCommit;
  }
  // A mail whose outcome could not be written is sent again when its lease ends.
  void done(const CommitResult& result) override {
    if (result.is_durable() && dropped_) service_.journal.write(*dropped_);
    reply_({{"known", result.is_durable()}});
  }

 private:
  void note_dropped(const StepContext& context) {
    dropped_.emplace();
    dropped_->at = context.now.wall;
    dropped_->event = "notice";
    dropped_->outcome = "dropped";
    dropped_->reason = outcome_name(kind_);
    dropped_->user = mail_.user;
    dropped_->host = service_.host;
    context.audit.append(*dropped_);
  }

  Service& service_;
  core::Mail mail_;
  Kind kind_;
  Reply reply_;
  std::optional<core::Event> dropped_;
};

std::uint64_t Deliveries::begin(Worker worker, Reply reply, std::chrono::seconds wait) {
  waiting_.erase(worker);
  const auto until = std::chrono::steady_clock::now() + wait;
  waiting_.emplace(worker, Waiting{++last_number_, std::move(reply), until, asio::steady_timer(service_.loop)});
  return last_number_;
}

Deliveries::Waiting* Deliveries::find(Worker worker, std::uint64_t number) {
  const auto found = waiting_.find(worker);
  return found == waiting_.end() || found->second.number != number ? nullptr : &found->second;
}

Deliveries::Reply Deliveries::end(Worker worker) {
  Reply reply = std::move(waiting_.at(worker).reply);
  waiting_.erase(worker);
  service_.outbox.stop_waiting(worker);
  return reply;
}

void Deliveries::next(Worker worker, std::chrono::seconds wait, Reply reply) {
  if (const auto message = service_.outbox.take(worker, running_time())) return reply(json_of(*message));
  const std::uint64_t number = begin(worker, std::move(reply), wait);
  service_.outbox.wait(
      worker, [this, worker, number] { asio::post(service_.loop, [this, worker, number] { wake(worker, number); }); });
  look_for_mail(worker, number);
}

void Deliveries::wake(Worker worker, std::uint64_t number) {
  if (find(worker, number) == nullptr) return;
  if (const auto message = service_.outbox.take(worker, running_time())) return end(worker)(json_of(*message));
  next(worker, std::chrono::seconds(0), end(worker));  // another worker was quicker
}

void Deliveries::look_for_mail(Worker worker, std::uint64_t number) {
  // A mailer that hangs leaves workers for what cannot wait.
  if (mails_.size() >= kMostWithMail) return wait(worker, number);
  service_.executor.submit(std::make_unique<MailJob>(*this, worker, number), 0);
}

void Deliveries::wait(Worker worker, std::uint64_t number) {
  Waiting& waiting = waiting_.at(worker);
  const auto rest = waiting.until - std::chrono::steady_clock::now();
  if (rest <= std::chrono::seconds(0)) return end(worker)({{"id", ""}});
  waiting.timer.expires_after(std::min<std::chrono::steady_clock::duration>(rest, kLook));
  waiting.timer.async_wait([this, worker, number](const asio::error_code& error) {
    if (!error && find(worker, number) != nullptr) look_for_mail(worker, number);
  });
}

void Deliveries::note_outcome(Worker worker, const std::string& id, const DeliveryOutcome& outcome,
                              const Reply& reply) {
  const auto mail = mails_.find(worker);
  if (mail == mails_.end() || id_of(mail->second) != id)
    return reply({{"known", service_.outbox.note_outcome(worker, id, outcome)}});
  service_.outbox.count("email", outcome);
  service_.executor.submit(std::make_unique<MailOutcomeJob>(service_, std::move(mail->second), outcome.kind, reply), 0);
  mails_.erase(mail);
}

bool Deliveries::test(Worker asker, const std::string& channel, const std::string& to, Reply reply) {
  const std::uint64_t number = begin(asker, std::move(reply), kTestTakes);
  const auto told = [this, asker, number](const DeliveryOutcome& outcome) {
    if (find(asker, number) == nullptr) return;
    end(asker)({{"outcome", outcome_name(outcome.kind)}, {"driver", outcome.driver}, {"detail", outcome.detail}});
  };
  if (!service_.outbox.put(test_message(channel, to, service_), running_time() + kTestWaits, "", told)) {
    waiting_.erase(asker);
    return false;
  }
  if (Waiting* waiting = find(asker, number)) expire_test(asker, *waiting);
  return true;
}

void Deliveries::expire_test(Worker asker, Waiting& waiting) {
  waiting.timer.expires_after(kTestWaits);
  waiting.timer.async_wait([this, asker, number = waiting.number](const asio::error_code& error) {
    if (error) return;
    service_.outbox.expire(running_time());
    Waiting* still = find(asker, number);
    if (still == nullptr) return;
    still->timer.expires_after(kTestTakes);
    still->timer.async_wait([this, asker, number](const asio::error_code& late) {
      if (!late && find(asker, number) != nullptr) end(asker)({{"outcome", "unknown"}, {"driver", ""}, {"detail", ""}});
    });
  });
}

void Deliveries::forget(Worker worker) {
  waiting_.erase(worker);
  mails_.erase(worker);  // its lease ends by itself
  service_.outbox.forget_worker(worker);
}

json Deliveries::status() const {
  const Outbox::Counts counts = service_.outbox.counts();
  const std::size_t underway = counts.underway + mails_.size();
  json channels = json::array();
  for (const char* channel : {"sms", "email", "call", "notify"}) {
    json drivers = json::array();
    for (const Driver& driver : service_.config.delivery.drivers_of(channel)) drivers.push_back(driver.name);
    const Outbox::Tally tally = service_.outbox.tally(channel);
    channels.push_back({{"channel", channel},
                        {"drivers", drivers},
                        {"sent", tally.sent},
                        {"failed", tally.failed},
                        {"failure", tally.failure},
                        {"failed_at", tally.failure.empty() ? "" : iso_time(tally.failed_at)}});
  }
  return {
      {"waiting", counts.waiting}, {"underway", underway}, {"workers", counts.idle + underway}, {"channels", channels}};
}

}  // namespace seimon::daemon

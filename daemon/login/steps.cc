// SPDX-License-Identifier: Apache-2.0
#include "daemon/login/steps.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "core/login/request_answer.h"
#include "daemon/login/finish.h"
#include "daemon/system/clock.h"
#include "daemon/work/notices.h"
#include "qr/qr.h"
#include "wire/codec.h"

namespace seimon::daemon {

namespace {

struct VerdictRow {
  core::Verdict verdict;
  wire::Verdict on_wire;
};

constexpr std::array<VerdictRow, 5> kVerdicts = {{
    {core::Verdict::kAllow, wire::Verdict::kAccepted},
    {core::Verdict::kSkip, wire::Verdict::kSkipped},
    {core::Verdict::kDeny, wire::Verdict::kRefused},
    {core::Verdict::kExhausted, wire::Verdict::kExhausted},
    {core::Verdict::kUnavailable, wire::Verdict::kUnavailable},
}};

struct Drawing {
  core::QrStyle qr_style;
  std::string (*draw)(const std::string& link);
};

constexpr std::array<Drawing, 3> kDrawings = {{
    {core::QrStyle::kSmall, qr::utf8},
    {core::QrStyle::kWide, qr::wide},
    {core::QrStyle::kInverted, qr::inverted},
}};

wire::Verdict wire_verdict(core::Verdict verdict) {
  for (const VerdictRow& row : kVerdicts)
    if (row.verdict == verdict) return row.on_wire;
  return wire::Verdict::kUnavailable;
}

// Empty when something does not fit; the session closes then, and the module refuses.
std::string framed(const wire::Reply& reply, bool fits) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(wire::kMaxLogin);
  const std::string_view text = fits ? wire::write_reply(reply, buffer.get(), wire::kMaxLogin) : "";
  std::string message(text);
  explicit_bzero(buffer.get(), text.empty() ? wire::kMaxLogin : text.size());
  return message;
}

std::string drawn(const core::Prompt& prompt, core::QrStyle qr_style) {
  if (prompt.link.empty()) return "";
  try {
    for (const Drawing& row : kDrawings)
      if (row.qr_style == qr_style) return row.draw(prompt.link);
  } catch (const std::exception&) {
    // Too long for any QR code: the key and the link are shown.
  }
  return "";
}

}  // namespace

std::string verdict_message(std::string_view conversation, wire::Verdict verdict, std::string_view text,
                            std::string_view ticket) {
  __attribute__((uninitialized)) wire::Reply reply;
  const bool fits = reply.conversation.assign(conversation) && reply.verdict.assign(wire::verdict_name(verdict)) &&
                    reply.message.assign(text) && reply.ticket.assign(ticket);
  return framed(reply, fits);
}

std::string message_of(std::string_view conversation, const core::Outcome& outcome) {
  if (const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply))
    return verdict_message(conversation, wire_verdict(conclusion->verdict), conclusion->message);
  const auto& prompt = std::get<core::Prompt>(outcome.reply);
  __attribute__((uninitialized)) wire::Reply reply;
  reply.echo = prompt.echo;
  // A QR code that does not fit is drawn smaller, or left out.
  bool fits = false;
  for (const core::QrStyle qr_style : {prompt.qr_style, core::QrStyle::kSmall, core::QrStyle::kNone}) {
    std::string text = prompt.text + drawn(prompt, qr_style) + prompt.below;
    fits = reply.prompt.assign(text);
    core::wipe(text);
    if (fits) break;
  }
  return framed(reply, fits && reply.conversation.assign(conversation) && reply.message.assign(prompt.notice));
}

namespace {

bool is_skip(const core::Outcome& outcome) {
  const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply);
  return conclusion != nullptr && conclusion->verdict == core::Verdict::kSkip;
}

// The keys that were pressed in a call come back as a step of their own. `called`: the event of the call.
void take_keys(Service& service, const core::UserName& user, const core::CallAnswer& answer, const core::Event& called,
               int tries = 10) {
  const auto events = std::make_shared<std::vector<core::Event>>();
  service.executor.run_step(
      [user, called, answer, events](const StepContext& context) {
        core::Profile profile = context.store.account(user).profile;
        core::Event like = called;
        like.at = context.now.wall;
        *events = core::answer_by_call(profile, answer, context.config.approve, like, context.now.age);
        if (events->empty()) return Needs::kNothing;
        context.store.write_profile(user, profile);
        for (const core::Event& event : *events) context.audit.append(event);
        for (core::Event& alarm : post_notices(*events, context)) {
          context.audit.append(alarm);
          events->push_back(std::move(alarm));
        }
        return Needs::kCommit;
      },
      [&service, user, answer, called, tries, events](const CommitResult& result) {
        if (result.is_durable()) {
          for (const core::Event& event : *events) service.journal.write(event);
        } else if (tries > 1) {
          auto timer = std::make_unique<asio::steady_timer>(service.loop, std::chrono::milliseconds(500));
          asio::steady_timer& wait = *timer;
          wait.async_wait(
              [&service, user, answer, called, tries, timer = std::move(timer)](const asio::error_code& error) {
                if (!error) take_keys(service, user, answer, called, tries - 1);
              });
        } else {
          service.journal.write(LOG_ERR, "the answer to a call was lost: " + result.reason);
        }
      });
}

// A browser that has taken its permission back is not notified again.
void forget_endpoint(Service& service, const core::UserName& user, const std::string& endpoint) {
  service.executor.run_step(
      [user, endpoint](const StepContext& context) {
        core::Profile profile = context.store.account(user).profile;
        if (std::erase_if(profile.approvals.endpoints, [&](const auto& row) { return row.second == endpoint; }) == 0)
          return Needs::kNothing;
        context.store.write_profile(user, profile);
        return Needs::kCommit;
      },
      [](const CommitResult&) {});  // the next one finds out
}

// Phones that a sign-in waits for. What cannot be sent is counted, and nothing else: the page shows what waits.
void notify(Service& service, const core::Conversation& conversation, const std::vector<std::string>& whom) {
  const core::UserName user = conversation.facts().user;
  service.outbox.expire(running_time());
  for (const std::string& to : whom) {
    Message message;
    message.channel = "notify";
    message.to = to;
    message.language = service.config.language == core::Language::kEnglish ? "en" : "ja";
    message.text = core::text_of(core::TextId::kSignInWaiting, service.config.language, {}, service.config.wordings);
    const auto told = [&service, user, to](const DeliveryOutcome& outcome) {
      if (outcome.kind == DeliveryOutcome::Kind::kBadAddress) forget_endpoint(service, user, to);
    };
    (void)service.outbox.put(std::move(message), running_time() + service.config.approve.valid_for, conversation.id(),
                             told);
  }
}

// One step of one conversation, run on a copy that is kept only if it became durable.
class StepJob : public Job {
 public:
  StepJob(Service& service, core::Conversation conversation, Step step, bool is_question, Deliver deliver)
      : service_(service),
        before_(conversation),
        after_(std::move(conversation)),
        step_(std::move(step)),
        is_question_(is_question),
        deliver_(std::move(deliver)) {}
  StepJob(const StepJob&) = delete;
  StepJob& operator=(const StepJob&) = delete;

  ~StepJob() override {
    if (auto* prompt = std::get_if<core::Prompt>(&outcome_.reply)) {
      core::wipe(prompt->text);
      core::wipe(prompt->link);
    }
  }

  Needs run(const StepContext& context) override {
    outcome_ = step_(after_, context);
    age_ = context.now.age;
    if (needs_no_store() && !context.config.skips_are_durable && write_to_syslog()) return Needs::kNothing;
    for (const core::Event& event : outcome_.events) context.audit.append(event);
    for (core::Event& alarm : post_notices(outcome_.events, context)) {
      context.audit.append(alarm);
      outcome_.events.push_back(std::move(alarm));
    }
    return Needs::kCommit;
  }

  [[nodiscard]] bool is_question() const override { return is_question_; }
  [[nodiscard]] bool asks_person() const override { return std::holds_alternative<core::Prompt>(outcome_.reply); }

  [[nodiscard]] bool let_in_exempt() {
    const core::Instant wall = now();
    outcome_ = after_.exempt(service_.config.policy, {wall, wall});  // no age is looked at
    if (!write_to_syslog()) return false;
    done({CommitResult::Kind::kDurable, ""});
    return true;
  }

  void done(const CommitResult& result) override {
    if (!result.is_durable()) service_.journal.write(LOG_ERR, "store: " + result.reason);
    Record record = Record::kBestEffort;
    for (const Attempt& attempt : attempts_for(result.is_durable(), kind())) {
      prepare(attempt.answer, result);
      record = attempt.record;
      if (is_recorded(record)) break;
    }
    const std::vector<core::Event> events = outcome_.events;
    if (result.is_durable()) send_code();
    if (result.is_durable()) notify(service_, after_, outcome_.notified);
    if (record == Record::kBestEffort) service_.events.record(events);
    // The client is gone: what was decided is in the log; what was not is concluded.
    if (!deliver_(after_, outcome_) && !after_.is_concluded()) {
      service_.events.record(after_.fail("disconnected", now()).events);
      service_.sender.end(after_.id());
      take_back_request(service_, after_);
    }
    if (record == Record::kBestEffort) return;
    if (in_syslog_ && result.is_durable()) service_.events.keep_soon(events);
    // The record is kept, so that nobody of this batch waits for syslog.
    if (!in_syslog_)
      asio::post(service_.loop, [&service = service_, events] {
        for (const core::Event& event : events) service.journal.write(event);
      });
  }

 private:
  // The message of this step, which counts by now, and what it says of an earlier one.
  void send_code() {
    if (outcome_.by_sent_code) service_.sender.note_accepted();
    if (!outcome_.message) return;
    const core::CodeMessage& message = *outcome_.message;
    const bool has_code = message.request.empty();
    const auto sent = std::find_if(outcome_.events.begin(), outcome_.events.end(), [&](const core::Event& event) {
      return has_code ? event.event == "code-sent" : event.outcome == "called";
    });
    if (has_code) service_.sender.note_asked();
    if (sent != outcome_.events.end())
      service_.sender.send(message, message.until - age_, *sent, after_.id(), has_code ? nullptr : answered(*sent));
    core::wipe(outcome_.message->text);
    core::wipe(outcome_.message->code);
  }

  [[nodiscard]] CodeSender::Answered answered(const core::Event& called) const {
    const core::CallAnswer answer{outcome_.message->request, outcome_.message->method, ""};
    return [&service = service_, user = after_.facts().user, answer, called](const std::string& keys) {
      take_keys(service, user, {answer.request, answer.method, keys}, called);
    };
  }

  // Let in without a code, and nothing of it has to be in the store.
  [[nodiscard]] bool needs_no_store() const { return is_skip(outcome_) && !outcome_.durable; }

  [[nodiscard]] OutcomeKind kind() const {
    const bool is_skip = after_.is_concluded() && needs_no_store();
    if (after_.is_exempt()) return is_skip ? OutcomeKind::kExemptSkip : OutcomeKind::kExempt;
    return is_skip ? OutcomeKind::kSkip : OutcomeKind::kOther;
  }

  // Makes outcome_ what is to be answered.
  void prepare(Answer answer, const CommitResult& result) {
    if (answer == Answer::kOutcome) return;
    if (answer == Answer::kRefuse) after_ = before_;
    outcome_ = after_.fail(result.kind == CommitResult::Kind::kDamaged ? "record-damaged" : "store-unavailable", now());
    // A later step of somebody exempt would be a skip that nothing has recorded.
    if (answer == Answer::kRefuse && is_skip(outcome_) && !service_.config.policy.observe)
      outcome_.reply = core::Conclusion{core::Verdict::kUnavailable, "", ""};
  }

  [[nodiscard]] bool is_recorded(Record record) {
    switch (record) {
      case Record::kBestEffort:
      case Record::kCommit: return true;
      case Record::kSpool: return service_.spool.append(outcome_.events);
      case Record::kSyslogOrSpool: return write_to_syslog() || service_.spool.append(outcome_.events);
    }
    return false;
  }

  bool write_to_syslog() {
    in_syslog_ = true;
    for (const core::Event& event : outcome_.events) in_syslog_ = service_.journal.write(event) && in_syslog_;
    return in_syslog_;
  }

  Service& service_;
  core::Conversation before_;
  core::Conversation after_;
  Step step_;
  bool is_question_;
  Deliver deliver_;
  core::Outcome outcome_;
  core::Instant age_{};  // of the step
  bool in_syslog_ = false;
};

}  // namespace

bool let_in_exempt(Service& service, const core::Conversation& conversation, Deliver deliver) {
  const Config& config = service.config;
  return !config.skips_are_durable && conversation.is_exempt_unread(config.policy, now()) &&
         StepJob(service, conversation, {}, true, std::move(deliver)).let_in_exempt();
}

std::unique_ptr<Job> step_job(Service& service, const core::Conversation& conversation, Step step, bool is_question,
                              Deliver deliver) {
  return std::make_unique<StepJob>(service, conversation, std::move(step), is_question, std::move(deliver));
}

void take_back_request(Service& service, const core::Conversation& conversation) {
  if (!conversation.has_request()) return;
  service.executor.run_step(
      [conversation](const StepContext& context) mutable {
        const bool waited = core::Conversation(conversation).take_back_request(context.records(), context.now);
        return waited ? Needs::kCommit : Needs::kNothing;
      },
      [](const CommitResult&) {});  // it ends by itself
}

}  // namespace seimon::daemon

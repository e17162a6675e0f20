// SPDX-License-Identifier: Apache-2.0
#include "daemon/steps.h"

#include <syslog.h>

#include <array>
#include <cstring>
#include <memory>

#include <asio/post.hpp>

#include "daemon/clock.h"
#include "daemon/listener.h"
#include "daemon/notices.h"
#include "daemon/session.h"
#include "square/square.h"
#include "wire/codec.h"

namespace seimon::daemon {

namespace {

struct Spoken {
  core::Ruling ruling;
  wire::Verdict verdict;
};

constexpr std::array<Spoken, 5> kSpoken = {{
    {core::Ruling::kAllow, wire::Verdict::kAccepted},
    {core::Ruling::kSkip, wire::Verdict::kSkipped},
    {core::Ruling::kDeny, wire::Verdict::kRefused},
    {core::Ruling::kExhausted, wire::Verdict::kExhausted},
    {core::Ruling::kUnavailable, wire::Verdict::kUnavailable},
}};

struct Drawing {
  core::Square square;
  std::string (*draw)(const std::string& link);
};

constexpr std::array<Drawing, 3> kDrawings = {{
    {core::Square::kSmall, square::utf8},
    {core::Square::kWide, square::wide},
    {core::Square::kInverted, square::inverted},
}};

wire::Verdict spoken(core::Ruling ruling) {
  for (const Spoken& row : kSpoken)
    if (row.ruling == ruling) return row.verdict;
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

std::string drawn(const core::Prompt& prompt, core::Square square) {
  if (prompt.link.empty()) return "";
  try {
    for (const Drawing& row : kDrawings)
      if (row.square == square) return row.draw(prompt.link);
  } catch (const std::exception&) {
    // Too long for any square: the key and the link stand there.
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
  if (const auto* verdict = std::get_if<core::Verdict>(&outcome.reply))
    return verdict_message(conversation, spoken(verdict->ruling), verdict->message);
  const auto& prompt = std::get<core::Prompt>(outcome.reply);
  __attribute__((uninitialized)) wire::Reply reply;
  reply.echo = prompt.echo;
  // What does not fit is drawn smaller, or not at all.
  bool fits = false;
  for (const core::Square square : {prompt.square, core::Square::kSmall, core::Square::kNone}) {
    std::string text = prompt.text + drawn(prompt, square) + prompt.below;
    fits = reply.prompt.assign(text);
    core::wipe(text);
    if (fits) break;
  }
  return framed(reply, fits && reply.conversation.assign(conversation) && reply.message.assign(prompt.notice));
}

namespace {

bool is_skip(const core::Outcome& outcome) {
  const auto* verdict = std::get_if<core::Verdict>(&outcome.reply);
  return verdict != nullptr && verdict->ruling == core::Ruling::kSkip;
}

// One step of one conversation, judged on a copy that is kept only if it became durable.
class StepJob : public Job {
 public:
  StepJob(const StepJob&) = delete;
  StepJob& operator=(const StepJob&) = delete;
  StepJob(Service& service, SessionId session, core::Conversation conversation, Step step, bool is_question)
      : service_(service),
        session_(session),
        before_(conversation),
        after_(std::move(conversation)),
        step_(std::move(step)),
        is_question_(is_question) {}

  ~StepJob() override {
    if (auto* prompt = std::get_if<core::Prompt>(&outcome_.reply)) {
      core::wipe(prompt->text);
      core::wipe(prompt->link);
    }
  }

  Needs run(const Court& court) override {
    outcome_ = step_(after_, court);
    if (is_skip(outcome_) && !outcome_.durable && !court.config.skips_are_durable && log_events())
      return Needs::kNothing;
    for (const core::Event& event : outcome_.events) court.audit.append(event);
    for (core::Event& alarm : post_notices(outcome_.events, court)) {
      court.audit.append(alarm);
      outcome_.events.push_back(std::move(alarm));
    }
    return Needs::kCommit;
  }

  [[nodiscard]] bool is_question() const override { return is_question_; }

  [[nodiscard]] bool let_in_exempt() {
    const core::Instant wall = now();
    outcome_ = after_.exempt(service_.config.policy, {wall, wall});  // nothing of age is looked at
    if (!log_events()) return false;
    done({Fate::Kind::kDurable, ""});
    return true;
  }

  void done(const Fate& fate) override {
    bool kept = fate.kind == Fate::Kind::kDurable;
    if (!kept) {
      service_.journal.write(LOG_ERR, "store: " + fate.reason);
      // A skip needs a record, not the store.
      kept = after_.is_concluded() && is_skip(outcome_) && !outcome_.durable && service_.spool.append(outcome_.events);
    }
    if (!kept) {
      const std::string_view reason = fate.kind == Fate::Kind::kDamaged ? "record-damaged" : "store-unavailable";
      if (after_.is_exempt()) {
        outcome_ = after_.fail(reason, now());
        kept = log_events() || service_.spool.append(outcome_.events);
      }
      if (!kept) {
        after_ = before_;
        outcome_ = after_.fail(reason, now());
        // A later step of somebody exempt would be a skip that nothing has recorded.
        if (is_skip(outcome_) && !service_.config.policy.observe)
          outcome_.reply = core::Verdict{core::Ruling::kUnavailable, "", ""};
        service_.record(outcome_.events);
      }
    }
    const std::vector<core::Event> events = outcome_.events;
    deliver();
    if (!kept) return;
    if (logged_ && fate.kind == Fate::Kind::kDurable) service_.keep_soon(events);
    // It is durable: nobody of this batch waits for the log.
    if (!logged_)
      asio::post(service_.loop, [&service = service_, events] {
        for (const core::Event& event : events) service.journal.write(event);
      });
  }

 private:
  bool log_events() {
    logged_ = true;
    for (const core::Event& event : outcome_.events) logged_ = service_.journal.write(event) && logged_;
    return logged_;
  }

  // For the hooks that follow in other processes.
  void remember_visit(const core::Verdict& verdict, const std::string& host) {
    const bool passed = verdict.ruling == core::Ruling::kAllow || verdict.ruling == core::Ruling::kSkip;
    const core::Facts& facts = after_.facts();
    if (!passed || !facts.trusted || facts.peer_uid != 0 || facts.target) return;
    service_.visits.remember(after_.id(),
                             Visit{facts.user, facts.service, host, now(), verdict.ruling == core::Ruling::kAllow,
                                   after_.situation().from_enrol_from, after_.situation().may_replace, verdict.reminder,
                                   after_.has_registered(), false});
  }

  void deliver() {
    Session* session = service_.listener.find(session_);
    if (session == nullptr) {
      // The client is gone. What was decided stands in the trail; what was not is concluded.
      if (!after_.is_concluded()) service_.record(after_.fail("disconnected", now()).events);
      return;
    }
    const std::string id = after_.id();
    if (const auto* verdict = std::get_if<core::Verdict>(&outcome_.reply))
      remember_visit(*verdict, session->login().host());
    session->login().keep(std::move(after_));
    session->reply(message_of(id, outcome_), outcome_.negative);
  }

  Service& service_;
  SessionId session_;
  core::Conversation before_;
  core::Conversation after_;
  Step step_;
  bool is_question_;
  core::Outcome outcome_;
  bool logged_ = false;
};

}  // namespace

bool let_in_exempt(Service& service, SessionId session, const core::Conversation& conversation) {
  const Config& config = service.config;
  return !config.skips_are_durable && conversation.is_exempt_unread(config.policy, now()) &&
         StepJob(service, session, conversation, {}, true).let_in_exempt();
}

std::unique_ptr<Job> step_job(Service& service, SessionId session, const core::Conversation& conversation, Step step,
                              bool is_question) {
  return std::make_unique<StepJob>(service, session, conversation, std::move(step), is_question);
}

}  // namespace seimon::daemon

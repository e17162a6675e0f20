// SPDX-License-Identifier: Apache-2.0
#include "daemon/login.h"

#include <syslog.h>

#include <array>

#include "daemon/clock.h"
#include "daemon/listener.h"
#include "daemon/session.h"
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

struct Reason {
  std::string_view name;
  core::Withheld withheld;
};

constexpr std::array<Reason, 5> kReasons = {{
    {"empty", core::Withheld::kEmpty},
    {"filler", core::Withheld::kFiller},
    {"password", core::Withheld::kPassword},
    {"password-method", core::Withheld::kPasswordMethod},
    {"too-long", core::Withheld::kTooLong},
}};

wire::Verdict spoken(core::Ruling ruling) {
  for (const Spoken& row : kSpoken)
    if (row.ruling == ruling) return row.verdict;
  return wire::Verdict::kUnavailable;
}

// Empty when something does not fit; the session closes then, and the module refuses.
std::string framed(const wire::Reply& reply, bool fits) {
  std::string buffer(wire::kMaxLogin, '\0');
  buffer.resize(fits ? wire::write_reply(reply, buffer.data(), buffer.size()).size() : 0);
  return buffer;
}

std::string verdict_message(std::string_view conversation, wire::Verdict verdict, std::string_view text) {
  wire::Reply reply;
  const bool fits = reply.conversation.assign(conversation) && reply.verdict.assign(wire::verdict_name(verdict)) &&
                    reply.message.assign(text);
  return framed(reply, fits);
}

std::string message_of(std::string_view conversation, const core::Outcome& outcome) {
  if (const auto* verdict = std::get_if<core::Verdict>(&outcome.reply))
    return verdict_message(conversation, spoken(verdict->ruling), verdict->message);
  const auto& prompt = std::get<core::Prompt>(outcome.reply);
  wire::Reply reply;
  reply.echo = prompt.echo;
  const bool fits = reply.conversation.assign(conversation) && reply.prompt.assign(prompt.text);
  return framed(reply, fits);
}

bool is_skip(const core::Outcome& outcome) {
  const auto* verdict = std::get_if<core::Verdict>(&outcome.reply);
  return verdict != nullptr && verdict->ruling == core::Ruling::kSkip;
}

using Step = std::function<core::Outcome(core::Conversation& conversation, const Court& court)>;

// One step of one conversation, judged on a copy that is kept only if it became durable.
class StepJob : public Job {
 public:
  StepJob(Service& service, SessionId session, core::Conversation conversation, Step step)
      : service_(service),
        session_(session),
        before_(conversation),
        after_(std::move(conversation)),
        step_(std::move(step)) {}

  Needs run(const Court& court) override {
    outcome_ = step_(after_, court);
    if (is_skip(outcome_) && !court.config.skips_are_durable && log_events()) return Needs::kNothing;
    for (const core::Event& event : outcome_.events) court.audit.append(event);
    return Needs::kCommit;
  }

  void done(const Fate& fate) override {
    bool kept = fate.kind == Fate::Kind::kDurable;
    if (!kept) {
      service_.journal.write(LOG_ERR, "store: " + fate.reason);
      // A skip needs a record, not the store.
      kept = after_.is_concluded() && is_skip(outcome_) && service_.spool.append(outcome_.events);
    }
    if (!kept) {
      const bool damaged = fate.kind == Fate::Kind::kDamaged;
      after_ = before_;
      outcome_ = after_.fail(damaged ? "record-damaged" : "store-unavailable", now());
      service_.record(outcome_.events);
    }
    const std::vector<core::Event> events = outcome_.events;
    deliver();
    // It is durable: the person need not wait for the log.
    if (!kept) return;
    if (logged_ && fate.kind == Fate::Kind::kDurable) service_.keep(events);
    if (!logged_)
      for (const core::Event& event : events) service_.journal.write(LOG_INFO, core::event_line(event));
  }

 private:
  bool log_events() {
    logged_ = true;
    for (const core::Event& event : outcome_.events)
      logged_ = service_.journal.write(LOG_INFO, core::event_line(event)) && logged_;
    return logged_;
  }

  void deliver() {
    Session* session = service_.listener.find(session_);
    if (session == nullptr) {
      // The client is gone. What was decided stands in the trail; what was not is concluded.
      if (!after_.is_concluded()) service_.record(after_.fail("disconnected", now()).events);
      return;
    }
    const std::string id = after_.id();
    session->login().keep(std::move(after_));
    session->reply(message_of(id, outcome_), outcome_.negative);
  }

  Service& service_;
  SessionId session_;
  core::Conversation before_;
  core::Conversation after_;
  Step step_;
  core::Outcome outcome_;
  bool logged_ = false;
};

// Whether the account is closed. An account that cannot be read is neither open nor closed.
class AccountJob : public Job {
 public:
  AccountJob(Service& service, SessionId session, core::UserName user, core::Event event)
      : service_(service), session_(session), user_(std::move(user)), event_(std::move(event)) {}

  // Skips go on while the store is away: then what was known of suspensions decides, if anything ever was.
  Needs run(const Court& court) override {
    observe_ = court.config.policy.observe;
    try {
      suspended_ = court.store.account(user_).suspended;
    } catch (const core::StoreUnavailable&) {
      if (!court.suspended.has_value()) throw;
      suspended_ = court.suspended->contains(user_);
    }
    return Needs::kNothing;  // it has read, and waits for no disk
  }

  void done(const Fate& fate) override {
    const bool known = fate.kind == Fate::Kind::kDurable;
    if (!known) service_.journal.write(LOG_ERR, "store: " + fate.reason);
    wire::Verdict verdict = wire::Verdict::kAccepted;
    if (!observe_ && !known) verdict = wire::Verdict::kUnavailable;
    if (!observe_ && known && suspended_) verdict = wire::Verdict::kSuspended;
    if (known && suspended_) record();
    const bool closed = verdict == wire::Verdict::kSuspended;
    const std::string text = closed ? core::text_of(core::TextId::kSuspended, service_.config.language) : "";
    if (Session* session = service_.listener.find(session_)) session->reply(verdict_message("", verdict, text), false);
  }

 private:
  void record() {
    event_.at = now();
    if (observe_) event_.outcome = "would", event_.would = "refuse";
    service_.record({event_});
  }

  Service& service_;
  SessionId session_;
  core::UserName user_;
  core::Event event_;
  bool suspended_ = false;
  bool observe_ = false;
};

// What nobody vouches for takes little room in the trail.
std::string clipped(std::string_view text) { return std::string(text.substr(0, 64)); }

std::string without_dev(std::string_view tty) {
  constexpr std::string_view kDev = "/dev/";
  return std::string(tty.starts_with(kDev) ? tty.substr(kDev.size()) : tty);
}

}  // namespace

bool Login::may_ask_about(const Person& person) const {
  return peer_ == 0 || (person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer_));
}

bool Login::open(const wire::Open& message) {
  if (opened_ || message.version != wire::kVersion) return false;
  opened_ = true;
  if (!core::UserName::parse(message.user.view())) {
    refuse_unheard(message, "bad-user-name");
    return true;
  }
  service_.groups.resolve(std::string(message.user.view()), service_.config.policy.uses_groups(), peer_,
                          [&service = service_, id = session_, message](const Person& person) {
                            if (Session* session = service.listener.find(id)) session->login().begin(message, person);
                          });
  return true;
}

void Login::begin(const wire::Open& message, const Person& person) {
  const auto user = core::UserName::parse(person.name);
  if (!user || !may_ask_about(person)) return refuse_unheard(message, user ? "not-permitted" : "bad-user-name");
  const bool trusted = peer_ == 0;
  core::Facts facts{*user};
  facts.exists = person.known == Person::Known::kYes;
  facts.trusted = trusted;
  facts.peer_uid = peer_;
  facts.service = trusted ? message.service.view() : clipped(message.service.view());
  facts.tty = without_dev(trusted ? message.tty.view() : clipped(message.tty.view()));
  if (trusted) facts.caller = message.ruser.view();
  facts.origin = core::origin_of(service_.config.policy, trusted, message.service.view(), message.rhost.view(),
                                 message.ssh_connection.view());
  if (!trusted) facts.origin.text = clipped(facts.origin.text);
  facts.groups = person.groups;
  facts.uid = person.uid;
  service_.judge.submit(
      std::make_unique<StepJob>(service_, session_,
                                core::Conversation(new_conversation_id(), std::move(facts), service_.manner()),
                                [](core::Conversation& conversation, const Court& court) {
                                  return conversation.begin(court.config.policy, court.records(), court.now);
                                }),
      peer_);
}

bool Login::answer(const wire::Answer& message) {
  if (!is_at_prompt() || message.conversation.view() != conversation_->id()) return false;
  stepping_ = true;
  service_.judge.submit(
      std::make_unique<StepJob>(
          service_, session_, *conversation_,
          [typed = std::string(message.answer.view())](core::Conversation& conversation, const Court& court) mutable {
            core::Outcome outcome = conversation.answer(typed, court.records(), court.now);
            core::wipe(typed);
            return outcome;
          }),
      peer_);
  return true;
}

bool Login::withhold(const wire::Void& message) {
  if (!is_at_prompt() || message.conversation.view() != conversation_->id()) return false;
  for (const Reason& row : kReasons) {
    if (row.name != message.reason.view()) continue;
    stepping_ = true;
    service_.judge.submit(
        std::make_unique<StepJob>(service_, session_, *conversation_,
                                  [withheld = row.withheld](core::Conversation& conversation, const Court& court) {
                                    return conversation.withhold(withheld, court.now);
                                  }),
        peer_);
    return true;
  }
  return false;
}

void Login::refuse_unheard(const wire::Open& message, std::string_view reason) {
  core::Event event;
  event.at = now();
  event.event = "login";
  event.outcome = "refused";
  event.user = clipped(message.user.view());
  event.actor = peer_ == 0 ? "" : "uid " + std::to_string(peer_);
  event.service = clipped(message.service.view());
  event.host = service_.host;
  event.from = clipped(message.rhost.view());
  event.tty = clipped(message.tty.view());
  event.reason = reason;
  event.conversation = new_conversation_id();
  service_.record({event});
  core::Outcome outcome;
  outcome.reply =
      core::Verdict{core::Ruling::kDeny, core::text_of(core::TextId::kNoTriesLeft, service_.config.language)};
  if (Session* session = service_.listener.find(session_))
    session->reply(message_of(event.conversation, outcome), true);
}

bool Login::account(const wire::Account& message) {
  if (opened_ || message.version != wire::kVersion) return false;
  opened_ = true;
  service_.groups.resolve(std::string(message.user.view()), false, peer_,
                          [&service = service_, id = session_, message](const Person& person) {
                            if (Session* session = service.listener.find(id))
                              session->login().check_account(message, person);
                          });
  return true;
}

void Login::check_account(const wire::Account& message, const Person& person) {
  const auto user = core::UserName::parse(person.name);
  core::Outcome unavailable;
  unavailable.reply = core::Verdict{core::Ruling::kUnavailable, ""};
  if (!user || !may_ask_about(person)) {
    if (Session* session = service_.listener.find(session_)) session->reply(message_of("", unavailable), true);
    return;
  }
  core::Event event;
  event.event = "account";
  event.outcome = "refused";
  event.reason = "suspended";
  event.user = user->text();
  event.service = message.service.view();
  event.host = service_.host;
  event.from = message.rhost.view();
  event.tty = without_dev(message.tty.view());
  event.conversation = message.conversation.view();
  service_.judge.submit(std::make_unique<AccountJob>(service_, session_, *user, std::move(event)), peer_);
}

void Login::abandon(std::string_view reason) {
  // A step that is out concludes its own copy when it comes back and finds nobody.
  if (is_at_prompt() && !stepping_) service_.record(conversation_->fail(reason, now()).events);
  conversation_.reset();
}

}  // namespace seimon::daemon

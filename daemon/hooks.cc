// SPDX-License-Identifier: Apache-2.0
#include "daemon/hooks.h"

#include <syslog.h>

#include "daemon/clock.h"
#include "daemon/listener.h"
#include "daemon/notices.h"
#include "daemon/processes.h"
#include "daemon/session.h"
#include "daemon/steps.h"

namespace seimon::daemon {

namespace {

void answer(Service& service, SessionId id, wire::Verdict verdict, std::string_view text,
            std::string_view ticket = "") {
  if (Session* session = service.listener.find(id)) session->reply(verdict_message("", verdict, text, ticket), false);
}

// Whether the account is closed. An account that cannot be read is neither open nor closed.
class AccountJob : public Job {
 public:
  AccountJob(Service& service, SessionId session, core::UserName user, std::int64_t uid, bool trusted,
             core::Event event)
      : service_(service),
        session_(session),
        user_(std::move(user)),
        uid_(uid),
        trusted_(trusted),
        registered_(service.visits.has_registered(event.conversation)),
        event_(std::move(event)) {}

  // Skips go on while the store is away: then what was known of suspensions decides, if anything ever was.
  Needs run(const Court& court) override {
    observe_ = court.config.policy.observe;
    std::optional<core::Account> account = read_account(court);
    suspended_ = account ? account->profile.suspended : court.suspended->contains(user_);
    if (account) language_ = account->profile.language;
    // A registration that cannot be confirmed is a refusal: never a login that goes on while its phone is forgotten.
    if (account && !suspended_ && confirm(court, std::move(*account))) return Needs::kCommit;
    return Needs::kNothing;  // it has read, and waits for no disk
  }

  void done(const Fate& fate) override {
    const bool known = fate.kind == Fate::Kind::kDurable;
    if (!known) service_.journal.write(LOG_ERR, "store: " + fate.reason);
    wire::Verdict verdict = wire::Verdict::kAccepted;
    if (!observe_ && !known) verdict = wire::Verdict::kUnavailable;
    const bool unconfirmed = known && !suspended_ && registered_ && !enrolled_;
    if (!observe_ && unconfirmed) verdict = wire::Verdict::kUnavailable;
    if (!observe_ && known && suspended_) verdict = wire::Verdict::kSuspended;
    if (unconfirmed) record("registration-ended");
    if (known && suspended_) record("suspended");
    if (known && enrolled_) service_.journal.write(*enrolled_);
    if (known && enrolled_) service_.visits.note_confirmed(event_.conversation);
    if (trusted_ && verdict == wire::Verdict::kAccepted)
      service_.visits.arm(event_.conversation, event_.service, event_.host);
    const bool closed = verdict == wire::Verdict::kSuspended;
    const core::Language language = language_.value_or(service_.config.language);
    answer(service_, session_, verdict,
           closed ? core::text_of(core::TextId::kSuspended, language, {}, service_.config.wordings) : "");
  }

 private:
  // Nothing: the store is away, and memory knows who is suspended.
  std::optional<core::Account> read_account(const Court& court) const {
    try {
      return court.store.account(user_);
    } catch (const core::StoreUnavailable&) {
      if (!court.suspended.has_value() || registered_) throw;
      return std::nullopt;
    }
  }

  bool confirm(const Court& court, core::Account account) {
    if (!trusted_) return false;
    const auto label = core::confirm_registration(court.store, std::move(account), user_, uid_, event_.conversation,
                                                  court.config.enrolment, court.now.age);
    if (!label) return false;
    enrolled_ = event_;
    enrolled_->at = court.now.wall;
    enrolled_->event = "enrol";
    enrolled_->outcome = "enrolled";
    enrolled_->reason = "at-login";
    enrolled_->method = *label;
    court.audit.append(*enrolled_);
    for (const core::Event& alarm : post_notices({*enrolled_}, court)) court.audit.append(alarm);
    return true;
  }

  void record(std::string_view reason) {
    event_.at = now();
    event_.reason = reason;
    if (observe_) event_.outcome = "would", event_.would = "refuse";
    service_.record({event_});
  }

  Service& service_;
  SessionId session_;
  core::UserName user_;
  std::int64_t uid_;
  bool trusted_;
  bool registered_;  // a phone that only this hook can make a method
  core::Event event_;
  std::optional<core::Event> enrolled_;
  std::optional<core::Language> language_;
  bool suspended_ = false;
  bool observe_ = false;
};

// One change of a profile that must not keep anybody out: whatever fails, the session goes on.
class TicketJob : public Job {
 public:
  TicketJob(Service& service, SessionId session, Visit visit, std::string boot, const Peer& peer)
      : service_(service),
        session_(session),
        visit_(std::move(visit)),
        boot_(std::move(boot)),
        leader_(peer.is_remote() ? 0 : peer.pid),
        login_session_(peer.is_remote() ? peer.session : session_of(peer.pid, peer.uid)),
        ticket_(new_conversation_id()) {}

  Needs run(const Court& court) override {
    core::Profile profile = court.store.account(visit_.user).profile;
    if (profile.suspended) throw core::StoreUnavailable("no ticket for a suspended account");
    profile.tidy(court.now.age);
    const core::seconds since = std::max(core::seconds(0), court.now.wall - visit_.at);
    const core::Instant until = court.now.start() - since + court.config.enrolment.ticket_for;
    profile.tickets.push_back({ticket_digest(court.store, ticket_), until, visit_.second_step, visit_.may_register,
                               visit_.may_replace, visit_.host, boot_, login_session_});
    profile.tidy(court.now.age);
    court.store.write_profile(visit_.user, profile);
    return Needs::kCommit;
  }

  void done(const Fate& fate) override {
    const bool given = fate.kind == Fate::Kind::kDurable;
    if (!given)
      service_.journal.write(LOG_NOTICE, "a session of " + visit_.user.text() + " got no ticket: " + fate.reason);
    // A session that is killed closes nothing: its ticket ends with the process that opened it.
    if (given)
      service_.endings.watch(leader_, [&service = service_, user = visit_.user, ticket = ticket_] {
        service.judge.submit(end_ticket_job(service, SessionId{}, user, ticket));
      });
    answer(service_, session_, wire::Verdict::kAccepted, visit_.reminder, given ? ticket_ : "");
    core::wipe(ticket_);
  }

 private:
  Service& service_;
  SessionId session_;
  Visit visit_;
  std::string boot_;
  pid_t leader_;
  std::string login_session_;
  std::string ticket_;
};

class EndTicketJob : public Job {
 public:
  EndTicketJob(Service& service, SessionId session, core::UserName user, std::string ticket)
      : service_(service), session_(session), user_(std::move(user)), ticket_(std::move(ticket)) {}
  EndTicketJob(const EndTicketJob&) = delete;
  EndTicketJob& operator=(const EndTicketJob&) = delete;
  ~EndTicketJob() override { core::wipe(ticket_); }

  Needs run(const Court& court) override {
    core::Profile profile = court.store.account(user_).profile;
    const std::string digest = ticket_digest(court.store, ticket_);
    const auto gone =
        std::erase_if(profile.tickets, [&](const core::Ticket& ticket) { return ticket.digest == digest; });
    if (gone == 0) return Needs::kNothing;
    court.store.write_profile(user_, profile);
    return Needs::kCommit;
  }
  void done(const Fate& /*fate*/) override { answer(service_, session_, wire::Verdict::kAccepted, ""); }

 private:
  Service& service_;
  SessionId session_;
  core::UserName user_;
  std::string ticket_;
};

}  // namespace

std::unique_ptr<Job> account_job(Service& service, SessionId session, const core::UserName& user, std::int64_t uid,
                                 bool trusted, core::Event event) {
  return std::make_unique<AccountJob>(service, session, user, uid, trusted, std::move(event));
}

std::unique_ptr<Job> ticket_job(Service& service, SessionId session, Visit visit, std::string boot, const Peer& peer) {
  return std::make_unique<TicketJob>(service, session, std::move(visit), std::move(boot), peer);
}

std::unique_ptr<Job> end_ticket_job(Service& service, SessionId session, const core::UserName& user,
                                    std::string ticket) {
  return std::make_unique<EndTicketJob>(service, session, user, std::move(ticket));
}

std::string ticket_digest(core::Store& store, const std::string& ticket) { return store.digest("ticket " + ticket); }

}  // namespace seimon::daemon

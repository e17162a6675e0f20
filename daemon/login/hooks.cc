// SPDX-License-Identifier: Apache-2.0
#include "daemon/login/hooks.h"

#include <syslog.h>

#include "core/secret.h"
#include "daemon/login/steps.h"
#include "daemon/system/clock.h"
#include "daemon/system/processes.h"
#include "daemon/work/notices.h"

namespace seimon::daemon {

namespace {

// Checks if the account is suspended. An account that cannot be read is neither suspended nor active.
class AccountJob : public Job {
 public:
  AccountJob(Logins& logins, core::UserName user, std::int64_t uid, bool trusted, core::Event event, Reply reply)
      : logins_(logins),
        service_(logins.service),
        user_(std::move(user)),
        uid_(uid),
        trusted_(trusted),
        registered_(logins.visits.has_registered(event.conversation)),
        event_(std::move(event)),
        reply_(std::move(reply)) {}

  // Skips go on while the store is away: then what was known of suspensions decides, if anything ever was.
  Needs run(const StepContext& context) override {
    observe_ = context.config.policy.observe;
    std::optional<core::Account> account = read_account(context);
    suspended_ = account ? account->profile.suspended : context.suspended->contains(user_);
    if (account) language_ = account->profile.language;
    // A registration that cannot be confirmed is a refusal: never a login that goes on while its phone is forgotten.
    if (account && !suspended_ && confirm(context, std::move(*account))) return Needs::kCommit;
    return Needs::kNothing;  // it has read, and waits for no disk
  }

  void done(const CommitResult& result) override {
    const bool known = result.kind == CommitResult::Kind::kDurable;
    if (!known) service_.journal.write(LOG_ERR, "store: " + result.reason);
    wire::Verdict verdict = wire::Verdict::kAccepted;
    if (!observe_ && !known) verdict = wire::Verdict::kUnavailable;
    const bool unconfirmed = known && !suspended_ && registered_ && !enrolled_;
    if (!observe_ && unconfirmed) verdict = wire::Verdict::kUnavailable;
    if (!observe_ && known && suspended_) verdict = wire::Verdict::kSuspended;
    if (unconfirmed) record("registration-ended");
    if (known && suspended_) record("suspended");
    if (known && enrolled_) service_.journal.write(*enrolled_);
    if (known && enrolled_) logins_.visits.note_confirmed(event_.conversation);
    if (trusted_ && verdict == wire::Verdict::kAccepted)
      logins_.visits.arm(event_.conversation, event_.service, event_.host);
    const bool closed = verdict == wire::Verdict::kSuspended;
    const core::Language language = language_.value_or(service_.config.language);
    reply_(verdict_message(
        "", verdict, closed ? core::text_of(core::TextId::kSuspended, language, {}, service_.config.wordings) : ""));
  }

 private:
  // Nothing: the store is away, and memory knows who is suspended.
  std::optional<core::Account> read_account(const StepContext& context) const {
    try {
      return context.store.account(user_);
    } catch (const core::StoreUnavailable&) {
      if (!context.suspended.has_value() || registered_) throw;
      return std::nullopt;
    }
  }

  bool confirm(const StepContext& context, core::Account account) {
    if (!trusted_) return false;
    const auto label = core::confirm_registration(context.store, std::move(account), user_, uid_, event_.conversation,
                                                  context.config.enrolment, context.now.age);
    if (!label) return false;
    enrolled_ = event_;
    enrolled_->at = context.now.wall;
    enrolled_->event = "enrol";
    enrolled_->outcome = "enrolled";
    enrolled_->reason = "at-login";
    enrolled_->method = *label;
    context.audit.append(*enrolled_);
    for (const core::Event& alarm : post_notices({*enrolled_}, context)) context.audit.append(alarm);
    return true;
  }

  void record(std::string_view reason) {
    event_.at = now();
    event_.reason = reason;
    if (observe_) event_.outcome = "would", event_.would = "refuse";
    service_.events.record({event_});
  }

  Logins& logins_;
  Service& service_;
  core::UserName user_;
  std::int64_t uid_;
  bool trusted_;
  bool registered_;  // a phone that only this hook can make a method
  core::Event event_;
  Reply reply_;
  std::optional<core::Event> enrolled_;
  std::optional<core::Language> language_;
  bool suspended_ = false;
  bool observe_ = false;
};

// One change of a profile that must not keep anybody out: whatever fails, the session goes on.
class TicketJob : public Job {
 public:
  TicketJob(Logins& logins, Visit visit, std::string boot, const Peer& peer, Reply reply)
      : logins_(logins),
        service_(logins.service),
        visit_(std::move(visit)),
        boot_(std::move(boot)),
        // The process that signs somebody in to the page ends at once; the ticket is the browser's.
        leader_(peer.is_remote() || is_page() ? 0 : peer.pid),
        login_session_(is_page()          ? std::string(core::kPageSession)
                       : peer.is_remote() ? peer.session
                                          : session_of(peer.pid, peer.uid)),
        ticket_(core::random_id()),
        reply_(std::move(reply)) {}

  Needs run(const StepContext& context) override {
    core::Profile profile = context.store.account(visit_.user).profile;
    if (profile.suspended) throw core::StoreUnavailable("no ticket for a suspended account");
    profile.tidy(context.now.age);
    const core::seconds since = std::max(core::seconds(0), context.now.wall - visit_.at);
    const core::Instant until = context.now.start() - since + context.config.enrolment.ticket_for;
    profile.tickets.push_back({.digest = core::ticket_digest(context.store, ticket_),
                               .until = until,
                               .second_step = visit_.second_step,
                               .may_register = visit_.may_register,
                               .may_replace = visit_.may_replace,
                               .host = visit_.host,
                               .boot = boot_,
                               .session = login_session_});
    profile.tidy(context.now.age);
    context.store.write_profile(visit_.user, profile);
    return Needs::kCommit;
  }

  void done(const CommitResult& result) override {
    const bool given = result.kind == CommitResult::Kind::kDurable;
    if (!given)
      service_.journal.write(LOG_NOTICE, "a session of " + visit_.user.text() + " got no ticket: " + result.reason);
    // A session that is killed closes nothing: its ticket ends with the process that opened it.
    if (given)
      logins_.openers.watch(leader_, [&service = service_, user = visit_.user, ticket = ticket_] {
        service.executor.submit(end_ticket_job(user, ticket, [](const std::string&) {}), 0);
      });
    reply_(verdict_message("", wire::Verdict::kAccepted, visit_.reminder, given ? ticket_ : ""));
    core::wipe(ticket_);
  }

 private:
  [[nodiscard]] bool is_page() const { return visit_.service == core::kPageService; }

  Logins& logins_;
  Service& service_;
  Visit visit_;
  std::string boot_;
  pid_t leader_;
  std::string login_session_;
  std::string ticket_;
  Reply reply_;
};

class EndTicketJob : public Job {
 public:
  EndTicketJob(core::UserName user, std::string ticket, Reply reply)
      : user_(std::move(user)), ticket_(std::move(ticket)), reply_(std::move(reply)) {}
  EndTicketJob(const EndTicketJob&) = delete;
  EndTicketJob& operator=(const EndTicketJob&) = delete;
  ~EndTicketJob() override { core::wipe(ticket_); }

  Needs run(const StepContext& context) override {
    core::Profile profile = context.store.account(user_).profile;
    const std::string digest = core::ticket_digest(context.store, ticket_);
    const auto gone =
        std::erase_if(profile.tickets, [&](const core::Ticket& ticket) { return ticket.digest == digest; });
    if (gone == 0) return Needs::kNothing;
    context.store.write_profile(user_, profile);
    return Needs::kCommit;
  }
  void done(const CommitResult& /*result*/) override { reply_(verdict_message("", wire::Verdict::kAccepted, "")); }

 private:
  core::UserName user_;
  std::string ticket_;
  Reply reply_;
};

}  // namespace

std::unique_ptr<Job> account_job(Logins& logins, const core::UserName& user, std::int64_t uid, bool trusted,
                                 core::Event event, Reply reply) {
  return std::make_unique<AccountJob>(logins, user, uid, trusted, std::move(event), std::move(reply));
}

std::unique_ptr<Job> ticket_job(Logins& logins, Visit visit, std::string boot, const Peer& peer, Reply reply) {
  return std::make_unique<TicketJob>(logins, std::move(visit), std::move(boot), peer, std::move(reply));
}

std::unique_ptr<Job> end_ticket_job(const core::UserName& user, std::string ticket, Reply reply) {
  return std::make_unique<EndTicketJob>(user, std::move(ticket), std::move(reply));
}

}  // namespace seimon::daemon

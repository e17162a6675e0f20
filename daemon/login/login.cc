// SPDX-License-Identifier: Apache-2.0
#include "daemon/login/login.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/secret.h"
#include "daemon/net/message.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

namespace {

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

// Claims of an unprivileged process are cut short in the trail.
std::string clipped(std::string_view text) { return std::string(text.substr(0, 64)); }

constexpr std::array<std::string_view, 2> kSu = {"su", "su-l"};

// SSH_AUTH_INFO_0: a line for each method that was accepted, its name first, then the type of a key. Each is a name of
// its own: "publickey", "publickey:ssh-ed25519".
std::vector<std::string> methods_in(std::string_view lines) {
  std::vector<std::string> methods;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    const std::string method(line.substr(0, line.find(' ')));
    const std::string_view rest = line.substr(std::min(line.size(), method.size() + 1));
    if (!method.empty()) methods.push_back(method);
    if (!method.empty() && !rest.empty()) methods.push_back(method + ":" + std::string(rest.substr(0, rest.find(' '))));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
  return methods;
}

std::string without_dev(std::string_view tty) {
  constexpr std::string_view kDev = "/dev/";
  return std::string(tty.starts_with(kDev) ? tty.substr(kDev.size()) : tty);
}

}  // namespace

const Caller* Login::caller_for(std::string_view service) const {
  const Caller* caller = this->caller();
  const bool named = caller != nullptr &&
                     std::find(caller->services.begin(), caller->services.end(), service) != caller->services.end();
  return named ? caller : nullptr;
}

bool Login::may_ask_about(const Person& person, std::string_view service) const {
  return peer_.is_root() || caller_for(service) != nullptr ||
         (person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer_.uid));
}

Login::Login(Logins& logins, Connection& connection)
    : logins_(logins), service_(logins.service), connection_(connection), peer_(connection.peer()) {
  logins_.open.add(connection_.id(), *this);
}

bool Login::open(const wire::Open& message) {
  if (opened_) return false;
  opened_ = true;
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  connection_.count_event();
  if (!core::UserName::parse(message.user.view())) {
    refuse_unheard(message, "bad-user-name");
    return true;
  }
  // su asks whoever runs it, as sudo does; which rule applies, and whether the target's code is asked for instead, the
  // policy says.
  const bool is_su = peer_.is_root() && std::find(kSu.begin(), kSu.end(), message.service.view()) != kSu.end();
  const bool by_caller = is_su && core::UserName::parse(message.ruser.view()).has_value();
  // Root's process has just asked the name service of this very host (docs/decisions/0019).
  const bool is_known = peer_.is_root() && !peer_.is_remote() && message.uid >= 0;
  if (!by_caller && is_known && !service_.config.uses_groups()) {
    Person person;
    person.name = message.user.view();
    person.known = Person::Known::kYes;
    person.uid = message.uid;
    begin(message, person, {});
    return true;
  }
  if (!by_caller) {
    resolve(message.user.view(), [message, is_known](Login& login, Person person) {
      // Root's process has just found the account: a name service that does not is one that cannot tell.
      if (person.known != Person::Known::kYes && login.peer_.is_root() && message.uid >= 0) {
        person.groups.reset();
        if (is_known) person.known = Person::Known::kYes, person.uid = message.uid;
      }
      login.begin(message, person, {});
    });
    return true;
  }
  resolve(message.user.view(), [message](Login& login, const Person& target) {
    login.resolve(message.ruser.view(), [message, target](Login& self, Person caller) {
      // The caller of su has an account.
      if (caller.known != Person::Known::kYes) caller.groups.reset();
      self.begin(message, caller, target);
    });
  });
  return true;
}

template <class Then>
void Login::resolve(std::string_view name, Then then) {
  service_.groups.resolve(std::string(name), service_.config.uses_groups(), lane(),
                          [&logins = logins_, id = connection_.id(), then = std::move(then)](const Person& person) {
                            Service& service = logins.service;
                            if (service.config.uses_groups())
                              service.state.health().note_groups(service.groups.problem(), service.journal);
                            if (Login* login = logins.open.find(id)) then(*login, person);
                          });
}

void Login::begin(const wire::Open& message, const Person& person, const std::optional<Person>& target) {
  const auto user = core::UserName::parse(person.name);
  if (!user || !may_ask_about(person, message.service.view()))
    return refuse_unheard(message, user ? "not-permitted" : "bad-user-name");
  core::Facts facts = facts_of(message, *user, person);
  if (facts.trusted && peer_.is_root() && logins_.visits.is_news(facts.service, host(), now()))
    service_.journal.write(LOG_ERR, "the stack of " + base::escaped(facts.service) +
                                        " has no account line of pam_seimon: nobody registers at a login there");
  if (target) facts.target = core::UserName::parse(target->name);
  if (target && target->known == Person::Known::kYes) facts.target_uid = target->uid;
  const std::string purpose(message.purpose.view());
  const bool is_settled = peer_.is_root() && (purpose == "by-root" || purpose == "already-asked");
  const core::Conversation fresh(core::random_id(), std::move(facts), manner());
  if (!is_settled && let_in_exempt(service_, fresh, deliver())) return;
  submit(
      fresh,
      [is_settled, purpose](core::Conversation& conversation, const StepContext& context) {
        return is_settled ? conversation.let_change(purpose, context.records(), context.now)
                          : conversation.begin(context.config.policy, context.records(), context.now);
      },
      !is_settled);
}

core::Facts Login::facts_of(const wire::Open& message, const core::UserName& user, const Person& person) const {
  const Caller* caller = caller_for(message.service.view());
  const bool root = peer_.is_root();
  const bool trusted = root || caller != nullptr;
  core::Facts facts{user};
  facts.exists = person.known == Person::Known::kYes;
  facts.trusted = trusted;
  facts.peer_uid = peer_.uid;
  facts.untrusted_host = untrusted_host();
  facts.service = trusted ? message.service.view() : clipped(message.service.view());
  facts.tty = without_dev(trusted ? message.tty.view() : clipped(message.tty.view()));
  if (root) facts.caller = message.ruser.view();
  facts.origin = core::origin_of(service_.config.policy, trusted, message.service.view(), message.rhost.view(),
                                 root ? message.ssh_connection.view() : std::string_view());
  // A place that such a service does not know is neither local nor on any network.
  const bool placed = caller != nullptr && caller->trust_address && facts.origin.kind == core::Origin::Kind::kAddress;
  if (!root && !placed) {
    facts.origin = core::Origin();
    facts.origin.text = clipped(message.rhost.view());
  }
  if (root && core::is_step_to_other_rights(facts.service)) {
    facts.session = peer_.is_remote() ? peer_.session : session_of(peer_.pid, peer_.uid);
    facts.boot = peer_.is_remote() ? peer_.boot : service_.boot;
  }
  facts.groups = person.groups;
  facts.unsure_groups = person.unsure;
  if (person.known == Person::Known::kYes) facts.uid = person.uid;
  facts.zone = local_zone(now());
  facts.one_answer = message.one_answer;
  facts.has_account_line = root ? !logins_.visits.lacks_account_line(facts.service, host(), now()) : caller == nullptr;
  if (!message.purpose.empty() && message.purpose.view() != "login") facts.purpose = core::Purpose::kPassword;
  if (root) facts.ssh_auth = methods_in(message.ssh_auth_info.view());
  return facts;
}

bool Login::refuse_version(std::int64_t version, std::int64_t oldest) {
  const auto range = [](std::int64_t from, std::int64_t to) {
    return std::to_string(from) + " to " + std::to_string(to);
  };
  if (peer_.is_root())
    service_.journal.write(
        LOG_ERR, "refused: a login by a module with versions " + range(oldest == 0 ? version : oldest, version) +
                     " of the protocol; this seimond has " + range(wire::kOldestVersion, wire::kVersion) +
                     ". Install the same release of both");
  connection_.reply(framed({{"error", wire::VersionMismatch::kError},
                            {"parameters", {{"oldest", wire::kOldestVersion}, {"newest", wire::kVersion}}}}),
                    true);
  return true;
}

bool Login::answer(const wire::Answer& message) {
  if (!is_at_prompt() || message.conversation.view() != conversation_->id()) return false;
  stepping_ = true;
  submit(
      *conversation_,
      [typed = std::string(message.answer.view()), is_not_sent = service_.sender.take_failure(conversation_->id())](
          core::Conversation& conversation, const StepContext& context) mutable {
        if (is_not_sent) conversation.note_not_sent();
        core::Outcome outcome = conversation.answer(typed, context.records(), context.now);
        core::wipe(typed);
        return outcome;
      },
      false);
  return true;
}

bool Login::withhold(const wire::Void& message) {
  if (!is_at_prompt() || message.conversation.view() != conversation_->id()) return false;
  for (const Reason& row : kReasons) {
    if (row.name != message.reason.view()) continue;
    stepping_ = true;
    submit(
        *conversation_,
        [withheld = row.withheld](core::Conversation& conversation, const StepContext& context) {
          return conversation.withhold(withheld, context.records(), context.now);
        },
        false);
    return true;
  }
  return false;
}

void Login::refuse_unheard(const wire::Open& message, std::string_view reason) {
  core::Event event;
  event.at = now();
  event.event = "login";
  event.outcome = "refused";
  event.actor = peer_.is_root() ? "" : "uid " + std::to_string(peer_.uid);
  event.service = clipped(message.service.view());
  event.host = host();
  event.from = clipped(message.rhost.view());
  event.tty = clipped(message.tty.view());
  event.reason = reason;
  event.conversation = core::random_id();
  // Nobody fills another user's trail: it stands under the caller's own name, and says whom they asked about.
  const std::string about = clipped(message.user.view());
  if (peer_.is_root()) {
    event.user = about;
    service_.events.record({event});
  } else {
    event.reason += ": " + about;
    service_.groups.resolve_uid(peer_.uid, [service = &service_, event](const Person& person) {
      core::Event known = event;
      known.user = person.name;
      service->events.record({known});
    });
  }
  core::Outcome outcome;
  outcome.reply = core::Conclusion{
      core::Verdict::kDeny,
      core::text_of(core::TextId::kNoTriesLeft, service_.config.language, {}, service_.config.wordings), ""};
  connection_.reply(message_of(event.conversation, outcome), true);
}

bool Login::account(const wire::Account& message) {
  if (opened_) return false;
  opened_ = true;
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  resolve(message.user.view(), [message](Login& login, const Person& person) { login.check_account(message, person); });
  return true;
}

void Login::check_account(const wire::Account& message, const Person& person) {
  const auto user = core::UserName::parse(person.name);
  core::Outcome unavailable;
  unavailable.reply = core::Conclusion{core::Verdict::kUnavailable, "", ""};
  if (!user || !may_ask_about(person, message.service.view())) {
    return connection_.reply(message_of("", unavailable), true);
  }
  core::Event event;
  event.event = "account";
  event.outcome = "refused";
  event.user = user->text();
  event.service = message.service.view();
  event.host = host();
  event.from = message.rhost.view();
  event.tty = without_dev(message.tty.view());
  event.conversation = message.conversation.view();
  const bool trusted = peer_.is_root() && person.known == Person::Known::kYes;
  service_.executor.submit(account_job(logins_, *user, person.uid, trusted, std::move(event), reply_later()),
                           peer_.uid);
}

// Sessions are opened by login services alone; su and sudo give no ticket, for theirs is somebody else's session.
bool Login::session(const wire::Session& message) {
  if (opened_ || !peer_.is_root()) return false;
  opened_ = true;
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  auto visit = message.ticket.empty() ? logins_.visits.take(std::string(message.conversation.view()), host(), now())
                                      : std::nullopt;
  const bool is_as_typed = visit && visit->user.text() == message.user.view();
  if (is_as_typed || (!visit && message.ticket.empty())) {
    open_session(message, message.user.view(), std::move(visit));
    return true;
  }
  // If a name has several spellings (SSSD, a directory without case), sshd continues with the one that was typed.
  resolve(message.user.view(), [message, visit = std::move(visit)](Login& login, const Person& person) {
    const auto user = core::UserName::parse(person.name);
    if (!user || message.ticket.empty()) return login.open_session(message, person.name, visit);
    login.service_.executor.submit(end_ticket_job(*user, std::string(message.ticket.view()), login.reply_later()), 0);
  });
  return true;
}

void Login::open_session(const wire::Session& message, std::string_view user, std::optional<Visit> visit) {
  const bool ours = visit && visit->user.text() == user && visit->service == message.service.view();
  // On the page a ticket is the session itself, whatever else it is good for.
  const bool is_page = ours && visit->service == core::kPageService && !peer_.is_remote();
  const bool earned =
      ours && !boot().empty() &&
      (is_page || ((visit->second_step || visit->may_register || visit->may_replace) &&
                   visit->service != core::kPageService && !core::is_step_to_other_rights(visit->service)));
  if (earned) {
    service_.executor.submit(ticket_job(logins_, std::move(*visit), boot(), peer_, reply_later()), 0);
  } else {
    connection_.reply(verdict_message("", wire::Verdict::kAccepted, ours ? visit->reminder : ""), false);
  }
}

void Login::submit(const core::Conversation& before, Step step, bool is_question) {
  service_.executor.submit(step_job(service_, before, std::move(step), is_question, deliver()), lane());
}

Deliver Login::deliver() {
  return [&logins = logins_, id = connection_.id()](const core::Conversation& after, const core::Outcome& outcome) {
    Login* login = logins.open.find(id);
    if (login != nullptr) login->take(after, outcome);
    return login != nullptr;
  };
}

Reply Login::reply_later() {
  return [&logins = logins_, id = connection_.id()](std::string message) {
    if (Login* login = logins.open.find(id)) login->connection_.reply(std::move(message), false);
  };
}

void Login::take(const core::Conversation& after, const core::Outcome& outcome) {
  if (const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply)) remember_visit(after, *conclusion);
  conversation_ = after;
  stepping_ = false;
  if (after.is_concluded()) {
    service_.sender.end(after.id());
    take_back_request(service_, after);
  }
  connection_.reply(message_of(after.id(), outcome), outcome.negative);
}

void Login::remember_visit(const core::Conversation& after, const core::Conclusion& conclusion) {
  const bool passed = conclusion.verdict == core::Verdict::kAllow || conclusion.verdict == core::Verdict::kSkip;
  const core::Facts& facts = after.facts();
  if (!passed || !facts.trusted || facts.peer_uid != 0 || facts.target) return;
  logins_.visits.remember(after.id(), Visit{.user = facts.user,
                                            .service = facts.service,
                                            .host = host(),
                                            .at = now(),
                                            .second_step = conclusion.verdict == core::Verdict::kAllow,
                                            .may_register = after.situation().from_enrol_from,
                                            .may_replace = after.situation().may_replace,
                                            .reminder = conclusion.reminder,
                                            .registered = after.has_registered()});
}

void Login::abandon(std::string_view reason) {
  // A step that is out concludes its own copy when it comes back and finds nobody.
  if (is_at_prompt() && !stepping_) {
    service_.events.record(conversation_->fail(reason, now()).events);
    take_back_request(service_, *conversation_);
  }
  if (conversation_) service_.sender.end(conversation_->id());
  conversation_.reset();
}

}  // namespace seimon::daemon

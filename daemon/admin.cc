// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "daemon/listener.h"
#include "daemon/notices.h"
#include "daemon/processes.h"
#include "daemon/roles.h"
#include "daemon/session.h"
#include "daemon/verbs.h"
#include "wire/codec.h"

namespace seimon::daemon {

using nlohmann::json;

struct Permission {
  std::string_view method;
  bool own;          // people may call it for their own account
  Role others;       // what it takes for another account, or for none in particular; kNone: anybody
  bool may_be_gone;  // the account may be unknown to NSS
  bool needs_store;  // an administrator asks it even while the store is away, when not
  bool alone;        // outside any transaction, while nothing else is judged
  Verb verb;         // null: not a step of the store, but done on the loop (Reload)
  std::array<std::string_view, 18> parameters;  // kForAll may always stand
};

std::string framed(const json& message) {
  std::string text = message.dump(-1, ' ', false, json::error_handler_t::replace);
  text.push_back('\0');
  return text;
}

namespace {

constexpr Role kHelpdesk = Role::kHelpdesk;
constexpr Role kAdmin = Role::kAdmin;
constexpr Role kRoot = Role::kRoot;

constexpr std::array<Permission, 45> kPermissions = {{
    {"Enrol",
     true,
     kAdmin,
     false,
     true,
     false,
     enrol,
     {"user", "label", "kind", "algorithm", "digits", "period", "counter", "secret", "proof", "replaces", "issue",
      "start", "first_use"}},
    {"Import",
     false,
     kAdmin,
     false,
     true,
     false,
     import_method,
     {"user", "label", "kind", "algorithm", "digits", "period", "counter", "secret", "mark", "drift", "last_code",
      "replace", "stage", "stripped", "issued", "only_first"}},
    {"ImportStaged", false, kAdmin, true, true, false, import_staged, {}},
    {"Export", false, kRoot, true, true, false, export_methods, {"user"}},
    {"Confirm", true, kAdmin, false, true, false, confirm, {"user", "code", "issue", "start", "first_use"}},
    {"List", true, kHelpdesk, true, true, false, list, {"user"}},
    {"Remove", true, kAdmin, true, true, false, remove, {"user", "method", "all", "proof"}},
    {"Rename", true, kAdmin, true, true, false, rename, {"user", "method", "label", "proof"}},
    {"Default", true, kAdmin, true, true, false, set_default, {"user", "method"}},
    {"RecoveryCodes", true, kAdmin, false, true, false, recovery_codes, {"user", "proof"}},
    {"Language", true, kHelpdesk, true, true, false, set_language, {"user", "language"}},
    {"Verify", true, kHelpdesk, false, true, false, verify, {"user", "code"}},
    {"Bypass", false, kHelpdesk, false, true, false, bypass, {"user", "for", "uses"}},
    {"ListBypass", true, kHelpdesk, true, true, false, list_bypass, {"user"}},
    {"CancelBypass", true, kHelpdesk, true, true, false, cancel_bypass, {"user", "proof"}},
    {"Revoke", true, kHelpdesk, true, true, false, revoke, {"user", "proof"}},
    {"ForgetHosts", true, kHelpdesk, true, true, false, forget_hosts, {"user"}},
    {"Explain", true, kHelpdesk, false, true, false, explain, {"user", "service", "from", "tty", "at"}},
    {"Suspend", false, kAdmin, true, true, false, suspend, {"user", "suspended"}},
    {"UserStatus", true, kHelpdesk, true, true, false, status_of_user, {"user", "from", "service"}},
    {"Log",
     true,
     kHelpdesk,
     true,
     true,
     false,
     log,
     {"user", "all", "limit", "before", "since", "until", "event", "outcome", "service", "from", "reason", "host"}},
    {"ResetFailures", false, kHelpdesk, true, true, false, reset_failures, {"user"}},
    {"Resync", true, kHelpdesk, true, true, false, resync, {"user", "method", "code"}},
    {"RenameUser", false, kRoot, true, true, false, rename_user, {"user", "to"}},
    {"Prune", false, kRoot, true, true, false, prune, {"user"}},
    {"Rollout", false, kAdmin, true, true, false, rollout, {"user", "since"}},
    {"RolloutOfMany", false, kRoot, true, true, false, rollout_of_many, {"people", "since"}},
    {"Tally", false, kAdmin, true, true, false, tally, {"since", "before"}},
    {"Users", false, kAdmin, true, true, false, users, {"after"}},
    {"Messages", false, Role::kNone, true, false, false, messages, {}},
    {"Status", false, Role::kNone, true, false, false, status, {}},
    {"ShowConfig", false, kRoot, true, false, false, show_config, {}},
    {"Reload", false, kRoot, true, false, false, nullptr, {}},
    {"AcceptClock", false, kRoot, true, true, false, accept_clock, {}},
    {"Backup", false, kRoot, true, true, false, backup, {"begin"}},
    {"RewrapKey", false, kRoot, true, true, false, rewrap_key, {}},
    {"BeginEpoch", false, kRoot, true, true, false, begin_epoch, {}},
    {"Restore", false, kRoot, true, true, true, restore, {}},
    {"Inspect", false, kRoot, true, true, false, inspect, {"after"}},
    {"Repair", false, kRoot, true, true, false, repair, {"name"}},
    {"EnrolHost", false, kRoot, true, true, false, enrol_host, {"host", "serial", "until"}},
    {"RevokeHost", false, kRoot, true, true, false, revoke_host, {"host", "undo_since"}},
    {"Hosts", false, kRoot, true, true, false, guest_hosts, {}},
    {"NextMail", false, Role::kNone, true, true, false, next_mail, {}},
    {"MailSent", false, Role::kNone, true, true, false, mail_sent, {"id", "sent", "lease", "tries", "to"}},
}};

constexpr std::string_view kInterface = "io.seimon.Admin.";

const Permission* permission_for(std::string_view method) {
  if (!method.starts_with(kInterface)) return nullptr;
  method.remove_prefix(kInterface.size());
  for (const Permission& row : kPermissions)
    if (row.method == method) return &row;
  return nullptr;
}

// Who it is, and why it is done.
constexpr std::array<std::string_view, 3> kForAll = {"ticket", "actor_proof", "note"};

bool takes(const Permission& row, const std::string& key) {
  if (std::find(kForAll.begin(), kForAll.end(), key) != kForAll.end()) return true;
  return !key.empty() && std::find(row.parameters.begin(), row.parameters.end(), key) != row.parameters.end();
}

bool is_flat(const json& parameters) {
  return parameters.is_object() && std::all_of(parameters.begin(), parameters.end(), [](const json& value) {
           return value.is_string() || value.is_number_integer() || value.is_boolean();
         });
}

// Keys and codes, wherever they stand in a message. Never throws: it is called by a destructor.
void wipe_secrets(json& message) noexcept {
  for (auto& [key, value] : message.items()) {
    if (value.is_structured()) wipe_secrets(value);
    const bool secret = key == "secret" || key == "code" || key == "proof" || key == "actor_proof" || key == "ticket" ||
                        key == "key" || key == "link";
    if (auto* text = secret ? value.get_ptr<std::string*>() : nullptr) core::wipe(*text);
  }
}

// `help` is whom to ask; root asks nobody.
std::string framed_refusal(const Refusal& refusal, const std::string& help) {
  return framed({{"error", std::string(kInterface) + refusal.error},
                 {"parameters",
                  {{"message", sentence(refusal.text, refusal.values)},
                   {"text", refusal.text},
                   {"values", refusal.values},
                   {"help", help}}}});
}

bool wants_code(std::string_view error) {
  return error == "ProofNeeded" || error == "ActorProofNeeded" || error == "TwoCodes";
}

class VerbJob : public Job {
 public:
  VerbJob(Service& service, SessionId session, const Permission& row, json parameters, Request request)
      : service_(service),
        session_(session),
        row_(row),
        parameters_(std::move(parameters)),
        request_{parameters_,
                 request.user,
                 request.person,
                 request.actor,
                 request.is_own,
                 std::move(request.actor_proof),
                 request.manner,
                 request.boot,
                 request.session,
                 std::move(request.draft),
                 std::move(request.staged),
                 {}} {
    request_.untrusted_host = request.untrusted_host;
  }
  ~VerbJob() override {
    wipe_secrets(parameters_);
    wipe_secrets(reply_);
  }

  Needs run(const Court& court) override {
    try {
      note_ = request_.note();  // before anything is written: a refusal keeps what was
      if (row_.others != Role::kNone) demand_actor_proof(request_, court);
      reply_ = {{"parameters", row_.verb(request_, court)}};
      alarms_ = post_notices(request_.events, court);
    } catch (const Refusal& refusal) {
      refusal_ = refusal;
      undo_rest(request_, court);
      alarms_ = post_notices(request_.events, court);
    }
    if (!note_.empty() && !request_.events.empty()) {
      std::string& reason = request_.events.back().reason;  // the act; before it stand the proofs
      reason += (reason.empty() ? "note: " : " note: ") + note_;
    }
    request_.events.insert(request_.events.end(), alarms_.begin(), alarms_.end());
    if (!is_alone())
      for (const core::Event& event : request_.events) court.audit.append(event);
    return row_.needs_store ? Needs::kCommit : Needs::kNothing;
  }

  // The store is exchanged under nobody's hands.
  bool is_alone() const override { return row_.alone; }

  void done(const Fate& fate) override {
    if (fate.kind == Fate::Kind::kDurable && is_alone()) {
      service_.record(request_.events);
    } else if (fate.kind == Fate::Kind::kDurable) {
      for (const core::Event& event : request_.events) service_.journal.write(event);
    } else {
      service_.journal.write(LOG_ERR, "store: " + fate.reason);
      refusal_ = Refusal{"StoreUnavailable", "the store cannot be used: {1}", {core::escaped(fate.reason)}};
      if (request_.actor.uid != 0)
        refusal_ = Refusal{"StoreUnavailable", "the store cannot be used now; ask the administrator", {}};
    }
    Session* session = service_.listener.find(session_);
    if (session == nullptr) return;
    session->admin().keep(std::move(request_.draft), std::move(request_.staged));
    if (!request_.events.empty()) session->count_act();
    const bool durable = fate.kind == Fate::Kind::kDurable;
    if (!durable) request_.actor_proof.reset();
    session->admin().note(std::move(request_.actor_proof), request_.session, refusal_ && wants_code(refusal_->error));
    std::string message = refusal_ ? framed_refusal(*refusal_, help()) : framed(reply_);
    if (message.size() > wire::kMaxReply)
      message = framed_refusal({"InvalidParameter", "the answer is too long; ask for less", {}}, help());
    const bool negative = refusal_ && (refusal_->error == "WrongCode" || refusal_->error == "NotPermitted");
    session->reply(std::move(message), negative);
  }

 private:
  std::string help() const { return request_.actor.uid == 0 ? "" : request_.manner.help; }

  Service& service_;
  SessionId session_;
  const Permission& row_;
  json parameters_;
  Request request_;
  std::string note_;
  std::vector<core::Event> alarms_;
  json reply_;
  std::optional<Refusal> refusal_;
};

std::optional<Refusal> reason_to_refuse(const Permission& row, const Request& request, const Config& config) {
  const Person& person = request.person;
  if (person.known == Person::Known::kCannotTell)
    return Refusal{"StoreUnavailable", "the system's user database did not answer; try again", {}};
  if (!request.is_own || !row.own) {
    const std::string reason = reason_not_to_act(request, row.others, config.roles);
    if (!reason.empty()) return Refusal{"NotPermitted", reason, {}};
  }
  if (person.known == Person::Known::kNo && !row.may_be_gone)
    return Refusal{"NoSuchUser", "there is no user \"{1}\" on this system", {core::escaped(person.name)}};
  return std::nullopt;
}

}  // namespace

Parameters::~Parameters() { wipe_secrets(object); }

bool Admin::is_for_oneself(std::string_view method) {
  const Permission* row = permission_for(method);
  return row != nullptr && row->own;
}

std::string Admin::unavailable() {
  return framed_refusal({"StoreUnavailable", "no gate answers; nothing can be changed or looked up now", {}}, "");
}

bool Admin::call(std::string_view method, std::string_view text) {
  const Permission* row = permission_for(method);
  if (row == nullptr) return false;
  asked_ = Parameters(json::parse(text, nullptr, false));  // the envelope has bounded its nesting
  const json& parameters = asked_.object;
  if (!is_flat(parameters)) return false;
  for (const auto& [key, value] : parameters.items())
    if (!takes(*row, key)) return false;
  const bool concerns_user = row->parameters.front() == "user";
  const auto named = parameters.find("user");
  const bool has_name = named != parameters.end() && named->is_string();
  const auto user = core::UserName::parse(has_name ? named->get_ref<const std::string&>() : "root");
  if (!user || (concerns_user && !has_name)) {
    if (Session* session = service_.listener.find(session_))
      session->reply(framed_refusal({"InvalidParameter", "the user name is missing or cannot be one", {}}, ""), false);
    return true;
  }
  if (!concerns_user) {
    Person nobody;
    nobody.known = Person::Known::kNo;
    identify(nobody, [row, user = *user](Admin& admin, const Person& person, const Person& actor) {
      admin.act(*row, user, person, actor);
    });
    return true;
  }
  const bool with_groups = service_.config.uses_groups() || service_.config.roles.any();
  service_.groups.resolve(user->text(), with_groups, peer_.uid,
                          [service = &service_, id = session_, row, user = *user](const Person& person) {
                            Session* session = service->listener.find(id);
                            if (session == nullptr) return;
                            session->admin().identify(
                                person, [row, user](Admin& admin, const Person& whom, const Person& actor) {
                                  admin.act(*row, user, whom, actor);
                                });
                          });
  return true;
}

// Who asks, where that is neither root nor the account itself.
template <class Then>
void Admin::identify(const Person& person, Then then) {
  Person actor;
  const bool own = person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer_.uid);
  if (peer_.is_root() || own) return then(*this, person, own ? person : actor);
  service_.groups.resolve_uid(peer_.uid, [service = &service_, id = session_, person, then](const Person& found) {
    if (Session* session = service->listener.find(id)) then(session->admin(), person, found);
  });
}

void Admin::act(const Permission& row, const core::UserName& user, const Person& person, const Person& actor) {
  Parameters parameters = std::move(asked_);
  service_.keep_waiting();  // whoever asks for the trail finds all of it
  const auto canonical = core::UserName::parse(person.name);
  const bool own =
      !peer_.is_root() && person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer_.uid);
  // For a ticket, or for a proof that another command of the same session has given.
  const bool needs_session = parameters.object.contains("ticket") || !(row.own && own);
  const std::string login_session = peer_.is_remote()                   ? peer_.session
                                    : needs_session && !peer_.is_root() ? session_of(peer_.pid, peer_.uid)
                                                                        : "";
  const auto proven = service_.proofs.find(proof_key(login_session));
  if (!actor_proof_ && !login_session.empty() && proven != service_.proofs.end()) actor_proof_ = proven->second;
  Request request{parameters.object,
                  canonical.value_or(user),
                  person,
                  actor_of(peer_.uid, actor, peer_.is_remote() ? Roles() : service_.config.roles),
                  own,
                  actor_proof_,
                  manner_of(service_.config, peer_.is_remote() ? peer_.host : service_.host),
                  peer_.is_remote() ? peer_.boot : service_.boot,
                  login_session,
                  nullptr,
                  {},
                  {}};
  const bool for_themselves = row.own && own;
  auto refusal = reason_to_refuse(row, request, service_.config);
  if (!refusal && peer_.is_remote() && !for_themselves)
    refusal = Refusal{"NotPermitted",
                      "on the host {1} people act on their own account alone; do this at a gate",
                      {core::escaped(peer_.host)}};
  if (refusal) {
    if (Session* session = service_.listener.find(session_))
      session->reply(framed_refusal(*refusal, peer_.is_root() ? "" : service_.config.help), true);
    return;
  }
  if (row.verb == nullptr) return reload();
  request.untrusted_host = !service_.config.trusts(peer_.host);
  request.draft = std::move(draft_);
  request.staged = std::move(staged_);
  service_.judge.submit(
      std::make_unique<VerbJob>(service_, session_, row, std::move(parameters.object), std::move(request)), peer_.uid);
}

std::string Admin::proof_key(const std::string& session) const { return std::to_string(peer_.uid) + " " + session; }

void Admin::note(std::optional<ActorProof> actor_proof, const std::string& session, bool awaits_code) {
  constexpr std::size_t kMostProofs = 1024;
  if (actor_proof && !session.empty() && !peer_.is_remote()) {
    if (service_.proofs.size() >= kMostProofs) service_.proofs.clear();  // they are asked again
    service_.proofs.insert_or_assign(proof_key(session), *actor_proof);
  }
  actor_proof_ = std::move(actor_proof);
  awaits_code_ = awaits_code;
}

// On the loop, between two steps of the judge.
void Admin::reload() {
  const std::string trouble = service_.reload();
  Session* session = service_.listener.find(session_);
  if (session == nullptr) return;
  if (!trouble.empty()) {
    const Refusal refusal{"InvalidInput", "the old configuration stays in force: {1}", {trouble}};
    return session->reply(framed_refusal(refusal, ""), false);
  }
  session->reply(framed({{"parameters", {{"warnings", service_.config.warnings}}}}), false);
}

}  // namespace seimon::daemon

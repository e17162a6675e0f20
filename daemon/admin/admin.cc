// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/admin.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "base/text.h"
#include "daemon/admin/permissions.h"
#include "daemon/admin/proof.h"
#include "daemon/admin/roles.h"
#include "daemon/net/message.h"
#include "daemon/system/processes.h"
#include "daemon/work/notices.h"
#include "wire/codec.h"

namespace seimon::daemon {

using nlohmann::json;

namespace {

bool is_flat(const json& parameters) {
  return parameters.is_object() && std::all_of(parameters.begin(), parameters.end(), [](const json& value) {
           return value.is_string() || value.is_number_integer() || value.is_boolean();
         });
}

// The owner of the codes of a registration by command, for CodeSender.
std::string owner_of(ConnectionId connection) {
  return "command " + std::to_string(static_cast<std::uint64_t>(connection));
}

bool wants_code(std::string_view error) {
  return error == "ProofNeeded" || error == "ActorProofNeeded" || error == "TwoCodes";
}

class VerbJob : public Job {
 public:
  VerbJob(AdminCalls& calls, ConnectionId connection, const Permission& row, Request request)
      : calls_(calls), service_(calls.service), connection_(connection), row_(row), request_(std::move(request)) {}
  VerbJob(const VerbJob&) = delete;
  VerbJob& operator=(const VerbJob&) = delete;
  ~VerbJob() override { wipe_secrets(reply_); }

  Needs run(const StepContext& context) override {
    age_ = context.now.age;
    try {
      note_ = request_.note();  // before anything is written: a refusal keeps what was
      if (row_.others != Role::kNone) demand_actor_proof(request_, context);
      reply_ = {{"parameters", row_.verb(request_, context)}};
      alarms_ = post_notices(request_.events, context);
    } catch (const Refusal& refusal) {
      refusal_ = refusal;
      request_.message.reset();
      undo_rest(request_, context);
      alarms_ = post_notices(request_.events, context);
    }
    if (!note_.empty() && !request_.events.empty()) {
      std::string& reason = request_.events.back().reason;  // the act; before it stand the proofs
      reason += (reason.empty() ? "note: " : " note: ") + note_;
    }
    request_.events.insert(request_.events.end(), alarms_.begin(), alarms_.end());
    if (!is_alone())
      for (const core::Event& event : request_.events) context.audit.append(event);
    return row_.needs_store ? Needs::kCommit : Needs::kNothing;
  }

  // The store is exchanged under nobody's hands.
  bool is_alone() const override { return row_.alone; }

  void done(const CommitResult& result) override {
    if (result.kind == CommitResult::Kind::kDurable && is_alone()) {
      service_.events.record(request_.events);
    } else if (result.kind == CommitResult::Kind::kDurable) {
      for (const core::Event& event : request_.events) service_.journal.write(event);
    } else {
      service_.journal.write(LOG_ERR, "store: " + result.reason);
      refusal_ = Refusal{"StoreUnavailable", "the store cannot be used: {1}", {base::escaped(result.reason)}};
      if (request_.actor.uid != 0)
        refusal_ = Refusal{"StoreUnavailable", "the store cannot be used now; ask the administrator", {}};
    }
    if (result.is_durable() && request_.message) send_code();
    Admin* admin = calls_.open.find(connection_);
    if (admin == nullptr) return service_.sender.end(owner_of(connection_));
    if (!result.is_durable()) request_.actor_proof.reset();
    admin->keep(request_, refusal_ && wants_code(refusal_->error));
    std::string message = refusal_ ? framed_refusal(*refusal_, help()) : framed(reply_);
    if (message.size() > wire::kMaxReply)
      message = framed_refusal({"InvalidParameter", "the answer is too long; ask for less", {}}, help());
    const bool negative = refusal_ && (refusal_->error == "WrongCode" || refusal_->error == "NotPermitted");
    admin->reply(std::move(message), negative);
  }

 private:
  void send_code() {
    core::CodeMessage& message = *request_.message;
    const auto sent = std::find_if(request_.events.rbegin(), request_.events.rend(),
                                   [](const core::Event& event) { return event.event == "code-sent"; });
    if (sent != request_.events.rend())
      service_.sender.send(message, message.until - age_, *sent, owner_of(connection_));
    core::wipe(message.text);
    core::wipe(message.code);
  }

  std::string help() const { return request_.actor.uid == 0 ? "" : request_.manner.help; }

  AdminCalls& calls_;
  Service& service_;
  ConnectionId connection_;
  const Permission& row_;
  Request request_;
  std::string note_;
  std::vector<core::Event> alarms_;
  json reply_;
  std::optional<Refusal> refusal_;
  core::Instant age_{};  // of the step
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
    return Refusal{"NoSuchUser", "there is no user \"{1}\" on this system", {base::escaped(person.name)}};
  return std::nullopt;
}

}  // namespace

Admin::Admin(AdminCalls& calls, Connection& connection)
    : calls_(calls), service_(calls.service), connection_(connection), peer_(connection.peer()) {
  calls_.open.add(connection_.id(), *this);
}

Admin::~Admin() {
  service_.sender.end(owner_of(connection_.id()));
  calls_.open.remove(connection_.id());
  calls_.deliveries.forget(static_cast<Deliveries::Worker>(connection_.id()));
}

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
    reply(framed_refusal({"InvalidParameter", "the user name is missing or cannot be one", {}}, ""), false);
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
                          [&calls = calls_, id = connection_.id(), row, user = *user](const Person& person) {
                            Admin* admin = calls.open.find(id);
                            if (admin == nullptr) return;
                            admin->identify(person, [row, user](Admin& self, const Person& whom, const Person& actor) {
                              self.act(*row, user, whom, actor);
                            });
                          });
  return true;
}

// Resolves the caller's account, unless the caller is root or the owner of the account that is named.
template <class Then>
void Admin::identify(const Person& person, Then then) {
  Person actor;
  const bool own = person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer_.uid);
  if (peer_.is_root() || own) return then(*this, person, own ? person : actor);
  service_.groups.resolve_uid(peer_.uid, [&calls = calls_, id = connection_.id(), person, then](const Person& found) {
    if (Admin* admin = calls.open.find(id)) then(*admin, person, found);
  });
}

void Admin::act(const Permission& row, const core::UserName& user, const Person& person, const Person& actor) {
  Parameters parameters = std::move(asked_);
  service_.events.flush();  // whoever asks for the trail finds all of it
  const auto canonical = core::UserName::parse(person.name);
  const bool own =
      !peer_.is_root() && person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer_.uid);
  // For a ticket, or for a proof that another command of the same session has given.
  const bool needs_session = parameters.object.contains("ticket") || !(row.own && own);
  const std::string login_session = peer_.is_remote() || peer_.is_page  ? peer_.session
                                    : needs_session && !peer_.is_root() ? session_of(peer_.pid, peer_.uid)
                                                                        : "";
  const auto proven = calls_.proofs.find(proof_key(login_session));
  if (!actor_proof_ && !login_session.empty() && proven != calls_.proofs.end()) actor_proof_ = proven->second;
  Request request{.call = std::move(parameters),
                  .user = canonical.value_or(user),
                  .person = person,
                  .actor = actor_of(peer_.uid, actor, peer_.is_remote() ? Roles() : service_.config.roles),
                  .is_own = own,
                  .actor_proof = actor_proof_,
                  .manner = manner_of(service_.config, peer_.is_remote() ? peer_.host : service_.host),
                  .boot = peer_.is_remote() ? peer_.boot : service_.boot,
                  .session = login_session,
                  .is_page = peer_.is_page,
                  .pairing = peer_.pairing,
                  .phone = peer_.phone,
                  .untrusted_host = !service_.config.trusts(peer_.host)};
  const bool for_themselves = row.own && own;
  auto refusal = reason_to_refuse(row, request, service_.config);
  if (!refusal && peer_.is_remote() && !for_themselves)
    refusal = Refusal{"NotPermitted",
                      "on the host {1} people act on their own account alone; do this at a gate",
                      {base::escaped(peer_.host)}};
  if (refusal) return reply(framed_refusal(*refusal, peer_.is_root() ? "" : service_.config.help), true);
  if (row.verb == nullptr) return act_on_loop(row, request);
  if (draft_ != nullptr && service_.sender.take_failure(owner_of(connection_.id()))) draft_->is_not_sent = true;
  request.draft = std::move(draft_);
  request.staged = std::move(staged_);
  service_.executor.submit(std::make_unique<VerbJob>(calls_, connection_.id(), row, std::move(request)), peer_.uid);
}

std::string Admin::proof_key(const std::string& session) const { return std::to_string(peer_.uid) + " " + session; }

void Admin::keep(Request& request, bool awaits_code) {
  constexpr std::size_t kMostProofs = 1024;
  draft_ = std::move(request.draft);
  staged_ = std::move(request.staged);
  if (!request.events.empty()) connection_.count_event();
  if (request.actor_proof && !request.session.empty() && !peer_.is_remote()) {
    if (calls_.proofs.size() >= kMostProofs) calls_.proofs.clear();  // they are asked again
    calls_.proofs.insert_or_assign(proof_key(request.session), *request.actor_proof);
  }
  actor_proof_ = std::move(request.actor_proof);
  awaits_code_ = awaits_code;
  has_message_ = false;
}

}  // namespace seimon::daemon

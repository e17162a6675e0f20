// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "daemon/listener.h"
#include "daemon/session.h"
#include "daemon/verbs.h"
#include "wire/codec.h"

namespace seimon::daemon {

using nlohmann::json;

enum class Who : std::uint8_t {
  kOwner,    // the account's own user, or root
  kRoot,     // uid 0
  kAnybody,  // concerns no account
};

struct Permission {
  std::string_view method;
  Who who;
  bool may_be_gone;  // the account may be unknown to NSS
  Verb verb;
  std::array<std::string_view, 10> parameters;
};

namespace {

constexpr std::array<Permission, 19> kPermissions = {{
    {"Enrol",
     Who::kOwner,
     false,
     enrol,
     {"user", "label", "kind", "algorithm", "digits", "period", "counter", "secret", "proof"}},
    {"Confirm", Who::kOwner, false, confirm, {"user", "code"}},
    {"List", Who::kOwner, true, list, {"user"}},
    {"Remove", Who::kOwner, true, remove, {"user", "method", "all", "proof"}},
    {"Verify", Who::kOwner, false, verify, {"user", "code"}},
    {"Explain", Who::kOwner, false, explain, {"user", "service", "from", "tty", "at"}},
    {"Suspend", Who::kRoot, true, suspend, {"user", "suspended"}},
    {"UserStatus", Who::kOwner, true, status_of_user, {"user", "from"}},
    {"Status", Who::kAnybody, true, status, {}},
    {"Log", Who::kOwner, true, log, {"user", "all", "limit"}},
    {"ShowConfig", Who::kRoot, true, show_config, {}},
    {"ResetFailures", Who::kRoot, true, reset_failures, {"user"}},
    {"Resync", Who::kRoot, true, resync, {"user", "method", "code"}},
    {"AcceptClock", Who::kRoot, true, accept_clock, {}},
    {"Backup", Who::kRoot, true, backup, {"begin"}},
    {"BeginEpoch", Who::kRoot, true, begin_epoch, {}},
    {"Restore", Who::kRoot, true, restore, {}},
    {"Inspect", Who::kRoot, true, inspect, {"after"}},
    {"Repair", Who::kRoot, true, repair, {"name"}},
}};

constexpr std::string_view kInterface = "io.seimon.Admin.";

const Permission* permission_for(std::string_view method) {
  if (!method.starts_with(kInterface)) return nullptr;
  method.remove_prefix(kInterface.size());
  for (const Permission& row : kPermissions)
    if (row.method == method) return &row;
  return nullptr;
}

bool is_flat(const json& parameters) {
  return parameters.is_object() && std::all_of(parameters.begin(), parameters.end(), [](const json& value) {
           return value.is_string() || value.is_number_integer() || value.is_boolean();
         });
}

// Keys and codes, wherever they stand in a message. Never throws: it is called by a destructor.
void wipe_secrets(json& message) noexcept {
  for (auto& [key, value] : message.items()) {
    if (value.is_object()) wipe_secrets(value);
    const bool secret = key == "secret" || key == "code" || key == "proof" || key == "key" || key == "link";
    if (auto* text = secret ? value.get_ptr<std::string*>() : nullptr) core::wipe(*text);
  }
}

std::string framed(const json& message) {
  std::string text = message.dump(-1, ' ', false, json::error_handler_t::replace);
  text.push_back('\0');
  return text;
}

std::string framed_refusal(const Refusal& refusal) {
  return framed({{"error", std::string(kInterface) + refusal.error}, {"parameters", {{"message", refusal.message}}}});
}

class VerbJob : public Job {
 public:
  VerbJob(Service& service, SessionId session, Verb verb, json parameters, Request request)
      : service_(service),
        session_(session),
        verb_(verb),
        parameters_(std::move(parameters)),
        request_{parameters_,    request.user,   request.person,           request.peer,
                 request.manner, request.issuer, std::move(request.draft), {}} {}
  ~VerbJob() override {
    wipe_secrets(parameters_);
    wipe_secrets(reply_);
  }

  Needs run(const Court& court) override {
    try {
      reply_ = {{"parameters", verb_(request_, court)}};
    } catch (const Refusal& refusal) {
      refusal_ = refusal;
    }
    if (!is_alone())
      for (const core::Event& event : request_.events) court.audit.append(event);
    // What an administrator asks first when the store is away.
    return verb_ == status || verb_ == show_config ? Needs::kNothing : Needs::kCommit;
  }

  // The store is exchanged under nobody's hands.
  bool is_alone() const override { return verb_ == restore; }

  void done(const Fate& fate) override {
    if (fate.kind == Fate::Kind::kDurable && is_alone()) {
      service_.record(request_.events);
    } else if (fate.kind == Fate::Kind::kDurable) {
      for (const core::Event& event : request_.events) service_.journal.write(LOG_INFO, core::event_line(event));
    } else {
      service_.journal.write(LOG_ERR, "store: " + fate.reason);
      refusal_ = Refusal{"StoreUnavailable", "the store cannot be used: " + core::escaped(fate.reason)};
      if (request_.peer != 0) refusal_->message = "the store cannot be used now; ask the administrator";
    }
    Session* session = service_.listener.find(session_);
    if (session == nullptr) return;
    session->admin().keep(std::move(request_.draft));
    std::string message = refusal_ ? framed_refusal(*refusal_) : framed(reply_);
    if (message.size() > wire::kMaxReply)
      message = framed_refusal({"InvalidParameter", "the answer is too long; ask for less"});
    const bool negative = refusal_ && (refusal_->error == "WrongCode" || refusal_->error == "NotPermitted");
    session->reply(std::move(message), negative);
  }

 private:
  Service& service_;
  SessionId session_;
  Verb verb_;
  json parameters_;
  Request request_;
  json reply_;
  std::optional<Refusal> refusal_;
};

std::optional<Refusal> reason_to_refuse(const Permission& row, const Person& person, uid_t peer) {
  const bool own = person.known == Person::Known::kYes && person.uid == static_cast<std::int64_t>(peer);
  if (row.who == Who::kRoot && peer != 0) return Refusal{"NotPermitted", "only root may do this"};
  if (row.who == Who::kOwner && peer != 0 && !own)
    return Refusal{"NotPermitted", "only root may act on another account"};
  if (person.known == Person::Known::kCannotTell)
    return Refusal{"StoreUnavailable", "the system's user database did not answer; try again"};
  if (person.known == Person::Known::kNo && !row.may_be_gone)
    return Refusal{"NoSuchUser", "there is no user \"" + core::escaped(person.name) + "\" on this system"};
  return std::nullopt;
}

}  // namespace

bool Admin::call(std::string_view method, std::string_view text) {
  const Permission* row = permission_for(method);
  if (row == nullptr) return false;
  json parameters = json::parse(text, nullptr, false);  // the envelope has bounded its nesting
  if (!is_flat(parameters)) return false;
  for (const auto& [key, value] : parameters.items())
    if (std::find(row->parameters.begin(), row->parameters.end(), key) == row->parameters.end() || key.empty())
      return false;
  const bool concerns_user = row->parameters.front() == "user";
  const auto named = parameters.find("user");
  const bool has_name = named != parameters.end() && named->is_string();
  const auto user = core::UserName::parse(has_name ? named->get_ref<const std::string&>() : "root");
  if (!user || (concerns_user && !has_name)) {
    if (Session* session = service_.listener.find(session_))
      session->reply(framed_refusal({"InvalidParameter", "the user name is missing or cannot be one"}), false);
    return true;
  }
  if (!concerns_user) {
    Person nobody;
    nobody.known = Person::Known::kNo;
    act(*row, std::move(parameters), *user, nobody);
    return true;
  }
  service_.groups.resolve(user->text(), service_.config.policy.uses_groups(), peer_,
                          [service = &service_, id = session_, row, parameters, user = *user](const Person& person) {
                            if (Session* session = service->listener.find(id))
                              session->admin().act(*row, parameters, user, person);
                          });
  return true;
}

void Admin::act(const Permission& row, json parameters, const core::UserName& user, const Person& person) {
  if (const auto refusal = reason_to_refuse(row, person, peer_)) {
    if (Session* session = service_.listener.find(session_)) session->reply(framed_refusal(*refusal), true);
    return;
  }
  const auto canonical = core::UserName::parse(person.name);
  Request request{
      parameters, canonical.value_or(user), person, peer_, service_.manner(), service_.config.issuer, std::move(draft_),
      {}};
  service_.judge.submit(
      std::make_unique<VerbJob>(service_, session_, row.verb, std::move(parameters), std::move(request)), peer_);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/verbs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "core/enrolment.h"

#ifndef SEIMON_VERSION
#define SEIMON_VERSION "0"
#endif

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Instant;
using core::Method;
using nlohmann::json;

namespace {

std::string iso_time(Instant time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts = {};
  char text[32] = {};
  if (gmtime_r(&seconds, &parts) != nullptr) (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string actor_name(uid_t peer) { return peer == 0 ? "root" : "uid " + std::to_string(peer); }

Event event_of(const Request& request, const Court& court, std::string_view what, std::string_view outcome) {
  Event event;
  event.at = court.now;
  event.event = what;
  event.outcome = outcome;
  event.user = request.user.text();
  event.actor = actor_name(request.peer);
  event.service = "seimon";
  event.host = request.manner.host;
  return event;
}

json method_json(const Method& method) {
  json row = {{"id", static_cast<std::int64_t>(method.id)},
              {"kind", core::kind_name(method.kind)},
              {"label", method.label},
              {"algorithm", core::algorithm_name(method.otp.algorithm)},
              {"digits", method.otp.digits},
              {"registered", iso_time(method.registered)},
              {"last_used", method.last_used ? iso_time(*method.last_used) : ""}};
  if (!method.otp.by_counter()) row["period"] = method.otp.period.count();
  return row;
}

// One code, judged as at a login: counted before it is answered, spent when it is right.
bool code_is_right(Request& request, const Court& court, const std::string& typed, std::string_view what) {
  core::Facts facts{request.user};
  facts.exists = true;
  facts.trusted = request.peer == 0;
  facts.peer_uid = request.peer;
  facts.service = "seimon";
  facts.groups.emplace();
  core::Policy ask_always;
  ask_always.fallback.action = core::Action::kRequire;
  core::Manner manner = request.manner;
  manner.codes.tries = 1;
  core::Conversation conversation(new_conversation_id(), facts, manner);
  (void)conversation.begin(ask_always, court.store, court.now);
  const core::Outcome outcome = conversation.answer(typed, court.store, court.now);
  Event event = outcome.events.front();
  event.event = what;
  event.actor = actor_name(request.peer);
  request.events.push_back(event);
  const auto* verdict = std::get_if<core::Verdict>(&outcome.reply);
  return verdict != nullptr && verdict->ruling == core::Ruling::kAllow;
}

// People prove themselves with a method they have, once they have one.
void demand_proof(Request& request, const Court& court, const Account& account) {
  if (request.peer == 0) return;
  if (account.suspended) throw Refusal{"NotPermitted", "this account is suspended"};
  if (account.methods.empty() && account.enrolled_before)
    throw Refusal{"NotPermitted", "your methods were removed; ask the help desk to register a new one"};
  if (account.methods.empty()) return;
  const auto proof = request.text("proof");
  if (!proof) throw Refusal{"ProofNeeded", "enter a code of a method that you have already"};
  if (!code_is_right(request, court, *proof, "proof"))
    throw Refusal{"WrongCode", "not accepted; a code works once: wait until your app shows a new one"};
}

// An account that NSS does not know (any more) is there as long as the store has something on it.
void demand_known(const Request& request, const Account& account) {
  if (request.person.known == Person::Known::kYes || account.enrolled_before || account.suspended) return;
  throw Refusal{"NoSuchUser", "there is no user \"" + core::escaped(request.user.text()) + "\" on this system"};
}

std::int64_t bounded(const Request& request, const char* key, std::int64_t otherwise, std::int64_t low,
                     std::int64_t high) {
  const std::int64_t value = request.number(key).value_or(otherwise);
  if (value < low || value > high)
    throw Refusal{"InvalidParameter", std::string(key) + " must be " + std::to_string(low) + " to " + std::to_string(high)};
  return value;
}

Method draft_method(Request& request, const Court& court, const Account& account) {
  Method method;
  const core::CodeSettings& codes = court.config.codes;
  const auto kind = core::parse_kind(request.text("kind").value_or("app"));
  if (!kind) throw Refusal{"InvalidParameter", "kind must be app or token"};
  method.kind = *kind;
  const auto algorithm =
      core::parse_algorithm(request.text("algorithm").value_or(std::string(core::algorithm_name(codes.algorithm))));
  if (!algorithm) throw Refusal{"InvalidParameter", "algorithm must be SHA1, SHA256 or SHA512"};
  method.otp.algorithm = *algorithm;
  method.otp.digits = static_cast<int>(bounded(request, "digits", codes.digits, 6, 8));
  const bool by_counter = request.number("counter").has_value();
  if (by_counter && request.number("period"))
    throw Refusal{"InvalidParameter", "a method goes by counter or by period, not by both"};
  const std::int64_t counter = bounded(request, "counter", 0, 0, std::int64_t{1} << 48);
  method.otp.period =
      by_counter ? core::seconds(0) : core::seconds(bounded(request, "period", codes.period.count(), 15, 120));
  if (by_counter) method.mark = core::Step{counter - 1};
  method.label = request.text("label").value_or(core::free_label(account.methods, method.kind));
  if (!core::is_valid_label(method.label))
    throw Refusal{"InvalidParameter", "a label is 1 to 64 printable characters and does not begin with '-'"};
  const bool taken = std::any_of(account.methods.begin(), account.methods.end(),
                                 [&](const Method& other) { return other.label == method.label; });
  if (taken)
    throw Refusal{"InvalidParameter", "there is a method \"" + core::escaped(method.label) + "\" already; choose another label"};
  method.registered = court.now;
  const auto secret = request.text("secret");
  method.key = secret ? core::from_base32(*secret) : core::Secret::random(core::kNewKeyBytes);
  if (secret && method.key.empty()) throw Refusal{"InvalidInput", "the secret is not base32 (letters A-Z and digits 2-7)"};
  if (method.key.size() < core::kLeastKeyBytes)
    throw Refusal{"InvalidInput", "the secret is shorter than 80 bits; RFC 4226 asks for at least 128"};
  if (method.key.size() > 128) throw Refusal{"InvalidInput", "the secret is longer than 128 bytes"};
  return method;
}

core::Facts facts_for(const Request& request, const Court& court) {
  core::Facts facts{request.user};
  facts.exists = request.person.known == Person::Known::kYes;
  facts.trusted = true;
  facts.service = request.text("service").value_or("sshd");
  facts.tty = request.text("tty").value_or("");
  facts.groups = request.person.groups;
  const std::string from = request.text("from").value_or("");
  const bool ssh = facts.service == "sshd";
  facts.origin = core::origin_of(court.config.policy, true, facts.service, from, ssh ? from : "");
  return facts;
}

std::string_view outcome_of(const core::Decision& decision, const Account& account, const core::Policy& policy,
                            bool exists) {
  if (policy.observe || decision.action == core::Action::kSkip) return "passes";
  if (account.suspended || decision.action == core::Action::kDeny) return "refused";
  if (!account.methods.empty()) return "asked";
  const bool passes = exists && !account.enrolled_before && decision.unenrolled != core::Unenrolled::kDeny;
  return passes ? "passes" : "refused";
}

const Method& method_named(const Account& account, const std::string& name, const Request& request) {
  for (const Method& method : account.methods)
    if (method.label == name || std::to_string(static_cast<std::int64_t>(method.id)) == name) return method;
  throw Refusal{"NoSuchMethod", "no method \"" + core::escaped(name) + "\" on " + request.user.text() +
                                    "; see: seimon list " + request.user.text()};
}

}  // namespace

std::optional<std::string> Request::text(const char* key) const {
  const auto value = parameters.find(key);
  if (value == parameters.end()) return std::nullopt;
  if (!value->is_string()) throw Refusal{"InvalidParameter", std::string(key) + " must be a text"};
  return value->get<std::string>();
}

std::optional<std::int64_t> Request::number(const char* key) const {
  const auto value = parameters.find(key);
  if (value == parameters.end()) return std::nullopt;
  if (!value->is_number_integer()) throw Refusal{"InvalidParameter", std::string(key) + " must be a whole number"};
  return value->get<std::int64_t>();
}

bool Request::flag(const char* key) const {
  const auto value = parameters.find(key);
  if (value == parameters.end()) return false;
  if (!value->is_boolean()) throw Refusal{"InvalidParameter", std::string(key) + " must be true or false"};
  return value->get<bool>();
}

json enrol(Request& request, const Court& court) {
  const Account account = court.store.account(request.user);
  demand_proof(request, court, account);
  Method method = draft_method(request, court, account);
  const std::string issuer = request.issuer;
  json reply = {{"user", request.user.text()},
                {"issuer", issuer},
                {"account", request.user.text()},
                {"label", method.label},
                {"kind", core::kind_name(method.kind)},
                {"key", core::base32(method.key)},
                {"link", core::otpauth_link(issuer, request.user.text(), method)},
                {"algorithm", core::algorithm_name(method.otp.algorithm)},
                {"digits", method.otp.digits},
                {"warning", ""}};
  if (method.otp.by_counter()) reply["counter"] = static_cast<std::int64_t>(method.mark) + 1;
  else reply["period"] = method.otp.period.count();
  if (method.key.size() < core::kGoodKeyBytes) reply["warning"] = "the secret has fewer than 128 bits (RFC 4226 R6)";
  request.draft = std::make_unique<Draft>(Draft{request.user, request.person.uid, std::move(method)});
  return reply;
}

json confirm(Request& request, const Court& court) {
  if (request.draft == nullptr || request.draft->user != request.user)
    throw Refusal{"NotPermitted", "no enrolment of this user has begun on this connection"};
  Draft& draft = *request.draft;
  const auto code = core::parse_code(request.text("code").value_or(""));
  const auto step = code ? core::proving_step(draft.method, *code, court.now, court.config.codes.window) : std::nullopt;
  if (!step) {
    const int left = --draft.tries_left;
    if (left == 0) request.draft.reset();
    throw Refusal{"WrongCode", left == 0 ? "that code does not fit either; nothing was registered. Begin again"
                                         : "that is not the code that this key shows now; " + std::to_string(left) +
                                               " tries left (is the phone's clock right?)"};
  }
  const Account account = court.store.account(request.user);
  for (const Method& other : account.methods)
    if (other.label == draft.method.label)
      throw Refusal{"InvalidParameter", "a method with this label was registered meanwhile; begin again"};
  draft.method.mark = *step;
  const core::MethodId id = court.store.add_method(request.user, draft.uid, draft.method);
  Event event = event_of(request, court, "enrol", "enrolled");
  event.method = draft.method.label;
  request.events.push_back(event);
  json reply = {{"id", static_cast<std::int64_t>(id)}, {"label", draft.method.label}};
  request.draft.reset();
  return reply;
}

json list(Request& request, const Court& court) {
  const Account account = court.store.account(request.user);
  demand_known(request, account);
  json rows = json::array();
  for (const Method& method : account.methods) rows.push_back(method_json(method));
  return {{"user", request.user.text()}, {"methods", rows}};
}

json remove(Request& request, const Court& court) {
  const Account account = court.store.account(request.user);
  const bool all = request.flag("all");
  const std::string name = request.text("method").value_or("");
  if (all != name.empty()) throw Refusal{"InvalidParameter", "name one method, or all of them"};
  if (account.methods.empty()) throw Refusal{"NoSuchMethod", request.user.text() + " has no method"};
  std::vector<const Method*> going;
  for (const Method& method : account.methods)
    if (all) going.push_back(&method);
  if (!all) going.push_back(&method_named(account, name, request));
  if (request.peer != 0 && going.size() == account.methods.size())
    throw Refusal{"Refused", "this is your last method; register another one first: seimon enroll"};
  demand_proof(request, court, account);
  for (const Method* method : going) {
    if (!court.store.remove_method(request.user, method->id)) throw core::StoreUnavailable("a method went away");
    Event event = event_of(request, court, "remove", "removed");
    event.method = method->label;
    request.events.push_back(event);
  }
  return {{"removed", going.size()}, {"left", account.methods.size() - going.size()}};
}

json verify(Request& request, const Court& court) {
  const std::string typed = request.text("code").value_or("");
  if (!code_is_right(request, court, typed, "verify")) throw Refusal{"WrongCode", "not accepted"};
  return {{"accepted", true}};
}

json explain(Request& request, const Court& court) {
  const core::Policy& policy = court.config.policy;
  const core::Facts facts = facts_for(request, court);
  const Instant at = request.number("at") ? Instant(core::seconds(*request.number("at"))) : court.now;
  std::vector<core::Considered> considered;
  const core::Decision decision = core::decide(policy, facts, at, &considered);
  const Account account = court.store.account(request.user);
  json kinds = json::array();
  for (const Method& method : account.methods) kinds.push_back(core::kind_name(method.kind));
  json rows = json::array();
  for (const core::Considered& row : considered)
    rows.push_back({{"rule", row.rule}, {"place", row.place}, {"why", row.why}});
  const std::string_view enforced = core::action_name(decision.action);
  const std::string_view would = !policy.observe && !decision.would_rule.empty() ? "skip" : enforced;
  constexpr const char* kOrigins[] = {"unknown", "local", "address"};
  return {{"user", request.user.text()},
          {"service", facts.service},
          {"from", core::escaped(facts.origin.text)},
          {"origin", kOrigins[static_cast<std::size_t>(facts.origin.kind)]},
          {"mode", policy.observe ? "observe" : "enforce"},
          {"action", policy.observe ? "skip" : enforced},
          {"would", would},
          {"would_rule", decision.would_rule},
          {"rule", decision.rule},
          {"network", decision.network},
          {"methods", kinds},
          {"unenrolled", core::unenrolled_name(decision.unenrolled)},
          {"outcome", outcome_of(decision, account, policy, facts.exists)},
          {"considered", rows}};
}

json suspend(Request& request, const Court& court) {
  const bool suspended = request.flag("suspended");
  const Account account = court.store.account(request.user);
  demand_known(request, account);
  const bool changed = account.suspended != suspended;
  if (changed) {
    court.store.set_suspended(request.user, suspended);
    request.events.push_back(
        event_of(request, court, suspended ? "suspend" : "resume", suspended ? "suspended" : "resumed"));
  }
  return {{"suspended", suspended}, {"changed", changed}};
}

json status_of_user(Request& request, const Court& court) {
  const Account account = court.store.account(request.user);
  demand_known(request, account);
  json rows = json::array();
  for (const Method& method : account.methods) rows.push_back(method_json(method));
  const auto known = account.failures.find(core::Claimant::kTrusted);
  const core::Failures failures = known == account.failures.end() ? core::Failures() : known->second;
  const Instant relaxes = core::relaxes_at(failures, court.now);
  return {{"user", request.user.text()},
          {"suspended", account.suspended},
          {"state", !account.methods.empty() ? "enrolled" : account.enrolled_before ? "stripped" : "not enrolled"},
          {"methods", rows},
          {"failures", failures.windows.back().count},
          {"over_limit_until", relaxes > court.now ? iso_time(relaxes) : ""}};
}

json status(Request& request, const Court& court) {
  json reply = {{"version", SEIMON_VERSION},
                {"mode", court.config.policy.observe ? "observe" : "enforce"},
                {"store", "ok"}};
  if (request.peer != 0) return reply;
  const core::StoreSummary summary = court.store.summary();
  reply["store_path"] = court.config.store_path;
  reply["users"] = summary.users;
  reply["methods"] = summary.methods;
  reply["events"] = summary.events;
  return reply;
}

json log(Request& request, const Court& court) {
  core::EventQuery query;
  const bool all = request.flag("all");
  if (all && request.peer != 0) throw Refusal{"NotPermitted", "only root may read everybody's events"};
  query.user = all ? "" : request.user.text();
  query.limit = static_cast<int>(bounded(request, "limit", 100, 1, 1000));
  json rows = json::array();
  for (const Event& event : court.audit.events(query)) {
    json row = {{"at", iso_time(event.at)}};
    Event::each_field(event, [&](std::string_view name, const std::string& value) {
      if (!value.empty()) row[std::string(name)] = core::escaped(value);
    });
    rows.push_back(row);
  }
  return {{"events", rows}};
}

json show_config(Request& /*request*/, const Court& court) {
  const core::Policy& policy = court.config.policy;
  constexpr const char* kStates[] = {"off", "preparing", "on"};
  json rules = json::array();
  const auto add = [&](const core::Rule& rule) {
    rules.push_back({{"name", rule.name},
                     {"place", rule.place},
                     {"action", core::action_name(rule.action)},
                     {"unenrolled", core::unenrolled_name(rule.unenrolled)}});
  };
  for (const core::Rule& rule : policy.rules) add(rule);
  add(policy.fallback);
  json networks = json::array();
  for (const auto& [name, network] : policy.networks)
    networks.push_back({{"name", name},
                        {"ranges", network.set.ranges().size()},
                        {"state", kStates[static_cast<std::size_t>(core::state_at(network, court.now))]}});
  return {{"mode", policy.observe ? "observe" : "enforce"},
          {"files", court.config.files},
          {"store", court.config.store_path},
          {"issuer", court.config.issuer},
          {"digits", court.config.codes.digits},
          {"period", court.config.codes.period.count()},
          {"window", court.config.codes.window},
          {"rules", rules},
          {"networks", networks}};
}

}  // namespace seimon::daemon

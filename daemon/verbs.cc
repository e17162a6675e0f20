// SPDX-License-Identifier: Apache-2.0
#include "daemon/verbs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "core/enrolment.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

constexpr auto kEnrolmentFor = std::chrono::minutes(10);
constexpr std::size_t kMostMethods = 16;  // of one user; each costs every login a little

std::string actor_name(uid_t peer) { return peer == 0 ? "root" : "uid " + std::to_string(peer); }

}  // namespace

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

namespace {

// One code, judged as at a login: counted before it is answered, spent when it is right.
bool code_is_right(Request& request, const Court& court, const std::string& typed, std::string_view what) {
  if (!core::parse_code(typed) && !core::parse_pair(typed)) return false;
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
  (void)conversation.begin(ask_always, court.records(), court.now);
  const core::Outcome outcome = conversation.answer(typed, court.records(), court.now);
  if (outcome.events.empty())
    throw Refusal{"TwoCodes",
                  "several wrong codes were entered for this account; enter two codes in a row, the second one after "
                  "your app shows a new one"};
  for (std::size_t i = 0; i < outcome.events.size(); ++i) {
    Event event = outcome.events[i];
    if (event.event != "alarm" && i > 0) continue;
    if (event.event != "alarm") event.event = what;
    event.actor = actor_name(request.peer);
    request.events.push_back(event);
  }
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

// What was true when the enrolment began must still be: nobody keeps an open one in store for the day after.
void check_still_welcome(Request& request, const Court& court, const Account& account) {
  const Draft& draft = *request.draft;
  std::vector<core::MethodId> beside;
  for (const Method& method : account.methods) beside.push_back(method.id);
  const bool late = court.now < draft.begun || court.now - draft.begun > kEnrolmentFor;
  const bool changed = beside != draft.beside || (request.peer != 0 && account.suspended) ||
                       (request.peer != 0 && account.methods.empty() && account.enrolled_before);
  if (!late && !changed) return;
  request.draft.reset();
  throw Refusal{"Refused", late ? "this enrolment took too long; begin again"
                                : "the account was changed meanwhile; nothing was registered. Begin again"};
}

Method draft_method(Request& request, const Court& court, const Account& account) {
  Method method;
  const core::CodeSettings& codes = court.config.codes;
  if (account.methods.size() >= kMostMethods)
    throw Refusal{"Refused", "there are " + std::to_string(kMostMethods) + " methods already; remove one first"};
  const auto kind = core::parse_kind(request.text("kind").value_or("app"));
  if (!kind) throw Refusal{"InvalidParameter", "kind must be app or token"};
  method.kind = *kind;
  const auto algorithm =
      core::parse_algorithm(request.text("algorithm").value_or(std::string(core::algorithm_name(codes.algorithm))));
  if (!algorithm) throw Refusal{"InvalidParameter", "algorithm must be SHA1, SHA256 or SHA512"};
  method.otp.algorithm = *algorithm;
  method.otp.digits = static_cast<int>(request.bounded("digits", codes.digits, 6, 8));
  const bool by_counter = request.number("counter").has_value();
  if (by_counter && request.number("period"))
    throw Refusal{"InvalidParameter", "a method goes by counter or by period, not by both"};
  const std::int64_t counter = request.bounded("counter", 0, 0, std::int64_t{1} << 48);
  method.otp.period =
      by_counter ? core::seconds(0) : core::seconds(request.bounded("period", codes.period.count(), 15, 120));
  if (by_counter) method.mark = core::Step{counter - 1};
  method.label = request.text("label").value_or(core::free_label(account.methods, method.kind));
  if (!core::is_valid_label(method.label))
    throw Refusal{"InvalidParameter", "a label is 1 to 64 printable characters and does not begin with '-'"};
  const bool taken = std::any_of(account.methods.begin(), account.methods.end(),
                                 [&](const Method& other) { return other.label == method.label; });
  if (taken)
    throw Refusal{"InvalidParameter",
                  "there is a method \"" + core::escaped(method.label) + "\" already; choose another label"};
  method.registered = court.now;
  const auto secret = request.text("secret");
  method.key = secret ? core::from_base32(*secret) : core::Secret::random(core::kNewKeyBytes);
  if (secret && method.key.empty())
    throw Refusal{"InvalidInput", "the secret is not base32 (letters A-Z and digits 2-7)"};
  if (method.key.size() < core::kLeastKeyBytes)
    throw Refusal{"InvalidInput", "the secret is shorter than 80 bits; RFC 4226 asks for at least 128"};
  if (method.key.size() > 128) throw Refusal{"InvalidInput", "the secret is longer than 128 bytes"};
  return method;
}

}  // namespace

const Method& method_named(const Account& account, const std::string& name, const Request& request) {
  for (const Method& method : account.methods)
    if (method.label == name || std::to_string(static_cast<std::int64_t>(method.id)) == name) return method;
  throw Refusal{"NoSuchMethod", "no method \"" + core::escaped(name) + "\" on " + request.user.text() +
                                    "; see: seimon list " + request.user.text()};
}

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

std::int64_t Request::bounded(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const {
  const std::int64_t value = number(key).value_or(otherwise);
  if (value < low || value > high)
    throw Refusal{"InvalidParameter",
                  std::string(key) + " must be " + std::to_string(low) + " to " + std::to_string(high)};
  return value;
}

void Request::demand_known(const core::Account& account) const {
  if (person.known == Person::Known::kYes || account.enrolled_before || account.suspended) return;
  throw Refusal{"NoSuchUser", "there is no user \"" + core::escaped(user.text()) + "\" on this system"};
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
  request.draft = std::make_unique<Draft>(Draft{request.user, request.person.uid, std::move(method), court.now, {}});
  for (const Method& other : account.methods) request.draft->beside.push_back(other.id);
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
  check_still_welcome(request, court, court.store.account(request.user));
  draft.method.mark = *step;
  const core::MethodId id = court.store.add_method(request.user, draft.uid, draft.method);
  Event event = event_of(request, court, "enrol", "enrolled");
  event.method = draft.method.label;
  request.events.push_back(event);
  json reply = {{"id", static_cast<std::int64_t>(id)}, {"label", draft.method.label}};
  request.draft.reset();
  return reply;
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

json suspend(Request& request, const Court& court) {
  const bool suspended = request.flag("suspended");
  const Account account = court.store.account(request.user);
  request.demand_known(account);
  const bool changed = account.suspended != suspended;
  if (changed) {
    court.store.set_suspended(request.user, suspended);
    request.events.push_back(
        event_of(request, court, suspended ? "suspend" : "resume", suspended ? "suspended" : "resumed"));
  }
  return {{"suspended", suspended}, {"changed", changed}};
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// What all verbs share: parameters, events, and proofs of who asks.
#include "daemon/verbs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "core/enrolment.h"
#include "daemon/hooks.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

constexpr std::size_t kMostNote = 200;

}  // namespace

std::string sentence(std::string_view text, const std::vector<std::string>& values) {
  std::string result(text);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string place = "{" + std::to_string(i + 1) + "}";
    const std::size_t at = result.find(place);
    if (at != std::string::npos) result.replace(at, place.size(), values[i]);
  }
  return result;
}

Event event_of(const Request& request, const Court& court, std::string_view what, std::string_view outcome) {
  Event event = event_of_all(request, court, what, outcome);
  event.user = request.user.text();
  if (request.without_code) event.reason = "without-code";
  return event;
}

Event event_of_all(const Request& request, const Court& court, std::string_view what, std::string_view outcome) {
  Event event;
  event.at = court.now.wall;
  event.event = what;
  event.outcome = outcome;
  event.actor = request.actor.name;
  event.service = "seimon";
  event.host = request.manner.host;
  return event;
}

Account account_of(const core::UserName& user, const Person& person, const Court& court) {
  Account account = court.store.account(user);
  const bool here = person.known == Person::Known::kYes;
  (void)core::drop_ended(account, here ? std::optional(person.uid) : std::nullopt, court.config.enrolment.issued_for,
                         court.now.age);
  return account;
}

Account account_of(const Request& request, const Court& court) {
  return account_of(request.user, request.person, court);
}

void keep_so_far(Request& request, const Court& court) {
  request.kept_events = request.events.size();
  if (court.step == nullptr) return;
  court.step->release();
  court.step->savepoint();
}

void undo_rest(Request& request, const Court& court) {
  request.events.resize(request.kept_events);
  if (court.step == nullptr) return;
  court.step->roll_back_to_savepoint();
  court.step->savepoint();
}

void remove_method(const Request& request, const Court& court, core::MethodId method) {
  if (!court.store.remove_method(request.user, method))
    throw Refusal{"Refused", "the account was changed at the same time; nothing was done. Try again", {}};
}

void strip(const core::UserName& user, const Account& before, const Court& court) {
  core::Profile profile = court.store.account(user).profile;
  profile.enrolled_before = profile.enrolled_before || core::is_enrolled(before, court.now.age);
  profile.revoke();
  court.store.write_profile(user, profile);
}

bool code_is_right(Request& request, const Court& court, const core::UserName& user, const std::string& typed,
                   std::string_view what) {
  const bool can_be = core::parse_code(typed) || core::parse_pair(typed) || core::parse_recovery_code(typed) ||
                      core::parse_bypass_code(typed);
  if (!can_be) return false;
  core::Facts facts{user};
  facts.exists = true;
  facts.trusted = request.actor.role != Role::kNone;
  facts.peer_uid = request.actor.uid;
  facts.uid = user == request.user ? request.person.uid : static_cast<std::int64_t>(request.actor.uid);
  if (*facts.uid < 0) facts.uid.reset();
  facts.service = "seimon";
  facts.groups.emplace();
  core::Policy ask_always;
  ask_always.fallback.action = core::Action::kRequire;
  core::Manner manner = request.manner;
  manner.codes.tries = 1;
  core::Conversation conversation(new_conversation_id(), facts, manner);
  (void)conversation.begin(ask_always, court.records(), court.now);
  const core::Outcome outcome = conversation.answer(typed, court.records(), court.now);
  if (outcome.events.empty()) {
    keep_so_far(request, court);
    throw Refusal{"TwoCodes",
                  "several wrong codes were entered for this account; enter two codes in a row, the second one after "
                  "your app shows a new one",
                  {}};
  }
  for (std::size_t i = 0; i < outcome.events.size(); ++i) {
    Event event = outcome.events[i];
    if (event.event != "alarm" && i > 0) continue;
    if (event.event != "alarm") event.event = what;
    event.actor = request.actor.name;
    request.events.push_back(event);
  }
  keep_so_far(request, court);
  const auto* verdict = std::get_if<core::Verdict>(&outcome.reply);
  return verdict != nullptr && verdict->ruling == core::Ruling::kAllow;
}

std::optional<core::Ticket> ticket_of(const Request& request, const Court& court, const core::UserName& user) {
  const auto shown = request.text("ticket");
  if (!shown || shown->empty()) return std::nullopt;
  const std::string digest = ticket_digest(court.store, *shown);
  for (const core::Ticket& ticket : court.store.account(user).profile.tickets) {
    const bool ours = ticket.digest == digest && ticket.host == request.manner.host && ticket.boot == request.boot;
    // Another session of the same user has found it somewhere: it opens nothing there.
    if (!ticket.session.empty() && ticket.session != request.session) continue;
    if (ours && court.now.age < ticket.until) return ticket;
  }
  return std::nullopt;
}

namespace {

void demand_code(Request& request, const Court& court, const core::UserName& user, const char* key) {
  const auto proof = request.text(key);
  if (!proof) throw Refusal{"ProofNeeded", "enter a code of a method that you have already", {}};
  if (!code_is_right(request, court, user, *proof, "proof"))
    throw Refusal{"WrongCode", "not accepted; a code works once: wait until your app shows a new one", {}};
}

// Why somebody without any method may not register one here by themselves; nothing when they may.
std::optional<Refusal> reason_not_to_register(const Request& request, const Court& court, const Account& account,
                                              const std::optional<core::Ticket>& ticket) {
  // Its root could say that it is anybody, anywhere.
  if (request.untrusted_host)
    return Refusal{"NotPermitted",
                   "from this host no first method is registered; do it at a gate, or ask the help desk for a bypass "
                   "code",
                   {}};
  if (ticket && ticket->may_register) return std::nullopt;
  const std::vector<std::string>& from = court.config.enrolment.enrol_from;
  const bool had = account.profile.enrolled_before;
  if (!had && from.empty()) return std::nullopt;
  std::string places;
  for (const std::string& name : from) places += (places.empty() ? "" : ", ") + name;
  if (from.empty())
    return Refusal{"NotPermitted", "your methods were removed; ask the help desk for a bypass code", {}};
  if (!had)
    return Refusal{
        "NotPermitted",
        "a first method is registered from certain networks only; log in anew from {1}, or ask the help desk for "
        "a bypass code",
        {places}};
  return Refusal{"NotPermitted",
                 "your methods were removed; log in anew from {1}, or ask the help desk for a bypass code",
                 {places}};
}

}  // namespace

void demand_proof(Request& request, const Court& court, const Account& account) {
  if (!request.is_own) return;
  if (account.profile.suspended) throw Refusal{"NotPermitted", "this account is suspended", {}};
  const auto ticket = ticket_of(request, court, request.user);
  if (ticket && ticket->second_step) return;
  const bool enrolled = core::is_enrolled(account, court.now.age);
  if (ticket && ticket->may_replace && enrolled) {
    request.without_code = true;
    return;
  }
  const bool has_codes = !account.profile.recovery.unused.empty() || !account.profile.bypass.empty();
  if (!enrolled) {
    const auto refusal = reason_not_to_register(request, court, account, ticket);
    if (!refusal) return;
    if (!has_codes) throw Refusal{*refusal};
  }
  if (!enrolled && !request.text("proof"))
    throw Refusal{"ProofNeeded", "enter the bypass code from the help desk, or a recovery code", {}};
  demand_code(request, court, request.user, "proof");
}

namespace {

bool stands(const ActorProof& proof, const Account& actor, const Court& court) {
  if (court.now.age < proof.at || court.now.age - proof.at >= court.config.enrolment.ticket_for) return false;
  return std::any_of(actor.methods.begin(), actor.methods.end(), [&](const core::Method& method) {
    return std::find(proof.methods.begin(), proof.methods.end(), method.id) != proof.methods.end();
  });
}

}  // namespace

void demand_actor_proof(Request& request, const Court& court) {
  if (request.is_own || request.actor.role == Role::kRoot) return;
  const Account actor = court.store.account(*request.actor.account);
  if (actor.profile.suspended) throw Refusal{"NotPermitted", "this account is suspended", {}};
  const auto ticket = ticket_of(request, court, *request.actor.account);
  if (ticket && ticket->second_step) return;
  if (request.actor_proof && stands(*request.actor_proof, actor, court)) return;
  request.actor_proof.reset();
  if (!request.text("actor_proof"))
    throw Refusal{
        "ActorProofNeeded", "enter a code of your own, to show that it is you who acts on another account", {}};
  demand_code(request, court, *request.actor.account, "actor_proof");
  ActorProof proof{court.now.age, {}};
  for (const core::Method& method : actor.methods) proof.methods.push_back(method.id);
  request.actor_proof = std::move(proof);
}

const Method& method_named(const Account& account, const std::string& name, const Request& request) {
  const Method* found = nullptr;
  for (const Method& method : account.methods) {
    if (method.label != name && std::to_string(static_cast<std::int64_t>(method.id)) != name) continue;
    if (found != nullptr)
      throw Refusal{"InvalidParameter",
                    "\"{1}\" is the label of one method and the number of another; use its number or label",
                    {core::escaped(name)}};
    found = &method;
  }
  if (found != nullptr) return *found;
  throw Refusal{"NoSuchMethod",
                "no method \"{1}\" on {2}; see: seimon list {3}",
                {core::escaped(name), core::escaped(request.user.text()), core::escaped(request.user.text())}};
}

std::optional<std::string> Request::text(const char* key) const {
  const auto value = parameters.find(key);
  if (value == parameters.end()) return std::nullopt;
  if (!value->is_string()) throw Refusal{"InvalidParameter", std::string(key) + " must be a text", {}};
  return value->get<std::string>();
}

std::optional<std::int64_t> Request::number(const char* key) const {
  const auto value = parameters.find(key);
  if (value == parameters.end()) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits) throw Refusal{"InvalidParameter", std::string(key) + " must be a whole number", {}};
  return value->get<std::int64_t>();
}

std::string Request::note() const {
  std::string note = text("note").value_or("");
  std::string_view rest = note;
  bool good = note.size() <= kMostNote;
  while (good && !rest.empty()) {
    const auto character = core::take_character(rest);
    good = character && !core::is_unprintable(*character);
  }
  if (!good) throw Refusal{"InvalidParameter", "a note is at most 200 bytes of printable text", {}};
  return note;
}

bool Request::flag(const char* key) const {
  const auto value = parameters.find(key);
  if (value == parameters.end()) return false;
  if (!value->is_boolean()) throw Refusal{"InvalidParameter", std::string(key) + " must be true or false", {}};
  return value->get<bool>();
}

std::int64_t Request::bounded(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const {
  const std::int64_t value = number(key).value_or(otherwise);
  if (value < low || value > high)
    throw Refusal{
        "InvalidParameter", std::string(key) + " must be " + std::to_string(low) + " to " + std::to_string(high), {}};
  return value;
}

void Request::demand_known(const core::Account& account) const {
  if (person.known == Person::Known::kYes || account.profile.enrolled_before || account.profile.suspended ||
      account.pending)
    return;
  throw Refusal{"NoSuchUser", "there is no user \"{1}\" on this system", {core::escaped(user.text())}};
}

}  // namespace seimon::daemon

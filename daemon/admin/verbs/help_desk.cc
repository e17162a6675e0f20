// SPDX-License-Identifier: Apache-2.0
// The verbs of the help desk, and of whoever lost a phone. Each leaves an event with the actor and what they noted.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/login/enrolment.h"
#include "daemon/admin/proof.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using core::Account;
using core::BypassCode;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

constexpr std::int64_t kMostBypassSeconds = 30LL * 24 * 3600;  // for administrators too
constexpr std::int64_t kMostBypassUses = 1000;

json bypass_json(const BypassCode& code) {
  return {{"id", code.id},     {"made", iso_time(code.made)}, {"until", iso_time(code.until)},
          {"uses", code.uses}, {"actor", code.actor},         {"note", code.note}};
}

}  // namespace

json verify(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  if (!request.is_own && account.methods.empty() && account.profile.bypass.empty())
    throw Refusal{"Refused", "{1} has no method that could show a code", {base::escaped(request.user.text())}};
  if (!code_is_right(request, context, request.user, request.text("code").value_or(""), "verify"))
    throw Refusal{"WrongCode", "not accepted", {}};
  return {{"accepted", true}, {"note", request.note()}};
}

json bypass(Request& request, const StepContext& context) {
  if (request.is_own || request.actor.account == request.user)
    throw Refusal{"NotPermitted", "you cannot make a bypass code for yourself", {}};
  const Account account = account_of(request, context);
  const Roles& roles = context.config.roles;
  const bool helpdesk = request.actor.role == Role::kHelpdesk;
  const std::int64_t most_for = helpdesk ? roles.helpdesk_max_for.count() : kMostBypassSeconds;
  const std::int64_t most_uses = helpdesk ? roles.helpdesk_max_uses : kMostBypassUses;
  const std::int64_t length = request.bounded("for", std::min<std::int64_t>(3600, most_for), 60, most_for);
  const std::int64_t uses = request.bounded("uses", 1, 1, most_uses);
  core::Profile profile = account.profile;
  if (profile.bypass.size() >= core::kMostBypassCodes)
    throw Refusal{
        "Refused", "there are too many bypass codes of this user already; cancel some: seimon bypass --cancel", {}};
  BypassCode code;
  std::string shown = core::new_bypass_code();
  code.digest = core::bypass_digest(context.store, request.user, *core::parse_bypass_code(shown));
  for (const BypassCode& other : profile.bypass) code.id = std::max(code.id, other.id);
  ++code.id;
  code.made = context.now.start();
  code.until = context.now.start() + core::seconds(length);
  if (code.until <= context.now.age)
    throw Refusal{"Refused",
                  "the clock of this host is behind a time that it has shown ({1}), and the code would have ended "
                  "already; once the clock is right: seimon clock accept",
                  {iso_time(context.now.age)}};
  code.uses = uses;
  code.actor = request.actor.name;
  code.note = request.note();
  profile.bypass.push_back(code);
  context.store.write_profile(request.user, profile);
  Event event = event_of(request, context, "bypass", "given");
  event.reason = "until " + iso_time(code.until);
  request.events.push_back(event);
  json reply = bypass_json(code);
  reply["code"] = shown;
  core::wipe(shown);
  return reply;
}

json list_bypass(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  request.demand_known(account);
  json rows = json::array();
  for (const BypassCode& code : account.profile.bypass) rows.push_back(bypass_json(code));
  return {{"user", request.user.text()}, {"bypass", rows}};
}

json cancel_bypass(Request& request, const StepContext& context) {
  Account account = account_of(request, context);
  request.demand_known(account);
  const std::size_t count = account.profile.bypass.size();
  if (count == 0) return {{"cancelled", 0}};
  demand_proof(request, context, account);
  account = account_of(request, context);  // the proof may have used one
  account.profile.bypass.clear();
  context.store.write_profile(request.user, account.profile);
  request.events.push_back(event_of(request, context, "bypass", "cancelled"));
  return {{"cancelled", count}};
}

// A lost device: whatever was given out before opens nothing from this commit on.
json revoke(Request& request, const StepContext& context) {
  Account account = context.store.account(request.user);
  request.demand_known(account);
  if (request.is_own) demand_proof(request, context, account);
  json removed = json::array();
  for (const Method& method : account.methods) {
    remove_method(request, context, method.id);
    removed.push_back(method.label);
  }
  if (account.pending) remove_method(request, context, account.pending->id);
  reset_account(request.user, account, context);
  request.events.push_back(event_of(request, context, "revoke", "revoked"));
  return {{"user", request.user.text()}, {"removed", removed}};
}

json forget_hosts(Request& request, const StepContext& context) {
  Account account = account_of(request, context);
  request.demand_known(account);
  const std::size_t count = account.profile.remembered.size();
  if (count == 0) return {{"forgotten", 0}};
  account.profile.remembered.clear();
  context.store.write_profile(request.user, account.profile);
  request.events.push_back(event_of(request, context, "forget-hosts", "forgotten"));
  return {{"forgotten", count}};
}

json suspend(Request& request, const StepContext& context) {
  const bool suspended = request.flag("suspended");
  const Account account = context.store.account(request.user);
  request.demand_known(account);
  const bool changed = account.profile.suspended != suspended;
  if (changed) {
    core::Profile profile = account.profile;
    profile.suspend();
    profile.suspended = suspended;
    context.store.write_profile(request.user, profile);
    request.events.push_back(
        event_of(request, context, suspended ? "suspend" : "resume", suspended ? "suspended" : "resumed"));
  }
  return {{"suspended", suspended}, {"changed", changed}};
}

json reset_failures(Request& request, const StepContext& context) {
  const Account account = context.store.account(request.user);
  request.demand_known(account);
  std::int64_t failures = 0;
  for (const auto& [scope, record] : account.failure_records) {
    failures += record.counted_failures();
    context.store.record_failures(request.user, scope, core::reset(record));
  }
  core::Profile profile = context.store.account(request.user).profile;
  profile.approvals.is_paused = false;
  profile.approvals.unanswered.clear();
  if (profile != account.profile) context.store.write_profile(request.user, profile);
  request.events.push_back(event_of(request, context, "reset-failures", "reset"));
  return {{"user", request.user.text()}, {"failures", failures}};
}

json rename_user(Request& request, const StepContext& context) {
  const auto to = core::UserName::parse(request.text("to").value_or(""));
  if (!to || *to == request.user) throw Refusal{"InvalidParameter", "the new name is missing or cannot be one", {}};
  const Account account = context.store.account(request.user);
  request.demand_known(account);
  const Account taken = context.store.account(*to);
  if (taken.profile.enrolled_before || taken.pending || taken.profile.suspended)
    throw Refusal{"Refused", "there is a record of {1} already; nothing was moved", {base::escaped(to->text())}};
  for (const Method& method : account.methods)
    if (method.floor)
      throw Refusal{"Refused",
                    "a method of {1} was restored from a backup and not used since; synchronise it first with "
                    "seimon resync, or log in once",
                    {base::escaped(request.user.text())}};
  for (const Method& method : account.methods) {
    (void)context.store.add_method(*to, account.profile.uid.value_or(-1), method);
    (void)context.store.remove_method(request.user, method.id);
  }
  core::Profile profile = account.profile;
  // Codes are hashed together with the name: new ones are needed.
  profile.revoke();
  context.store.write_profile(*to, profile);
  for (const auto& [scope, failures] : account.failure_records) context.store.record_failures(*to, scope, failures);
  context.users.forget(request.user);
  Event event = event_of(request, context, "rename-user", "renamed");
  event.reason = "to " + to->text();
  request.events.push_back(event);
  return {{"user", to->text()}, {"methods", account.methods.size()}};
}

// Forgets a user who is gone. Whether they are gone, the command has asked NSS; so has this request.
json prune(Request& request, const StepContext& context) {
  if (request.person.known != Person::Known::kNo)
    throw Refusal{"Refused", "the user {1} exists, or NSS did not answer", {base::escaped(request.user.text())}};
  const Account account = context.store.account(request.user);
  context.users.forget(request.user);
  request.events.push_back(event_of(request, context, "prune", "forgotten"));
  return {{"user", request.user.text()}, {"methods", account.methods.size()}};
}

}  // namespace seimon::daemon

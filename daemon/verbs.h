// SPDX-License-Identifier: Apache-2.0
// What each verb of io.seimon.Admin does, as a function from a request and the court to a reply. They run on the
// judge's thread, inside a savepoint; their events are appended there.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/conversation.h"
#include "daemon/admin.h"

namespace seimon::daemon {

// What a peer may do with accounts that are not its own. Each includes the ones before.
enum class Role : std::uint8_t { kNone, kHelpdesk, kAdmin, kRoot };

// Who asks.
struct Actor {
  uid_t uid = 0;
  std::string name;  // "root", or the account's
  Role role = Role::kNone;
  std::optional<core::UserName> account;  // nothing for root, and for a uid without a name
};

// Of a verb that goes through everybody, a question: so that logins go on between.
constexpr int kUsersAtOnce = 200;

struct Request {
  const nlohmann::json& parameters;  // an object; each value a text, a whole number or a boolean
  core::UserName user;               // whom it is about
  Person person;
  Actor actor;
  bool is_own = false;                    // the actor's own account, and not root's word
  std::optional<ActorProof> actor_proof;  // from before on this connection, then as it is now
  core::Manner manner;
  std::string boot;
  std::string session;           // the login session that it comes from; empty where that cannot be told
  std::unique_ptr<Draft> draft;  // taken from the session, given back, like the next
  std::vector<Staged> staged;
  std::vector<core::Event> events;
  std::size_t kept_events = 0;  // of them, those that stay whatever becomes of the verb
  bool without_code = false;    // a ticket of `replace_from` is all that was shown
  bool untrusted_host = false;  // it comes from a login host whose word the gate does not trust

  [[nodiscard]] std::optional<std::string> text(const char* key) const;
  [[nodiscard]] std::optional<std::int64_t> number(const char* key) const;
  [[nodiscard]] bool flag(const char* key) const;
  // What the actor noted for the audit trail: it may come with every call. Throws Refusal.
  [[nodiscard]] std::string note() const;
  // A number from `low` to `high`, or `otherwise` when it is absent.
  [[nodiscard]] std::int64_t bounded(const char* key, std::int64_t otherwise, std::int64_t low,
                                     std::int64_t high) const;
  // Refuses a name that neither NSS nor the store knows.
  void demand_known(const core::Account& account) const;
};

// A refusal; `error` is the last part of its Varlink name and decides the command's exit code.
struct Refusal {
  std::string error;
  std::string text;                 // for the person, with what to do next; the command may have a translation
  std::vector<std::string> values;  // that take the places "{1}", "{2}", … in it; escaped
};

// `text` with its values in their places.
[[nodiscard]] std::string sentence(std::string_view text, const std::vector<std::string>& values);

// Throws Refusal.
using Verb = nlohmann::json (*)(Request& request, const Court& court);

// Counters or steps that a resync looks at, and where an imported code is looked for.
inline constexpr std::int64_t kFarAhead = 100;

// A new method from the parameters of Enrol and Import. `old` is the one that goes when it comes; it may be null.
// Throws Refusal.
[[nodiscard]] core::Method draft_method(Request& request, const Court& court, const core::Account& account,
                                        const core::Method* old);
// Before anything new comes goes what another uid left under this name (threat model E6), and a key that a login has
// shown and that is no method yet.
void make_room(const Request& request, const Court& court);

// Verbs about methods (daemon/method_verbs.cc, daemon/resync_verb.cc).
[[nodiscard]] nlohmann::json enrol(Request& request, const Court& court);
[[nodiscard]] nlohmann::json confirm(Request& request, const Court& court);
[[nodiscard]] nlohmann::json remove(Request& request, const Court& court);
[[nodiscard]] nlohmann::json rename(Request& request, const Court& court);
[[nodiscard]] nlohmann::json set_default(Request& request, const Court& court);
[[nodiscard]] nlohmann::json recovery_codes(Request& request, const Court& court);
[[nodiscard]] nlohmann::json set_language(Request& request, const Court& court);
[[nodiscard]] nlohmann::json resync(Request& request, const Court& court);

// In from other programs, and out again (daemon/moving_verbs.cc).
[[nodiscard]] nlohmann::json import_method(Request& request, const Court& court);
[[nodiscard]] nlohmann::json import_staged(Request& request, const Court& court);
[[nodiscard]] nlohmann::json export_methods(Request& request, const Court& court);

// Verbs of the help desk, and of whoever lost a phone (daemon/help_verbs.cc).
[[nodiscard]] nlohmann::json verify(Request& request, const Court& court);
[[nodiscard]] nlohmann::json bypass(Request& request, const Court& court);
[[nodiscard]] nlohmann::json list_bypass(Request& request, const Court& court);
[[nodiscard]] nlohmann::json cancel_bypass(Request& request, const Court& court);
[[nodiscard]] nlohmann::json revoke(Request& request, const Court& court);
[[nodiscard]] nlohmann::json forget_hosts(Request& request, const Court& court);
[[nodiscard]] nlohmann::json suspend(Request& request, const Court& court);
[[nodiscard]] nlohmann::json reset_failures(Request& request, const Court& court);
[[nodiscard]] nlohmann::json rename_user(Request& request, const Court& court);
[[nodiscard]] nlohmann::json prune(Request& request, const Court& court);

// Verbs of the administrator who puts things right (daemon/upkeep_verbs.cc).
[[nodiscard]] nlohmann::json accept_clock(Request& request, const Court& court);
[[nodiscard]] nlohmann::json backup(Request& request, const Court& court);
[[nodiscard]] nlohmann::json rewrap_key(Request& request, const Court& court);
[[nodiscard]] nlohmann::json begin_epoch(Request& request, const Court& court);
[[nodiscard]] nlohmann::json restore(Request& request, const Court& court);
[[nodiscard]] nlohmann::json inspect(Request& request, const Court& court);
[[nodiscard]] nlohmann::json repair(Request& request, const Court& court);

// Verbs about login hosts that ask a gate (daemon/host_verbs.cc).
[[nodiscard]] nlohmann::json enrol_host(Request& request, const Court& court);
[[nodiscard]] nlohmann::json revoke_host(Request& request, const Court& court);
[[nodiscard]] nlohmann::json guest_hosts(Request& request, const Court& court);

// The event of what an administrator or owner did.
[[nodiscard]] core::Event event_of(const Request& request, const Court& court, std::string_view what,
                                   std::string_view outcome);
// The same without a user.
[[nodiscard]] core::Event event_of_all(const Request& request, const Court& court, std::string_view what,
                                       std::string_view outcome);
// The account as it counts now. Throws what the store throws.
[[nodiscard]] core::Account account_of(const Request& request, const Court& court);
[[nodiscard]] core::Account account_of(const core::UserName& user, const Person& person, const Court& court);
// What was written so far stays, even if the verb refuses in the end: a counted try, a spent code.
void keep_so_far(Request& request, const Court& court);
// A refused verb has changed nothing but what was kept.
void undo_rest(Request& request, const Court& court);
// The last method of `before` is gone: nothing that was given out before opens anything either.
void strip(const core::UserName& user, const core::Account& before, const Court& court);
// Removes it, or refuses because somebody else has just done so.
void remove_method(const Request& request, const Court& court, core::MethodId method);
// One code of `user`, judged as at a login: counted before it is answered, spent when it is right. `what` becomes the
// event.
[[nodiscard]] bool code_is_right(Request& request, const Court& court, const core::UserName& user,
                                 const std::string& typed, std::string_view what);
// The ticket that came with the request, when it is one of `user`, of this host and boot, and not too old.
[[nodiscard]] std::optional<core::Ticket> ticket_of(const Request& request, const Court& court,
                                                    const core::UserName& user);
// People prove themselves for their own account: with a ticket, or a code of a method they have. Throws Refusal.
void demand_proof(Request& request, const Court& court, const core::Account& account);
// Role holders prove who they are before they act on others; looked at anew at each call: the account, and the age of
// the proof. Throws Refusal.
void demand_actor_proof(Request& request, const Court& court);
// By label or number. Throws Refusal.
[[nodiscard]] const core::Method& method_named(const core::Account& account, const std::string& name,
                                               const Request& request);

// Verbs of a rollout (daemon/rollout.cc).
[[nodiscard]] nlohmann::json rollout(Request& request, const Court& court);
[[nodiscard]] nlohmann::json rollout_of_many(Request& request, const Court& court);
[[nodiscard]] nlohmann::json tally(Request& request, const Court& court);
[[nodiscard]] nlohmann::json users(Request& request, const Court& court);
[[nodiscard]] nlohmann::json messages(Request& request, const Court& court);
// enrolled, waiting (a letter whose method does not count yet), stripped, pending or not enrolled.
[[nodiscard]] std::string_view state_of(const core::Account& account, core::Moment now);

// Verbs that tell something (daemon/reports.cc).
// When `method` begins to count: "first use", a time in UTC, or "" when it counts.
[[nodiscard]] std::string counts_from(const core::Method& method);
[[nodiscard]] nlohmann::json list(Request& request, const Court& court);
[[nodiscard]] nlohmann::json explain(Request& request, const Court& court);
[[nodiscard]] nlohmann::json status_of_user(Request& request, const Court& court);
[[nodiscard]] nlohmann::json status(Request& request, const Court& court);
[[nodiscard]] nlohmann::json log(Request& request, const Court& court);
[[nodiscard]] nlohmann::json show_config(Request& request, const Court& court);

}  // namespace seimon::daemon

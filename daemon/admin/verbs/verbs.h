// SPDX-License-Identifier: Apache-2.0
// The verbs of io.seimon.Admin, each a function from a request and the step's context to a reply. They run inside a
// savepoint; their events are appended there.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "daemon/admin/request.h"

namespace seimon::daemon {

// Of a verb that goes through everybody, a question: so that logins go on between.
constexpr int kUsersAtOnce = 200;

// Counters or steps that a resync looks at, and where an imported code is looked for.
inline constexpr std::int64_t kFarAhead = 100;

// A new method from the parameters of Enroll and Import. `old` is the one that goes when it comes; it may be null.
// Throws Refusal.
[[nodiscard]] core::Method draft_method(Request& request, const StepContext& context, const core::Account& account,
                                        const core::Method* old);
// From when on an issued method counts, from the parameters `start` and `first_use`: a letter is days on its way, and
// until it has arrived its reader has no code. Throws Refusal.
void take_start(core::Method& method, const Request& request, const StepContext& context);
// Before anything new comes goes what another uid left under this name (threat model E6), and a key that a login has
// shown and that is no method yet.
void make_room(const Request& request, const StepContext& context);

// Verbs about methods (daemon/admin/verbs/methods.cc, daemon/admin/verbs/resync.cc).
[[nodiscard]] nlohmann::json enrol(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json confirm(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json remove(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json rename(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json set_default(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json recovery_codes(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json set_language(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json resync(Request& request, const StepContext& context);

// In from other programs, and out again (daemon/admin/verbs/import_export.cc).
[[nodiscard]] nlohmann::json import_method(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json import_staged(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json export_methods(Request& request, const StepContext& context);

// Verbs of the help desk, and of whoever lost a phone (daemon/admin/verbs/help_desk.cc).
[[nodiscard]] nlohmann::json verify(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json bypass(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json list_bypass(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json cancel_bypass(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json revoke(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json forget_hosts(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json suspend(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json reset_failures(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json rename_user(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json prune(Request& request, const StepContext& context);

// Verbs of the administrator who puts things right (daemon/admin/verbs/maintenance.cc).
[[nodiscard]] nlohmann::json accept_clock(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json backup(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json rewrap_key(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json begin_epoch(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json restore(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json inspect(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json repair(Request& request, const StepContext& context);

// Verbs about login hosts that ask a gate (daemon/admin/verbs/hosts.cc).
[[nodiscard]] nlohmann::json enrol_host(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json revoke_host(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json login_hosts(Request& request, const StepContext& context);

// The last method of `before` is gone: nothing that was given out before opens anything either.
void reset_account(const core::UserName& user, const core::Account& before, const StepContext& context);
// Removes it, or refuses because somebody else has just done so.
void remove_method(const Request& request, const StepContext& context, core::MethodId method);
// By label or number. Throws Refusal.
[[nodiscard]] const core::Method& method_named(const core::Account& account, const std::string& name,
                                               const Request& request);

// Verbs of a rollout (daemon/admin/verbs/rollout.cc).
[[nodiscard]] nlohmann::json rollout(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json rollout_of_many(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json tally(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json users(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json messages(Request& request, const StepContext& context);
// enrolled, waiting (a letter whose method does not count yet), reset, pending or not enrolled.
[[nodiscard]] std::string_view state_of(const core::Account& account, core::Moment now);

// Verbs of the page (daemon/admin/verbs/page.cc).
[[nodiscard]] nlohmann::json page_link(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json page_settings(Request& request, const StepContext& context);

// Verbs of a yes on the phone (daemon/admin/verbs/approval.cc).
[[nodiscard]] nlohmann::json pending(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json approve(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json notify_phone(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json try_approval(Request& request, const StepContext& context);
// Answers come from the page, in their owner's name. Throws Refusal.
void demand_page(const Request& request);

// Verbs of a phone that is added by the QR code of another screen (daemon/admin/verbs/pairing.cc).
[[nodiscard]] nlohmann::json pair_phone(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json confirm_pairing(Request& request, const StepContext& context);
// The draft, which has its passkey, waits for its number to be typed. `token`: of the phone.
[[nodiscard]] nlohmann::json hold_phone(Request& request, const StepContext& context, const std::string& token);
// Of a connection that may add a phone, and nothing else. Throws Refusal.
void demand_phone_alone(const Request& request);
// New ones, in place of those before; shown now alone.
[[nodiscard]] nlohmann::json give_recovery_codes(Request& request, const StepContext& context);

// Verbs that tell something (daemon/admin/verbs/reports.cc).
// When `method` begins to count: "first use", a time in UTC, or "" when it counts.
[[nodiscard]] std::string counts_from(const core::Method& method);
[[nodiscard]] nlohmann::json list(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json explain(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json status_of_user(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json status(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json log(Request& request, const StepContext& context);
[[nodiscard]] nlohmann::json show_config(Request& request, const StepContext& context);

}  // namespace seimon::daemon

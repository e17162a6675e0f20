// SPDX-License-Identifier: Apache-2.0
// The verbs of moving: methods in from another program, one by one or all of a file together, and out again.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "base/text.h"
#include "core/login/enrolment.h"
#include "daemon/admin/verbs/sent_methods.h"
#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

// The newest step around `now` whose code was `used`; -1 when that is long ago.
core::Step step_of_code(const Method& method, const std::string& used, std::int64_t now) {
  const auto code = core::parse_code(used);
  for (std::int64_t step = now + core::Drift::kMostDrift; code && step >= now - kFarAhead; --step)
    if (core::code_at(method.key, method.otp.algorithm, method.otp.digits, core::Step{step}) == code->value)
      return core::Step{step};
  return core::Step{-1};
}

constexpr std::size_t kMostStaged = 10000;  // a second or so of the executor's time

// It waits in its connection for the others of its file.
void stage(Request& request, const Method& method) {
  for (const Staged& other : request.staged) {
    if (other.user != request.user) continue;
    const bool is_address = core::is_sent(method.kind);
    const bool is_same =
        is_address ? other.parameters.object.value("address", "") == core::address_of(method)
                   : core::is_same_key(core::from_base32(other.parameters.object.value("secret", "")), method.key);
    if (is_same)
      throw Refusal{"Refused",
                    is_address ? "the same address is listed twice for {1}" : "the same key is listed twice for {1}",
                    {base::escaped(request.user.text())}};
    if (other.parameters.object.value("label", "") == method.label)
      throw Refusal{"Refused", "the label \"{1}\" is listed twice", {base::escaped(method.label)}};
  }
  if (request.staged.size() >= kMostStaged)
    throw Refusal{"InvalidParameter",
                  "more than {1} rows at once; leave --atomic, or cut the file",
                  {std::to_string(kMostStaged)}};
  Parameters parameters(request.call.object);
  parameters.object.erase("stage");
  if (core::is_sent(method.kind)) parameters.object["address"] = core::address_of(method);
  request.staged.push_back({std::move(parameters), request.user, request.person});
}

}  // namespace

// From another program, where it was in use: it counts at once, and what was used there is used here.
json import_method(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  const std::string label = request.text("label").value_or("");
  const Method* old = nullptr;
  for (const Method& method : account.methods)
    if (method.label == label && request.flag("replace")) old = &method;
  // So that a list may be registered again when it has grown.
  if (const Method* same = method_with_address(request, context, account))
    return {{"label", same->label}, {"id", static_cast<std::int64_t>(same->id)}};
  // A user who had methods and has none may have lost them to a thief, who has that key.
  const bool is_reset = account.methods.empty() && account.profile.enrolled_before && !request.flag("reset");
  if (is_reset && request.text("address"))
    throw Refusal{"Refused",
                  "{1} had methods, and they were revoked, removed or left to lapse; register the address by itself: "
                  "seimon enroll {1} --kind sms NUMBER --yes",
                  {base::escaped(request.user.text())}};
  if (is_reset)
    throw Refusal{"Refused",
                  "{1} had methods, and they were revoked, removed or left to lapse; to give this one all the same: "
                  "--also-reset",
                  {base::escaped(request.user.text())}};
  if (request.flag("only_first") && !account.methods.empty() && old == nullptr)
    throw Refusal{"Refused",
                  "{1} has a method already; to give this one beside it: --also-enrolled",
                  {base::escaped(request.user.text())}};
  Method method = draft_method(request, context, account, old);
  take_start(method, request, context);  // one that is issued, and that nobody has used here, lapses unused
  if (!method.otp.by_counter()) {
    const auto step = static_cast<std::int64_t>(core::step_at(context.now.wall, method.otp.period));
    const std::int64_t most = core::Drift::kMostDrift;
    method.last_step = std::max(method.last_step, core::Step{request.bounded("last_step", -1, -1, step + 2 * most)});
    method.last_step = std::max(method.last_step, step_of_code(method, request.text("last_code").value_or(""), step));
    const std::int64_t drift = request.bounded("drift", 0, -most, most);
    if (drift != 0) method.drift.steps = method.drift.last_seen = drift;
  }
  json reply = {{"label", method.label}, {"id", 0}};
  if (request.flag("stage")) return stage(request, method), reply;
  make_room(request, context);
  if (old != nullptr) remove_method(request, context, old->id);
  reply["id"] = static_cast<std::int64_t>(context.store.add_method(request.user, request.person.uid, method));
  const bool is_preset = core::is_sent(method.kind);
  Event event = event_of(request, context, is_preset ? "enrol" : "import", is_preset ? "issued" : "imported");
  event.method = method.label;
  request.events.push_back(event);
  return reply;
}

// All that was staged on this connection, in one transaction: what is refused now, after all rows were looked at,
// undoes the others.
json import_staged(Request& request, const StepContext& context) {
  std::vector<Staged> staged = std::move(request.staged);
  request.staged.clear();
  for (Staged& row : staged) {
    Request one{.call = std::move(row.parameters),
                .user = row.user,
                .person = row.person,
                .actor = request.actor,
                .manner = request.manner,
                .boot = request.boot,
                .session = request.session};
    try {
      (void)import_method(one, context);
    } catch (const Refusal& refusal) {
      throw Refusal{
          refusal.error, base::escaped(row.user.text()) + ": " + base::filled(refusal.text, refusal.values), {}};
    }
    request.events.insert(request.events.end(), one.events.begin(), one.events.end());
  }
  return {{"imported", staged.size()}};
}

// Everything that another program needs to go on with: the one reply that holds a key after its enrolment
// (docs/decisions/0015). Root's alone, who could read the store as well; and it is in the trail.
json export_methods(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  request.demand_known(account);
  json rows = json::array();
  for (const Method& method : account.methods) {
    if (!core::makes_codes(method.kind)) continue;  // no key that another program could go on with
    json row = {{"label", method.label},
                {"kind", core::kind_name(method.kind)},
                {"algorithm", core::algorithm_name(method.otp.algorithm)},
                {"digits", method.otp.digits},
                {"secret", core::base32(method.key)}};
    if (method.otp.by_counter()) row["counter"] = static_cast<std::int64_t>(method.last_step) + 1;
    else row["period"] = method.otp.period.count();
    rows.push_back(std::move(row));
    Event event = event_of(request, context, "export", "exported");
    event.method = method.label;
    request.events.push_back(event);
  }
  return {{"methods", rows}};
}

}  // namespace seimon::daemon

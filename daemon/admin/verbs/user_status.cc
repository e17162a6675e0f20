// SPDX-License-Identifier: Apache-2.0
// One screen for the call "I can't log in": methods, guessing budget, sources, the last login.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/policy/source.h"
#include "daemon/admin/verbs/reports.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Instant;
using core::Method;
using nlohmann::json;

namespace {

constexpr const char* kWindowNames[] = {"quarter hour", "day", "30 days"};

std::string_view admission_name(core::Admission admission) {
  switch (admission) {
    case core::Admission::kOpen: return "open";
    case core::Admission::kGuarded: return "guarded";
    case core::Admission::kClosed: return "closed";
  }
  return "closed";
}

std::string optional_time(const std::optional<Instant>& time) { return time ? iso_time(*time) : ""; }

// The admission of the next try from `place`.
json budget_json(const StepContext& context, const Account& account, const core::FailureRecord& failures,
                 const core::Facts& place) {
  const core::Source source = core::source_of(place, context.config.policy, context.config.risk);
  const int window = context.config.codes.window;
  const core::Cost cost = core::cost_of_try(account.methods, window, context.config.codes.digits);
  const Instant age = context.now.age;
  json windows = json::array();
  const auto budget = core::budget_of(failures, source, age, context.config.risk);
  for (std::size_t i = 0; i < budget.size(); ++i)
    windows.push_back({{"window", kWindowNames[i]},
                       {"tries", budget[i].tries},
                       {"most_tries", static_cast<std::int64_t>(budget[i].most) /
                                          std::max<std::int64_t>(1, static_cast<std::int64_t>(cost))},
                       {"used", static_cast<double>(budget[i].used) / core::kCostUnits},
                       {"most", static_cast<double>(budget[i].most) / core::kCostUnits}});
  const auto relaxes = core::opens_at(failures, source, cost, age, context.config.risk);
  const core::Admission admission = core::admission(failures, source, cost, age, context.config.risk);
  const bool ahead = std::any_of(account.methods.begin(), account.methods.end(), [&](const Method& method) {
    return core::is_ahead(method, context.now.wall, window);
  });
  const bool crowded = source.per_hour && core::count_in(context.sources.failures_from(source.name), core::kHour,
                                                         age) >= std::int64_t{*source.per_hour};
  const bool guarded = admission == core::Admission::kOpen && (ahead || crowded);
  return {{"state", guarded ? "guarded" : admission_name(admission)},
          {"clock_was_ahead", ahead},
          {"source_is_guarded", crowded},
          {"relaxes_at", admission == core::Admission::kOpen ? "" : optional_time(relaxes)},
          {"failures", failures.counted_failures()},
          {"windows", windows}};
}

json sources_json(const core::FailureRecord& failures) {
  json rows = json::array();
  for (const core::KnownSource& source : failures.sources)
    rows.push_back({{"from", source.name},
                    {"failures", source.failures},
                    {"last_success", optional_time(source.last_success)},
                    {"guarded_success", optional_time(source.lifted)}});
  return rows;
}

}  // namespace

namespace {

constexpr std::size_t kLastEvents = 5;

json method_status(const Method& method, const Account& account, const StepContext& context) {
  json row = method_json(method, account.profile);
  row["waits_for_resync"] = core::waits_for_resync(method);
  row["clock_offset"] = method.otp.by_counter() ? 0 : method.drift.last_seen * method.otp.period.count();
  const bool issued = method.state == core::State::kIssued && !method.last_used;
  row["lapses_at"] = issued ? iso_time(core::begins(method) + context.config.enrolment.issued_for) : "";
  return row;
}

}  // namespace

namespace {

constexpr int kLookedAt = 40;  // events, for the last login among them

std::vector<Event> newest_of(std::vector<Event> events, std::size_t count) {
  if (events.size() > count) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(count));
  return events;
}

// The events of the newest login's conversation, oldest first. A claim of the user's own processes is none.
std::vector<Event> last_login_of(const std::vector<Event>& events) {
  const auto is_of_login = [](const Event& event) {
    return (event.event == "login" || event.event == "try") && event.actor.empty();
  };
  const auto newest = std::find_if(events.rbegin(), events.rend(), is_of_login);
  std::vector<Event> last;
  for (const Event& event : events)
    if (newest != events.rend() && is_of_login(event) && event.conversation == newest->conversation)
      last.push_back(event);
  return last;
}

// The place of the last login, unless the request names one.
core::Facts place_of(const core::Facts& facts, const std::vector<Event>& last) {
  core::Facts place = facts;
  if (place.origin.kind != core::Origin::Kind::kUnknown || last.empty()) return place;
  if (const auto address = core::parse_address(last.back().from)) {
    place.origin.kind = core::Origin::Kind::kAddress;
    place.origin.address = *address;
  }
  return place;
}

// The outcome of the last login, and the reason of its last refused try; empty when there was none. The offset of a
// phone's clock is not shown to a caller who may be guessing.
json last_json(const std::vector<Event>& last, const Actor& actor) {
  if (last.empty()) return json::object();
  const Event& end = last.back();
  json row = {{"at", iso_time(end.at)},
              {"outcome", end.outcome},
              {"reason", end.reason},
              {"service", base::escaped(end.service)},
              {"from", base::escaped(end.from)},
              {"clock_offset", ""}};
  for (const Event& event : last) {
    if (event.event != "try") continue;
    row["reason"] = event.reason;
    if (actor.role >= Role::kHelpdesk) row["clock_offset"] = event.clock_offset;
  }
  return row;
}

// Counts of the last hour and day, and their limits.
json counts_json(std::int64_t hour, std::int64_t most_hour, std::int64_t day, std::size_t most_day) {
  return {{"hour", hour}, {"most_hour", most_hour}, {"day", day}, {"most_day", most_day}};
}

// Codes that were sent to the user.
json sends_json(const core::Profile& profile, Instant now) {
  const std::vector<Instant>& times = profile.sends.times;
  const auto within = [&](core::seconds length) {
    return std::count_if(times.begin(), times.end(), [&](Instant time) { return now - time < length; });
  };
  return counts_json(within(core::kHour), core::kMostSendsAnHour, within(core::kDay), core::kMostSends);
}

// Requests to the phone that were not approved.
json approvals_json(const Request& request, const StepContext& context, const core::Approvals& approvals) {
  const std::string owner = core::request_owner(context.store, request.user);
  const auto within = [&](core::seconds length) {
    return static_cast<std::int64_t>(core::unanswered_in(approvals, owner, length, context.now.age));
  };
  json row = counts_json(within(core::kHour), core::kMostRequestsAnHour, within(core::kDay), core::kMostRequests);
  row["paused"] = approvals.is_paused;
  return row;
}

}  // namespace

json status_of_user(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  request.demand_known(account);
  json rows = json::array();
  for (const Method& method : account.methods) rows.push_back(method_status(method, account, context));
  const auto known = account.failure_records.find(core::CounterScope::kTrusted);
  const core::FailureRecord failures =
      known == account.failure_records.end() ? core::FailureRecord() : core::settled(known->second, context.now.age);
  const core::Facts facts = facts_for(request, context);
  const core::Decision decision = core::decide(context.config.policy, facts, context.now.wall);
  const std::vector<Event> events = context.audit.events({request.user.text(), kLookedAt});
  const std::vector<Event> last = last_login_of(events);
  return {{"user", request.user.text()},
          {"exists", request.person.known == Person::Known::kYes},
          {"suspended", account.profile.suspended},
          {"state", state_of(account, context.now)},
          {"methods", rows},
          {"recovery_codes", account.profile.recovery.unused.size()},
          {"bypass_codes", account.profile.bypass.size()},
          {"sends", sends_json(account.profile, context.now.age)},
          {"approvals", approvals_json(request, context, account.profile.approvals)},
          {"language", account.profile.language ? core::language_name(*account.profile.language) : ""},
          {"budget", budget_json(context, account, failures, place_of(facts, last))},
          {"last", last_json(last, request.actor)},
          {"sources", sources_json(failures)},
          {"events", events_json(newest_of(events, kLastEvents), request.actor)},
          {"rule", decision.rule},
          {"action", context.config.policy.observe ? "skip" : core::action_name(decision.action)},
          {"outcome", outcome_of(decision, account, facts, context.config, context.now)},
          {"help", context.config.help}};
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The verbs that only tell: methods, reasons, health, events, configuration.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/characters.h"
#include "daemon/keeper.h"
#include "daemon/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Instant;
using core::Method;
using nlohmann::json;

namespace {

json method_json(const Method& method, const core::Profile& profile) {
  json row = {{"default", profile.preferred == method.id},
              {"state", core::state_name(method.state)},
              {"id", static_cast<std::int64_t>(method.id)},
              {"kind", core::kind_name(method.kind)},
              {"label", method.label},
              {"algorithm", core::algorithm_name(method.otp.algorithm)},
              {"digits", method.otp.digits},
              {"registered", iso_time(method.registered)},
              {"last_used", method.last_used ? iso_time(*method.last_used) : ""}};
  if (!method.otp.by_counter()) row["period"] = method.otp.period.count();
  return row;
}

core::Facts facts_for(const Request& request, const Court& court) {
  core::Facts facts{request.user};
  facts.exists = request.person.known == Person::Known::kYes;
  facts.trusted = true;
  facts.service = request.text("service").value_or("sshd");
  facts.tty = request.text("tty").value_or("");
  facts.groups = request.person.groups;
  facts.zone = local_zone(court.now);
  const std::string from = request.text("from").value_or("");
  const bool ssh = facts.service == "sshd";
  facts.origin = core::origin_of(court.config.policy, true, facts.service, from, ssh ? from : "");
  return facts;
}

std::string_view outcome_of(const core::Decision& decision, const Account& account, const core::Facts& facts,
                            const Config& config, Instant at) {
  if (config.policy.observe) return "passes";
  const core::Due due = core::due_for(decision.unenrolled, config.enrolment, account.profile, at);
  const core::Situation situation = core::situation_of(facts, config.policy, config.enrolment, at);
  constexpr const char* kOutcomes[] = {"refused", "asked", "passes", "offered", "registers"};
  return kOutcomes[static_cast<std::size_t>(core::prospect_of(decision, account, due, situation))];
}

}  // namespace

std::string_view state_of(const Account& account) {
  if (!account.methods.empty()) return "enrolled";
  if (account.profile.enrolled_before) return "stripped";
  return account.pending ? "pending" : "not enrolled";
}

json list(Request& request, const Court& court) {
  const Account account = account_of(request, court);
  request.demand_known(account);
  json rows = json::array();
  for (const Method& method : account.methods) rows.push_back(method_json(method, account.profile));
  const core::RecoveryCodes& sheet = account.profile.recovery;
  return {{"user", request.user.text()},
          {"state", state_of(account)},
          {"methods", rows},
          {"recovery_codes", sheet.unused.size()},
          {"recovery_made", sheet.issued > 0 ? iso_time(sheet.made) : ""},
          {"bypass_codes", account.profile.bypass.size()},
          {"pending_since", account.pending ? iso_time(account.pending->registered) : ""}};
}

json explain(Request& request, const Court& court) {
  const core::Policy& policy = court.config.policy;
  const core::Facts facts = facts_for(request, court);
  const Instant at = request.number("at") ? Instant(core::seconds(*request.number("at"))) : court.now;
  std::vector<core::Considered> considered;
  const core::Decision decision = core::decide(policy, facts, at, &considered);
  const Account account = account_of(request, court);
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
          {"outcome", outcome_of(decision, account, facts, court.config, at)},
          {"considered", rows}};
}

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

// What the next try would meet: from nowhere in particular, or from `from`.
json budget_json(const Request& request, const Court& court, const Account& account, const core::Standing& standing) {
  core::Source source;
  source.name = request.text("from").value_or("");
  const int window = court.config.codes.window;
  const core::Cost cost = core::cost_of_try(account.methods, window, court.config.codes.digits);
  const Instant age = std::max(court.now, court.clock.latest());
  json windows = json::array();
  const auto budget = core::budget_of(standing, source, age, court.config.risk);
  for (std::size_t i = 0; i < budget.size(); ++i)
    windows.push_back({{"window", kWindowNames[i]},
                       {"tries", budget[i].tries},
                       {"used", static_cast<double>(budget[i].used) / core::kCostUnits},
                       {"most", static_cast<double>(budget[i].most) / core::kCostUnits}});
  const auto relaxes = core::opens_at(standing, source, cost, age, court.config.risk);
  const core::Admission admission = core::admission(standing, source, cost, age, court.config.risk);
  const bool ahead = std::any_of(account.methods.begin(), account.methods.end(),
                                 [&](const Method& method) { return core::is_ahead(method, court.now, window); });
  return {{"state", admission == core::Admission::kOpen && ahead ? "guarded" : admission_name(admission)},
          {"clock_was_ahead", ahead},
          {"relaxes_at", admission == core::Admission::kOpen ? "" : optional_time(relaxes)},
          {"failures", standing.unforgiven_failures()},
          {"windows", windows}};
}

json sources_json(const core::Standing& standing) {
  json rows = json::array();
  for (const core::KnownSource& source : standing.sources)
    rows.push_back({{"from", source.name},
                    {"failures", source.failures},
                    {"last_success", optional_time(source.last_success)},
                    {"guarded_success", optional_time(source.lifted)}});
  return rows;
}

}  // namespace

namespace {

constexpr int kLastEvents = 5;

json method_status(const Method& method, const Account& account, const Court& court) {
  json row = method_json(method, account.profile);
  row["waits_for_resync"] = core::waits_for_resync(method);
  row["clock_offset"] = method.otp.by_counter() ? 0 : method.drift.last_seen * method.otp.period.count();
  const bool issued = method.state == core::State::kIssued && !method.last_used;
  row["lapses_at"] = issued ? iso_time(method.registered + court.config.enrolment.issued_for) : "";
  return row;
}

// Conversation ids are words that hooks redeem: nobody sees them but root and administrators. An offset tells whether a
// guess will be right in some minutes: not for whoever may be guessing.
json events_json(const std::vector<Event>& events, const Actor& actor) {
  json rows = json::array();
  for (const Event& event : events) {
    json row = {{"at", iso_time(event.at)}};
    Event::each_field(event, [&](std::string_view name, const std::string& value) {
      const bool hidden = (name == "conversation" && actor.role < Role::kAdmin) ||
                          (name == "clock_offset" && actor.role < Role::kHelpdesk);
      if (!value.empty() && !hidden) row[std::string(name)] = core::escaped(value);
    });
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

json status_of_user(Request& request, const Court& court) {
  const Account account = account_of(request, court);
  request.demand_known(account);
  json rows = json::array();
  for (const Method& method : account.methods) rows.push_back(method_status(method, account, court));
  const auto known = account.standings.find(core::Claimant::kTrusted);
  const core::Standing standing = known == account.standings.end()
                                      ? core::Standing()
                                      : core::settled(known->second, std::max(court.now, court.clock.latest()));
  const core::Facts facts = facts_for(request, court);
  const core::Decision decision = core::decide(court.config.policy, facts, court.now);
  return {{"user", request.user.text()},
          {"exists", request.person.known == Person::Known::kYes},
          {"suspended", account.profile.suspended},
          {"state", state_of(account)},
          {"methods", rows},
          {"recovery_codes", account.profile.recovery.unused.size()},
          {"bypass_codes", account.profile.bypass.size()},
          {"language", account.profile.language ? core::language_name(*account.profile.language) : ""},
          {"budget", budget_json(request, court, account, standing)},
          {"sources", sources_json(standing)},
          {"events", events_json(court.audit.events({request.user.text(), kLastEvents}), request.actor)},
          {"rule", decision.rule},
          {"action", court.config.policy.observe ? "skip" : core::action_name(decision.action)},
          {"outcome", outcome_of(decision, account, facts, court.config, court.now)},
          {"help", court.config.help}};
}

namespace {

json troubles_of(const Court& court) {
  json troubles = json::array();
  const Health::Facts health = court.health.facts();
  for (const std::string& trouble :
       {health.store, health.config, court.upkeep.trouble(), court.clock.trouble(court.now), health.came_back})
    if (!trouble.empty()) troubles.push_back(core::escaped(trouble));
  if (court.keeper.is_rotating())
    troubles.push_back("a rotation of the sealing key is not finished: seimon key rotate");
  for (const auto& [what, since] : health.damaged)
    troubles.push_back(core::escaped(what) + " (noticed " + since + "); to drop it: seimon repair");
  return troubles;
}

json hosts_json(const Court& court) {
  json rows = json::array();
  for (const core::Host& host : court.upkeep.hosts())
    rows.push_back({{"name", core::escaped(host.name)},
                    {"version", core::escaped(host.version)},
                    {"seen", iso_time(host.seen)},
                    {"clock_offset", host.clock_offset}});
  return rows;
}

// A login host whose certificate has ended lets nobody in by a code.
void add_hosts_that_end(json& reply, const Court& court) {
  constexpr core::seconds kSoon = std::chrono::hours(24 * 30);
  for (const core::GuestHost& host : court.upkeep.guest_hosts())
    if (!host.revoked && host.until - court.now < kSoon)
      reply["troubles"].push_back("the certificate of the host " + core::escaped(host.name) + " ends at " +
                                  iso_time(host.until) + ": seimon host enroll " + core::escaped(host.name));
}

json gates_json(const Config& config) {
  json rows = json::array();
  for (const UpstreamGate& gate : config.upstream) rows.push_back(gate.host + ":" + gate.port);
  return rows;
}

void add_numbers(json& reply, const Court& court) {
  const core::StoreSummary summary = court.census.summary();
  reply["users"] = summary.users;
  reply["methods"] = summary.methods;
  reply["events"] = summary.events;
  reply["mails_waiting"] = summary.mails;
  const core::Era era = court.upkeep.era();
  reply["epoch"] = era.epoch;
  if (era.shared) {
    const std::int64_t standbys = court.upkeep.standbys();
    reply["synchronous"] = era.synchronous;
    reply["standbys"] = standbys;
    reply["hosts"] = hosts_json(court);
    if (!era.synchronous)
      reply["troubles"].push_back(
          "no standby has what is committed (synchronous_standby_names is empty, or synchronous_commit does not wait "
          "for one): when another server takes over, codes up to then count as used and recovery codes end");
    else if (standbys == 0)
      reply["troubles"].push_back(
          "no standby is connected that could confirm: every code is refused until one is back");
  }
  add_hosts_that_end(reply, court);
  reply["rotating"] = court.keeper.is_rotating();
  const core::FailureWindow fleet = court.sources.failures_from(core::Sources::kEveryone);
  reply["failures_today"] = core::count_in(fleet, core::kDay, std::max(court.now, court.clock.latest()));
}

}  // namespace

json status(Request& request, const Court& court) {
  // A host that holds nothing is as well as its gates are.
  const Health::Facts health = court.health.facts();
  const bool asks_gates = !court.config.upstream.empty();
  const bool away = asks_gates ? !health.gates.empty() : !health.store.empty();
  json reply = {{"version", SEIMON_VERSION},
                {"mode", court.config.policy.observe ? "observe" : "enforce"},
                {"store", away ? "unavailable" : "ok"}};
  if (request.actor.role < Role::kAdmin) return reply;
  if (asks_gates) {
    reply["gates"] = gates_json(court.config);
    reply["troubles"] = away ? json::array({core::escaped(health.gates)}) : json::array();
    return reply;
  }
  reply["store_path"] = court.config.store_path;
  reply["sealing_key"] = court.keeper.key_file();
  reply["troubles"] = troubles_of(court);
  try {
    if (!away) add_numbers(reply, court);
  } catch (const std::exception& error) {
    reply["store"] = "unavailable";
    reply["troubles"].push_back(core::escaped(error.what()));
  }
  return reply;
}

json log(Request& request, const Court& court) {
  core::EventQuery query;
  const bool all = request.flag("all");
  if (all && request.actor.role < Role::kAdmin)
    throw Refusal{"NotPermitted", "only root and administrators may read everybody's events", {}};
  query.user = all ? "" : request.user.text();
  query.limit = static_cast<int>(request.bounded("limit", 100, 1, request.actor.role < Role::kAdmin ? 200 : 1000));
  return {{"events", events_json(court.audit.events(query), request.actor)}};
}

json show_config(Request& /*request*/, const Court& court) {
  const core::Policy& policy = court.config.policy;
  constexpr const char* kNames[] = {"off", "preparing", "on"};
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
                        {"state", kNames[static_cast<std::size_t>(core::state_at(network, court.now))]}});
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

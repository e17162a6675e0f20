// SPDX-License-Identifier: Apache-2.0
// The verbs that only tell: methods, reasons, health, events, configuration.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/login/send_limits.h"
#include "daemon/admin/verbs/reports.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/work/backup_job.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Instant;
using core::Method;
using nlohmann::json;

json method_json(const Method& method, const core::Profile& profile) {
  json row = {{"default", profile.preferred == method.id},
              {"state", core::state_name(method.state)},
              {"id", static_cast<std::int64_t>(method.id)},
              {"kind", core::kind_name(method.kind)},
              {"label", method.label},
              {"registered", iso_time(method.registered)},
              {"counts_from", counts_from(method)},
              {"last_used", method.last_used ? iso_time(*method.last_used) : ""}};
  if (core::is_sent(method.kind)) {
    row["address"] = core::masked_address(method);
    return row;
  }
  if (!core::makes_codes(method.kind)) return row;
  row["algorithm"] = core::algorithm_name(method.otp.algorithm);
  row["digits"] = method.otp.digits;
  if (!method.otp.by_counter()) row["period"] = method.otp.period.count();
  return row;
}

core::Facts facts_for(const Request& request, const StepContext& context) {
  core::Facts facts{request.user};
  facts.exists = request.person.known == Person::Known::kYes;
  facts.trusted = true;
  facts.service = request.text("service").value_or("sshd");
  facts.tty = request.text("tty").value_or("");
  facts.groups = request.person.groups;
  facts.unsure_groups = request.person.unsure;
  facts.zone = local_zone(context.now.wall);
  const std::string from = request.text("from").value_or("");
  const auto is_blank = [](unsigned char c) { return c <= ' ' || c == 0x7F; };
  if (std::any_of(from.begin(), from.end(), is_blank))
    throw Refusal{"InvalidParameter", "an address has no blanks: 192.0.2.1 or 2001:db8::1", {}};
  const bool ssh = facts.service == "sshd";
  facts.origin = core::origin_of(context.config.policy, true, facts.service, from, ssh ? from : "");
  return facts;
}

std::string_view outcome_of(const core::Decision& decision, const Account& account, const core::Facts& facts,
                            const Config& config, core::Moment at) {
  if (config.policy.observe) return "passes";
  const core::Due due = core::due_for(decision.unenrolled, config.enrolment, account.profile, at.age);
  const core::Situation situation = core::situation_of(facts, config.policy, config.enrolment, at);
  constexpr const char* kOutcomes[] = {"refused", "asked", "passes", "offered", "registers"};
  return kOutcomes[static_cast<std::size_t>(core::expected_outcome_of(decision, account, due, situation))];
}

// Conversation ids are words that hooks redeem: nobody sees them but root and administrators. An offset tells whether a
// guess will be right in some minutes: not for whoever may be guessing.
json events_json(const std::vector<Event>& events, const Actor& actor) {
  json rows = json::array();
  for (const Event& event : events) {
    json row = {{"id", event.id}, {"at", iso_time(event.at)}};
    Event::each_field(event, [&](std::string_view name, const std::string& value) {
      const bool hidden = (name == "conversation" && actor.role < Role::kAdmin) ||
                          (name == "clock_offset" && actor.role < Role::kHelpdesk);
      if (!value.empty() && !hidden) row[std::string(name)] = base::escaped(value);
    });
    rows.push_back(row);
  }
  return rows;
}

std::string_view state_of(const Account& account, core::Moment now) {
  if (core::is_enrolled(account, now.age)) return "enrolled";
  if (!account.methods.empty()) return "waiting";
  if (account.profile.enrolled_before) return "reset";
  return account.pending ? "pending" : "not enrolled";
}

std::string counts_from(const Method& method) {
  if (method.last_used || method.counts_from == Instant()) return "";
  return method.counts_from == core::kFromFirstUse ? "first use" : iso_time(method.counts_from);
}

json list(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  request.demand_known(account);
  json rows = json::array();
  for (const Method& method : account.methods) rows.push_back(method_json(method, account.profile));
  const core::RecoveryCodes& recovery_codes = account.profile.recovery;
  return {{"user", request.user.text()},
          {"state", state_of(account, context.now)},
          {"methods", rows},
          {"recovery_codes", recovery_codes.unused.size()},
          {"recovery_made", recovery_codes.issued > 0 ? iso_time(recovery_codes.made) : ""},
          {"bypass_codes", account.profile.bypass.size()},
          {"pending_since", account.pending ? iso_time(account.pending->registered) : ""}};
}

json explain(Request& request, const StepContext& context) {
  const core::Policy& policy = context.config.policy;
  const core::Facts facts = facts_for(request, context);
  constexpr std::int64_t kFarthest = std::int64_t{1} << 40;
  const Instant at(core::seconds(request.bounded("at", context.now.wall.time_since_epoch().count(), 0, kFarthest)));
  std::vector<core::Considered> considered;
  const core::Decision decision = core::decide(policy, facts, at, &considered);
  const Account account = account_of(request, context);
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
          {"from", base::escaped(facts.origin.text)},
          {"origin", kOrigins[static_cast<std::size_t>(facts.origin.kind)]},
          {"mode", policy.observe ? "observe" : "enforce"},
          {"action", policy.observe ? "skip" : enforced},
          {"would", would},
          {"would_rule", decision.would_rule},
          {"rule", decision.rule},
          {"network", decision.network},
          {"methods", kinds},
          {"unenrolled", core::unenrolled_name(decision.unenrolled)},
          {"outcome", outcome_of(decision, account, facts, context.config,
                                 core::Moment{at, at == context.now.wall ? context.now.age : at})},
          {"considered", rows}};
}

namespace {

json problems_of(const StepContext& context) {
  json problems = json::array();
  const Health::Facts health = context.health.facts();
  for (const std::string& problem :
       {health.store, health.pages == health.store ? "" : health.pages, health.config, health.groups,
        context.maintenance.problem(), context.clock.problem(context.now.wall), health.came_back, health.sending})
    if (!problem.empty()) problems.push_back(base::escaped(problem));
  if (context.backup.is_rotating())
    problems.push_back("a rotation of the sealing key is not finished: seimon key rotate");
  for (const auto& [what, since] : health.damaged)
    problems.push_back(base::escaped(what) + " (noticed " + since + "); to drop it: seimon repair");
  return problems;
}

json hosts_json(const StepContext& context) {
  json rows = json::array();
  for (const core::Host& host : context.maintenance.hosts())
    rows.push_back({{"name", base::escaped(host.name)},
                    {"version", base::escaped(host.version)},
                    {"seen", iso_time(host.seen)},
                    {"clock_offset", host.clock_offset}});
  return rows;
}

// A login host whose certificate has ended lets nobody in by a code.
void add_hosts_that_end(json& reply, const StepContext& context) {
  constexpr core::seconds kSoon = std::chrono::hours(24 * 30);
  for (const core::LoginHost& host : context.maintenance.login_hosts())
    if (!host.revoked && host.until - context.now.wall < kSoon)
      reply["problems"].push_back("the certificate of the host " + base::escaped(host.name) + " ends at " +
                                  iso_time(host.until) + ": seimon host enroll " + base::escaped(host.name));
}

json gates_json(const Config& config) {
  json rows = json::array();
  for (const UpstreamGate& gate : config.upstream) rows.push_back(gate.host + ":" + gate.port);
  return rows;
}

void add_numbers(json& reply, const StepContext& context) {
  const core::StoreSummary summary = context.reports.summary();
  reply["users"] = summary.users;
  reply["methods"] = summary.methods;
  reply["events"] = summary.events;
  reply["mails_waiting"] = summary.mails;
  if (summary.mails > 0 && context.now.age - summary.oldest_mail > core::kDay)
    reply["problems"].push_back(
        "notices wait to be mailed since " + iso_time(summary.oldest_mail) +
        ": install seimon-delivery and run systemctl enable --now seimon-delivery, once this host can send mail; or "
        "delivery.email = () for none");
  const core::StoreState state = context.maintenance.state();
  reply["epoch"] = state.epoch;
  if (state.shared) {
    const std::int64_t standbys = context.maintenance.standbys();
    reply["synchronous"] = state.synchronous;
    reply["standbys"] = standbys;
    reply["hosts"] = hosts_json(context);
    if (!state.synchronous)
      reply["problems"].push_back(
          "no standby has what is committed (synchronous_standby_names is empty, or synchronous_commit does not wait "
          "for one): when another server takes over, codes up to then count as used and recovery codes end");
    else if (standbys == 0)
      reply["problems"].push_back(
          "no standby is connected that could confirm: every code is refused until one is back");
  }
  add_hosts_that_end(reply, context);
  reply["rotating"] = context.backup.is_rotating();
  if (context.config.send.sms || context.config.send.call || context.config.send.email) {
    const std::string limit = core::site_limit(context.config.send, context.sources, context.now.age);
    if (!limit.empty())
      reply["problems"].push_back("no code is sent to anybody: delivery.most_per_" + limit.substr(limit.find('-') + 1) +
                                  " is reached; who asks for them: seimon log --event code-sent");
  }
  const core::FailureWindow fleet = context.sources.failures_from(core::Sources::kEveryone);
  reply["failures_today"] = core::count_in(fleet, core::kDay, context.now.age);
}

}  // namespace

json status(Request& request, const StepContext& context) {
  // The health of a stateless login host is that of its gates.
  const Health::Facts health = context.health.facts();
  const bool asks_gates = !context.config.upstream.empty();
  const bool away = asks_gates ? !health.gates.empty() : !health.store.empty() || !health.pages.empty();
  json reply = {{"version", SEIMON_VERSION},
                {"mode", context.config.policy.observe ? "observe" : "enforce"},
                {"store", away ? "unavailable" : "ok"}};
  if (request.actor.role < Role::kAdmin) return reply;
  if (asks_gates) {
    reply["gates"] = gates_json(context.config);
    reply["problems"] = json::array();
    for (const std::string& problem : {away ? health.gates : std::string(), health.config, health.groups})
      if (!problem.empty()) reply["problems"].push_back(base::escaped(problem));
    return reply;
  }
  reply["store_path"] = context.config.store_path;
  reply["sealing_key"] = context.backup.key_file();
  reply["problems"] = problems_of(context);
  try {
    if (!away) add_numbers(reply, context);
  } catch (const std::exception& error) {
    reply["store"] = "unavailable";
    reply["problems"].push_back(base::escaped(error.what()));
  }
  return reply;
}

json log(Request& request, const StepContext& context) {
  core::EventQuery query;
  const bool all = request.flag("all");
  if (all && request.actor.role < Role::kAdmin)
    throw Refusal{"NotPermitted", "only root and administrators may read everybody's events", {}};
  query.user = all ? "" : request.user.text();
  query.limit = static_cast<int>(request.bounded("limit", 100, 1, request.actor.role < Role::kAdmin ? 200 : 1000));
  query.before = request.bounded("before", 0, 0, INT64_MAX);
  constexpr std::int64_t kFarthest = std::int64_t{1} << 40;
  query.since = Instant(core::seconds(request.bounded("since", 0, 0, kFarthest)));
  query.until = Instant(core::seconds(request.bounded("until", 0, 0, kFarthest)));
  for (const auto& [key, text] :
       std::initializer_list<std::pair<const char*, std::string*>>{{"event", &query.event},
                                                                   {"outcome", &query.outcome},
                                                                   {"service", &query.service},
                                                                   {"from", &query.from},
                                                                   {"reason", &query.reason},
                                                                   {"host", &query.host}})
    *text = request.text(key).value_or("");
  const core::EventPage page = context.audit.page(query);
  return {{"events", events_json(page.events, request.actor)}, {"next", page.next}};
}

json show_config(Request& /*request*/, const StepContext& context) {
  const core::Policy& policy = context.config.policy;
  constexpr const char* kNames[] = {"off", "preparing", "on"};
  json rules = json::array();
  const auto add = [&](const core::Rule& rule) {
    rules.push_back({{"ssh_auth", rule.given.ssh_auth.value_or(std::vector<std::string>())},
                     {"name", rule.name},
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
                        {"state", kNames[static_cast<std::size_t>(core::state_at(network, context.now.wall))]}});
  const core::SendSettings& send = context.config.send;
  json sends = json::array();
  if (send.sms) sends.push_back("sms");
  if (send.call) sends.push_back("call");
  if (send.email) sends.push_back("email");
  return {{"mode", policy.observe ? "observe" : "enforce"},
          {"files", context.config.files},
          {"store", context.config.store_path},
          {"issuer", context.config.issuer},
          {"digits", context.config.codes.digits},
          {"period", context.config.codes.period.count()},
          {"window", context.config.codes.window},
          {"rules", rules},
          {"networks", networks},
          {"sends", sends},
          {"sends_at_once", send.at_once}};
}

}  // namespace seimon::daemon

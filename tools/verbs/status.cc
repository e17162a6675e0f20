// SPDX-License-Identifier: Apache-2.0
// seimon status: the health of the service, or one user's state.
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "client/saying.h"
#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_status {
namespace {

std::string user;
std::string from;
bool prometheus = false;

void add(Options& options) {
  options.add_option("user,-u,--user", user, "one user's state");
  options.add_flag("--prometheus", prometheus, "the service's health as metrics, for a textfile collector");
  options.add_option("--from", from, "include the outcome of a login from this address");
}

std::string text(const nlohmann::json& row, const char* key) { return row.value(key, ""); }
std::string count(const nlohmann::json& row, const char* key) { return std::to_string(row.at(key).get<int>()); }

std::string shown(const nlohmann::json& row, const char* key, const char* otherwise) {
  const std::string value = text(row, key);
  return value.empty() ? otherwise : local_time(value);
}

void print_budget(const nlohmann::json& budget) {
  const std::string relaxes = text(budget, "relaxes_at");
  const std::string state = _(text(budget, "state").c_str());
  print_line(
      _("budget: {1}; failed attempts still counted: {2}"),
      {relaxes.empty() ? state : filled(_("{1} until {2}"), {state, local_time(relaxes)}), count(budget, "failures")});
  for (const auto& window : budget.at("windows"))
    print_line(_("  {1}: {2} of {3} wrong codes"),
               {_(text(window, "window").c_str()), count(window, "tries"), count(window, "most_tries")});
  if (budget.at("clock_was_ahead").get<bool>())
    print_line(_("a method was used while the clock was ahead: two codes in a row are asked for"));
}

void print_method(const nlohmann::json& method) {
  std::string line = filled(_("method {1} ({2}), last used {3}"),
                            {text(method, "label"), text(method, "kind"), shown(method, "last_used", _("never"))});
  if (method.at("clock_offset").get<int>() != 0)
    line += filled(_(", the phone's clock is {1} s off"), {count(method, "clock_offset")});
  const std::string start = text(method, "counts_from");
  if (start == "first use") line += _(", counts from its first use on");
  else if (!start.empty()) line += filled(_(", counts from {1} on"), {local_time(start)});
  if (!text(method, "lapses_at").empty())
    line += filled(_(", lapses unused at {1}"), {local_time(text(method, "lapses_at"))});
  if (method.at("waits_for_resync").get<bool>()) line += _(", waits for: seimon resync");
  std::printf("%s\n", line.c_str());
}

void print_source(const nlohmann::json& source) {
  print_line(
      _("source {1}: {2} failures, last success {3}"),
      {shown(source, "from", _("unknown")), count(source, "failures"), shown(source, "last_success", _("none"))});
  if (!text(source, "guarded_success").empty())
    print_line(_("  two codes were taken from there at {1}"), {local_time(text(source, "guarded_success"))});
}

void print_user(const nlohmann::json& reply) {
  std::printf("%s: %s%s\n", text(reply, "user").c_str(), _(text(reply, "state").c_str()),
              reply.at("suspended").get<bool>() ? _(", suspended") : "");
  print_budget(reply.at("budget"));
  for (const auto& source : reply.at("sources")) print_source(source);
  for (const auto& method : reply.at("methods")) print_method(method);
  print_line(_("recovery codes left: {1}, bypass codes open: {2}"),
             {count(reply, "recovery_codes"), count(reply, "bypass_codes")});
  const nlohmann::json sends = reply.value("sends", nlohmann::json::object());  // a gate of an older release has none
  if (sends.value("day", 0) > 0)
    print_line(_("codes sent: {1} of {2} in the last hour, {3} of {4} in the last day"),
               {count(sends, "hour"), count(sends, "most_hour"), count(sends, "day"), count(sends, "most_day")});
  const nlohmann::json approvals = reply.value("approvals", nlohmann::json::object());
  if (approvals.value("day", 0) > 0)
    print_line(_("not approved on the phone: {1} of {2} in the last hour, {3} of {4} in the last day"),
               {count(approvals, "hour"), count(approvals, "most_hour"), count(approvals, "day"),
                count(approvals, "most_day")});
  if (approvals.value("paused", false)) std::printf("%s\n", _("the phone is not asked: a sign-in was reported"));
  for (const auto& event : reply.at("events"))
    print_line(_("event {1} {2} {3} {4}"),
               {local_time(text(event, "at")), text(event, "event"), text(event, "outcome"), text(event, "reason")});
  print_line(_("from {1} the rule \"{2}\" decides: {3}"),
             {from.empty() ? _("an unknown place") : from, text(reply, "rule"), _(text(reply, "outcome").c_str())});
  const client::Saying saying = client::what_to_say(reply);
  print_line(_("Say: {1}"), {saying.english});
  print_line(_("Say: {1}"), {saying.japanese});
}

struct Metric {
  const char* key;  // of the reply
  const char* help;
};
constexpr std::array<Metric, 6> kMetrics = {{
    {"users", "Users that the store knows"},
    {"methods", "Sign-in methods"},
    {"events", "Events in the audit trail"},
    {"failures_today", "Codes that were refused in the last 24 hours"},
    {"mails_waiting", "Notices that wait to be sent"},
    {"epoch", "How often an older state of the store was put in place"},
}};

void print_metric(const char* key, const char* help, std::int64_t value) {
  std::printf("# HELP seimon_%s %s.\n# TYPE seimon_%s gauge\nseimon_%s %lld\n", key, help, key, key,
              static_cast<long long>(value));
}

void print_up(bool up) { print_metric("up", "Whether the service and its store can be used", up ? 1 : 0); }

// Prometheus' text format. A number that is not known is left out, and `seimon_up` says whether the store answers.
void print_metrics(const nlohmann::json& reply) {
  print_up(reply.at("store") == "ok");
  print_metric("enforcing", "Whether codes are asked for", reply.at("mode") == "enforce" ? 1 : 0);
  print_metric("problems", "Problems that an administrator has to fix",
               static_cast<std::int64_t>(reply.value("problems", nlohmann::json::array()).size()));
  for (const Metric& metric : kMetrics)
    if (reply.contains(metric.key)) print_metric(metric.key, metric.help, reply.at(metric.key).get<std::int64_t>());
}

// Of the messages to users since the service started.
void print_delivery(const nlohmann::json& reply) {
  print_metric("delivery_workers", "Workers of seimon-delivery", reply.at("workers").get<std::int64_t>());
  print_metric("messages_waiting", "Messages that no worker has taken yet", reply.at("waiting").get<std::int64_t>());
  constexpr const char* kCounter = "seimon_messages_total";
  constexpr const char* kHelp = "Messages that a gateway has accepted, or not.";
  std::printf("# HELP %s %s\n# TYPE %s counter\n", kCounter, kHelp, kCounter);
  for (const auto& channel : reply.at("channels"))
    for (const char* outcome : {"sent", "failed"})
      std::printf("%s{channel=\"%s\",outcome=\"%s\"} %lld\n", kCounter, text(channel, "channel").c_str(), outcome,
                  static_cast<long long>(channel.at(outcome).get<std::int64_t>()));
}

// "OK, enforcing, 212 people".
void print_summary(const nlohmann::json& reply) {
  const bool well = reply.at("store") == "ok" && reply.value("problems", nlohmann::json::array()).empty();
  const char* mode = reply.at("mode") == "enforce" ? _("enforcing") : _("observing");
  if (!reply.contains("users")) return print_line("{1}, {2}", {well ? _("OK") : _("PROBLEM"), mode});
  print_line(_("{1}, {2}, {3} people"),
             {well ? _("OK") : _("PROBLEM"), mode, std::to_string(reply.at("users").get<std::int64_t>())});
}

int run(const Common& common) try {
  Client client(common);
  const nlohmann::json reply = user.empty() ? client.call("Status", nlohmann::json::object())
                                            : call_with_proof(client, "UserStatus", {{"user", user}, {"from", from}});
  if (prometheus && user.empty()) {
    print_metrics(reply);
    if (reply.contains("problems")) print_delivery(client.call("DeliveryStatus", nlohmann::json::object()));
  } else if (common.json) {
    print_json(reply);
  } else if (user.empty()) {
    print_summary(reply);
    for (const auto& gate : reply.value("gates", nlohmann::json::array()))
      print_line(_("gate: {1}"), {gate.get<std::string>()});
    for (const auto& host : reply.value("hosts", nlohmann::json::array()))
      print_line(
          _("host: {1}, version {2}, seen {3}, its clock {4} s off"),
          {text(host, "name"), text(host, "version"), shown(host, "seen", _("never")), count(host, "clock_offset")});
    for (const auto& [key, value] : reply.items())
      if (!value.is_array())
        std::printf("%-14s %s\n", key.c_str(),
                    value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
    for (const auto& problem : reply.value("problems", nlohmann::json::array()))
      print_line(_("problem: {1}"), {problem.get<std::string>()});
  } else {
    print_user(reply);
  }
  return kDone;
} catch (const Stop& stop) {
  if (prometheus && stop.code == kUnreachable) print_up(false);
  throw;
}

}  // namespace
}  // namespace verb_status

extern const VerbRow kStatus = {.name = "status",
                                .help = N_("the service's health, or one user's state"),
                                .examples = "seimon status\nseimon status alice\nseimon status --prometheus",
                                .has_json = true,
                                .add = verb_status::add,
                                .run = verb_status::run};

}  // namespace seimon::tools

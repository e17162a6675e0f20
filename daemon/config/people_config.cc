// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/people_config.h"

#include <pwd.h>

#include <algorithm>
#include <array>

#include "base/characters.h"

namespace seimon::daemon {

namespace {

constexpr std::array<std::string_view, 2> kAfter = {"enrol", "deny"};
constexpr std::array<std::string_view, 2> kOneLanguage = {"en", "ja"};

constexpr std::array<Key<core::Wording>, 2> kWordingKeys = {{
    {"en", [](core::Wording& w, const Setting& s) { w.english = s.text(); }},
    {"ja", [](core::Wording& w, const Setting& s) { w.japanese = s.text(); }},
}};

constexpr std::array<Key<Caller>, 3> kCallerKeys = {{
    {"account", [](Caller& c, const Setting& s) { c.account = s.text(); }},
    {"services", [](Caller& c, const Setting& s) { c.services = s.texts(); }},
    {"trust_address", [](Caller& c, const Setting& s) { c.trust_address = s.boolean(); }},
}};

// "tls://HOST:PORT"; the port may be left out.
void read_gate_url(UpstreamGate& gate, const Setting& setting) {
  constexpr std::string_view kScheme = "tls://";
  std::string url = setting.text();
  const auto refuse = [&] {
    setting.fail("upstream url \"" + base::escaped(url) + "\" is not a gate",
                 "write \"tls://gate1.example.org:8743\", the name that its certificate has");
  };
  if (!url.starts_with(kScheme)) refuse();
  const std::string place = url.substr(kScheme.size());
  const std::size_t colon = place.rfind(':');
  gate.host = place.substr(0, colon);
  gate.port = colon == std::string::npos ? "8743" : place.substr(colon + 1);
  const bool is_port = !gate.port.empty() && gate.port.size() <= 5 &&
                       gate.port.find_first_not_of("0123456789") == std::string::npos && std::stoi(gate.port) > 0 &&
                       std::stoi(gate.port) < 65536;
  if (gate.host.empty() || gate.host.find_first_of(":/@ ") != std::string::npos || !is_port) refuse();
}

constexpr std::array<Key<UpstreamGate>, 2> kUpstreamKeys = {{
    {"url", read_gate_url},
    {"certificate", [](UpstreamGate& g, const Setting& s) { g.certificate = s.text(); }},
}};

// Somebody without a phone gets in only where they are let in without one.
bool lets_in_without_phone(const Config& config, const std::string& network) {
  const auto& networks = config.policy.networks;
  const auto found = networks.find(network);
  const bool is_on = found != networks.end() && found->second.state == core::NetworkState::kOn;
  return is_on && std::any_of(config.policy.rules.begin(), config.policy.rules.end(), [&](const core::Rule& rule) {
           return rule.action == core::Action::kSkip && rule.given.networks &&
                  std::find(rule.given.networks->begin(), rule.given.networks->end(), network) !=
                      rule.given.networks->end();
         });
}

void demand_networks(const Config& config, std::string_view key, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (!config.policy.networks.contains(name))
      throw ConfigError(config.files.front() + ": " + std::string(key) + " names the unknown network \"" + name +
                        "\"\n  name one of networks");
}

}  // namespace

bool offers_registration(const Config& config) {
  const auto offers = [&](const core::Rule& rule) {
    return rule.unenrolled == core::Unenrolled::kAsk || rule.unenrolled == core::Unenrolled::kEnrol ||
           (rule.unenrolled == core::Unenrolled::kRemind && config.enrolment.after == core::Unenrolled::kEnrol);
  };
  return offers(config.policy.fallback) || std::any_of(config.policy.rules.begin(), config.policy.rules.end(), offers);
}

core::Unenrolled read_after(const Setting& setting) {
  const core::Unenrolled after = one_of(setting, core::parse_unenrolled, kAfter);
  if (after != core::Unenrolled::kEnrol && after != core::Unenrolled::kDeny)
    setting.fail_unknown("after", setting.text(), kAfter);
  return after;
}

std::vector<std::string> read_remembered_services(const Setting& setting) {
  std::vector<std::string> services = setting.texts();
  for (const std::string& service : services)
    if (core::is_step_to_other_rights(service))
      setting.fail("remember.services names " + service, "a step to other rights is never remembered; leave it out");
  return services;
}

void read_languages(Config& config, const Setting& setting) {
  if (!setting.is_group()) setting.fail("languages is not a group", "write languages: { students = \"ja\"; };");
  for (const Setting& child : setting.children())
    config.languages.emplace_back(child.name(), one_of(child, core::parse_language, kOneLanguage));
}

void read_callers(Config& config, const Setting& setting) {
  if (!setting.is_list())
    setting.fail("callers is not a list", "write ( { account = \"freerad\"; services = [ \"radius\" ]; } )");
  for (const Setting& child : setting.children()) {
    Caller caller;
    read_group(child, kCallerKeys, caller, "callers row");
    const passwd* entry = getpwnam(caller.account.c_str());
    if (entry == nullptr)
      child.fail("there is no account \"" + base::escaped(caller.account) + "\" on this system",
                 "name the account that the service runs as");
    if (caller.services.empty())
      child.fail("the row names no services", "write services = [ \"radius\" ]; these alone it may ask for");
    caller.uid = entry->pw_uid;
    config.callers.push_back(std::move(caller));
  }
}

void read_upstream(Config& config, const Setting& setting) {
  if (!setting.is_list())
    setting.fail("upstream is not a list", "write ( { url = \"tls://gate1.example.org:8743\"; } )");
  for (const Setting& child : setting.children()) {
    UpstreamGate gate;
    gate.certificate = "/etc/seimon/host.pem";
    read_group(child, kUpstreamKeys, gate, "upstream row");
    if (gate.host.empty()) child.fail("the row names no gate", "write { url = \"tls://gate1.example.org:8743\"; }");
    config.upstream.push_back(std::move(gate));
  }
}

void read_gate_account(Config& config, const Setting& setting) {
  const std::string account = setting.text();
  const passwd* entry = getpwnam(account.c_str());
  if (entry == nullptr)
    setting.fail("there is no account \"" + base::escaped(account) + "\" on this system",
                 "name the one that seimon-gate runs as: \"seimon-gate\"");
  if (entry->pw_uid == 0)
    setting.fail("gate.account is root", "seimon-gate has an account of its own: \"seimon-gate\"");
  config.gate = entry->pw_uid;
}

void read_texts(Config& config, const Setting& setting) {
  if (!setting.is_group())
    setting.fail("texts is not a group", "write texts: { prompt: { en = \"…\"; ja = \"…\"; }; };");
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < core::kTexts; ++i) known.push_back(core::text_row(static_cast<core::TextId>(i)).name);
  for (const Setting& child : setting.children()) {
    const auto id = core::text_named(child.name());
    if (!id) child.fail_unknown("text", child.name(), known);
    core::Wording wording;
    read_group(child, kWordingKeys, wording, "text");
    for (const std::string& text : {wording.english, wording.japanese}) {
      const std::string problem = text.empty() ? "" : core::wording_problem(*id, text);
      if (!problem.empty()) child.fail("text " + child.name() + ": " + problem, "see: seimon messages");
    }
    config.wordings[*id] = std::move(wording);
  }
}

void check_people(Config& config) {
  if (!config.upstream.empty() && (!config.store.server.empty() || config.gate))
    throw ConfigError(config.files.front() + ": upstream stands beside " +
                      (config.gate ? "gate.account" : "store.url = \"postgresql:…\"") +
                      "\n  a host either holds the store, or asks those that do");
  if (config.page.account && !config.upstream.empty())
    throw ConfigError(config.files.front() +
                      ": web.account stands beside upstream\n  the page runs on hosts that hold the store: a gate, or "
                      "a single host");
  if (config.page.account && config.page.url.empty())
    throw ConfigError(config.files.front() +
                      ": web.account stands without web.url\n  write url = \"https://gate.example.org\"");
  if (!config.trusted_hosts.empty() && !config.gate)
    throw ConfigError(config.files.front() +
                      ": gate.trusted_hosts stands without gate.account: this host is no gate\n"
                      "  set gate.account, or take gate.trusted_hosts out");
  if (!config.upstream.empty() && config.policy.observe)
    config.warnings.push_back(config.files.front() +
                              ": mode is \"observe\" beside upstream: while no gate answers everybody is let in");
  const core::EnrolmentSettings& enrolment = config.enrolment;
  demand_networks(config, "enrolment.enrol_from", enrolment.enrol_from);
  demand_networks(config, "enrolment.replace_from", enrolment.replace_from);
  demand_networks(config, "remember.networks", config.remember.networks);
  const std::string& file = config.files.front();
  if (enrolment.enrol_from.empty() && offers_registration(config))
    config.warnings.push_back(file +
                              ": enrolment.enrol_from is empty: anyone who knows a password can register a phone "
                              "from anywhere");
  if (!config.roles.helpdesk_groups.empty() && config.roles.admin_groups.empty())
    config.warnings.push_back(
        file +
        ": roles.helpdesk_groups stands without roles.admin_groups: the help desk may act on whoever "
        "administers this machine, root apart");
  if (!enrolment.replace_from.empty())
    config.warnings.push_back(file +
                              ": enrolment.replace_from is set: on those networks a password alone replaces the second "
                              "factor of somebody who has one");
  for (const std::string& network : enrolment.enrol_from)
    if (!lets_in_without_phone(config, network))
      config.warnings.push_back(std::string(file)
                                    .append(": enrolment.enrol_from names \"")
                                    .append(network)
                                    .append("\", but no rule lets people in from there without a code while it is not "
                                            "on: whoever lost a phone cannot log in there to register a new one, and "
                                            "needs the help desk"));
  if (config.remember.length > core::seconds(0) && config.remember.services.empty())
    config.warnings.push_back(file +
                              ": remember.for is set, but remember.services names no service: nothing is "
                              "remembered");
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/load.h"

#include <sys/stat.h>

#include <libconfig.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "base/characters.h"
#include "core/login/enrolment.h"
#include "daemon/config/delivery_config.h"
#include "daemon/config/network_config.h"
#include "daemon/config/page_config.h"
#include "daemon/config/people_config.h"
#include "daemon/config/risk_config.h"
#include "daemon/config/rule_config.h"
#include "daemon/config/settings.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostConfigBytes = 8 * 1024 * 1024;

struct Reading {
  Config config;
  std::map<std::string, std::string> set_at;  // key → file:line
  bool has_default = false;
};

std::optional<bool> parse_mode(std::string_view name) {
  if (name == "observe") return true;
  if (name == "enforce") return false;
  return std::nullopt;
}

std::optional<bool> parse_skip_record(std::string_view name) {
  if (name == "durable") return true;
  if (name == "syslog") return false;
  return std::nullopt;
}

constexpr std::array<std::string_view, 2> kModes = {"observe", "enforce"};
constexpr std::array<std::string_view, 2> kSkipRecords = {"syslog", "durable"};
constexpr std::array<std::string_view, 4> kTlsModes = {"verify-full", "verify-ca", "require", "off"};
constexpr std::array<std::string_view, 4> kLanguages = {"both", "en", "ja", "auto"};
constexpr std::array<std::string_view, 3> kAlgorithms = {"SHA1", "SHA256", "SHA512"};

// In libpq's two forms: password=… and //user:password@host.
bool holds_password(const std::string& connection) {
  const std::size_t at = connection.find('@');
  const std::size_t colon = connection.find(':', connection.find("//") + 2);
  return connection.find("password") != std::string::npos ||
         (connection.find("//") != std::string::npos && colon < at && at != std::string::npos);
}

void read_store_url(Config& config, const Setting& setting) {
  constexpr std::string_view kFile = "sqlite:/";
  constexpr std::string_view kServer = "postgresql:";
  const std::string url = setting.text();
  if (url.starts_with(kFile)) {
    config.store_path = url.substr(kFile.size() - 1);
    return;
  }
  if (!url.starts_with(kServer) || url.size() == kServer.size())
    setting.fail("store.url = \"" + base::escaped(url) + "\" is not a store",
                 "write \"sqlite:/var/lib/seimon/seimon.db\" or \"postgresql:service=seimon\"");
  config.store.server = url.substr(kServer.size());
  if (config.store.server.starts_with("//")) config.store.server = url;
  config.store_path = "/var/lib/seimon/postgresql";
  if (config.store.server.find("sslmode") != std::string::npos)
    setting.fail("store.url says sslmode", "write store.tls = \"verify-full\"; weaker ones are said there, too");
  struct stat status = {};
  const std::string place = setting.place();
  const std::string file = place.substr(0, place.rfind(':'));
  if (holds_password(config.store.server) &&
      (stat(file.c_str(), &status) != 0 || (status.st_mode & (S_IRGRP | S_IROTH)) != 0))
    setting.fail("store.url holds a password, and others may read this file",
                 "put it into a file of seimon's with mode 0400 and name that: passfile=/etc/seimon/pgpass");
}

// libpq's sslmode.
std::optional<std::string> parse_tls(std::string_view name) {
  const bool known = name == "verify-full" || name == "verify-ca" || name == "require";
  if (!known && name != "off") return std::nullopt;
  return known ? std::string(name) : "disable";
}

constexpr std::array<Key<Config>, 73> kKeys = {{
    {"mode", [](Config& c, const Setting& s) { c.policy.observe = one_of(s, parse_mode, kModes); }},
    {"language", [](Config& c, const Setting& s) { c.language = one_of(s, core::parse_language, kLanguages); }},
    {"issuer", [](Config& c, const Setting& s) { c.issuer = s.text(); }},
    {"help", [](Config& c, const Setting& s) { c.help = s.text(); }},
    {"store.url", read_store_url},
    {"store.connections", [](Config& c, const Setting& s) { c.store.connections = s.number(1, 64); }},
    {"store.timeout", [](Config& c, const Setting& s) { c.store.timeout = core::seconds(s.number(1, 4)); }},
    {"store.tls", [](Config& c, const Setting& s) { c.store.tls = one_of(s, parse_tls, kTlsModes); }},
    {"store.pooled", [](Config& c, const Setting& s) { c.store.pooled = s.boolean(); }},
    {"codes.digits", [](Config& c, const Setting& s) { c.codes.digits = s.number(6, 8); }},
    {"codes.period", [](Config& c, const Setting& s) { c.codes.period = core::seconds(s.number(15, 120)); }},
    {"codes.algorithm",
     [](Config& c, const Setting& s) { c.codes.algorithm = one_of(s, core::parse_algorithm, kAlgorithms); }},
    {"codes.window", [](Config& c, const Setting& s) { c.codes.window = s.number(0, 10); }},
    {"codes.echo", [](Config& c, const Setting& s) { c.codes.echo = s.boolean(); }},
    {"codes.tries", [](Config& c, const Setting& s) { c.codes.tries = s.number(1, 10); }},
    {"risk.quarter_hour", [](Config& c, const Setting& s) { c.risk.quarter_hour = read_cost(s); }},
    {"risk.day", [](Config& c, const Setting& s) { c.risk.day = read_cost(s); }},
    {"risk.month", [](Config& c, const Setting& s) { c.risk.month = read_cost(s); }},
    {"risk.source_per_hour", [](Config& c, const Setting& s) { c.risk.source_per_hour = s.number(1, 1000000); }},
    {"risk.sources", read_risk_sources},
    {"risk.mode", [](Config& c, const Setting& s) { c.risk.lock = read_risk_mode(s); }},
    {"local_services", [](Config& c, const Setting& s) { c.policy.local_services = s.texts(); }},
    {"audit.keep", [](Config& c, const Setting& s) { c.keep_events = s.duration(); }},
    {"audit.skip",
     [](Config& c, const Setting& s) { c.skips_are_durable = one_of(s, parse_skip_record, kSkipRecords); }},
    {"enrolment.enrol_from", [](Config& c, const Setting& s) { c.enrolment.enrol_from = s.texts(); }},
    {"enrolment.replace_from", [](Config& c, const Setting& s) { c.enrolment.replace_from = s.texts(); }},
    {"enrolment.not_before", [](Config& c, const Setting& s) { c.enrolment.not_before = s.moment(); }},
    {"enrolment.after", [](Config& c, const Setting& s) { c.enrolment.after = read_after(s); }},
    {"enrolment.grace", [](Config& c, const Setting& s) { c.enrolment.grace = s.duration(); }},
    {"enrolment.max_skips", [](Config& c, const Setting& s) { c.enrolment.max_skips = s.number(0, 1000); }},
    {"enrolment.pending_for", [](Config& c, const Setting& s) { c.enrolment.pending_for = s.duration(); }},
    {"enrolment.issued_for", [](Config& c, const Setting& s) { c.enrolment.issued_for = s.duration(); }},
    {"enrolment.ticket_for", [](Config& c, const Setting& s) { c.enrolment.ticket_for = s.duration(); }},
    {"enrolment.recovery_codes", [](Config& c, const Setting& s) { c.enrolment.recovery_codes = s.number(0, 50); }},
    {"enrolment.tell_unenrolled", [](Config& c, const Setting& s) { c.enrolment.tell_unenrolled = s.boolean(); }},
    {"remember.for", [](Config& c, const Setting& s) { c.remember.length = s.duration(); }},
    {"remember.services", [](Config& c, const Setting& s) { c.remember.services = read_remembered_services(s); }},
    {"remember.networks", [](Config& c, const Setting& s) { c.remember.networks = s.texts(); }},
    {"roles.admin_groups", [](Config& c, const Setting& s) { c.roles.admin_groups = s.texts(); }},
    {"roles.helpdesk_groups", [](Config& c, const Setting& s) { c.roles.helpdesk_groups = s.texts(); }},
    {"roles.helpdesk_max_for", [](Config& c, const Setting& s) { c.roles.helpdesk_max_for = s.duration(); }},
    {"roles.helpdesk_max_uses", [](Config& c, const Setting& s) { c.roles.helpdesk_max_uses = s.number(1, 1000); }},
    {"delivery.sms", [](Config& c, const Setting& s) { c.delivery.sms = read_drivers(s); }},
    {"delivery.call", [](Config& c, const Setting& s) { c.delivery.call = read_drivers(s, core::seconds(100)); }},
    {"delivery.call_mode", [](Config& c, const Setting& s) { c.send.call_by_number = read_call_mode(s); }},
    {"delivery.email", [](Config& c, const Setting& s) { c.delivery.email = read_drivers(s); }},
    {"delivery.notify", [](Config& c, const Setting& s) { c.delivery.notify = read_drivers(s); }},
    {"delivery.push_key", [](Config& c, const Setting& s) { c.delivery.push_key = s.text(); }},
    {"delivery.from", [](Config& c, const Setting& s) { c.delivery.from = read_sender(s); }},
    {"delivery.country", [](Config& c, const Setting& s) { c.send.country = read_country(s); }},
    {"delivery.prefixes", [](Config& c, const Setting& s) { c.send.plan.prefixes = read_number_prefixes(s); }},
    {"delivery.never", [](Config& c, const Setting& s) { c.send.plan.never = read_number_prefixes(s); }},
    {"delivery.auto", [](Config& c, const Setting& s) { c.send.at_once = s.texts(); }},
    {"delivery.valid_for", [](Config& c, const Setting& s) { c.send.valid_for = read_valid_for(s); }},
    {"delivery.most_per_hour", [](Config& c, const Setting& s) { c.send.most_per_hour = s.number(1, 1000000); }},
    {"delivery.most_per_day", [](Config& c, const Setting& s) { c.send.most_per_day = s.number(1, 10000000); }},
    {"languages", read_languages},
    {"callers", read_callers},
    {"upstream", read_upstream},
    {"gate.account", read_gate_account},
    {"gate.trusted_hosts", [](Config& c, const Setting& s) { c.trusted_hosts = s.texts(); }},
    {"web.account", [](Config& c, const Setting& s) { c.page.account = read_web_account(s); }},
    {"web.url", [](Config& c, const Setting& s) { c.page.url = read_web_url(s); }},
    {"web.logo", [](Config& c, const Setting& s) { c.page.logo = read_web_logo(s); }},
    {"web.single_sign_on", [](Config& c, const Setting& s) { c.page.single_sign_on = s.boolean(); }},
    {"web.colour", [](Config& c, const Setting& s) { c.page.colour = read_web_colour(s); }},
    {"approve.enabled", [](Config& c, const Setting& s) { c.offers_approval = s.boolean(); }},
    {"approve.digits", [](Config& c, const Setting& s) { c.approve.digits = s.number(2, 6); }},
    {"approve.valid_for", [](Config& c, const Setting& s) { c.approve.valid_for = read_request_life(s); }},
    {"approve.synced", [](Config& c, const Setting& s) { c.approve.synced = s.boolean(); }},
    {"approve.notify", [](Config& c, const Setting& s) { c.approve.notify = read_notify(s); }},
    {"approve.on_report", [](Config& c, const Setting& s) { c.approve.suspends_reported = read_on_report(s); }},
    {"default", nullptr},  // and rules, networks, texts: read_root
}};

constexpr std::array<std::string_view, 11> kGroups = {"store", "codes",    "risk", "audit", "enrolment", "remember",
                                                      "roles", "delivery", "gate", "web",   "approve"};

void read_networks(Reading& reading, const Setting& networks) {
  if (!networks.is_group()) networks.fail("networks is not a group", "write networks: { campus: { … }; };");
  for (const Setting& setting : networks.children()) {
    const std::string name = setting.name();
    if (reading.config.policy.networks.contains(name))
      setting.fail("network " + name + " is set twice", "the other one is at " + reading.set_at["networks." + name]);
    reading.config.policy.networks.emplace(name, read_network(setting));
    reading.set_at["networks." + name] = setting.place();
  }
}

void read_rules(Reading& reading, const Setting& rules) {
  if (!rules.is_list()) rules.fail("rules is not a list", "write rules = ( { … }, { … } );");
  for (const Setting& setting : rules.children()) {
    core::Rule rule = read_rule(setting);
    if (rule.name.empty()) rule.name = "rule " + std::to_string(reading.config.policy.rules.size() + 1);
    reading.config.policy.rules.push_back(std::move(rule));
  }
}

void refuse_second(Reading& reading, const std::string& path, const Setting& setting) {
  const auto [known, fresh] = reading.set_at.emplace(path, setting.place());
  if (!fresh) setting.fail(path + " is set twice", "the other one is at " + known->second);
}

void read_key(Reading& reading, const std::string& path, const Setting& setting) {
  const auto key =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const Key<Config>& candidate) { return candidate.path == path; });
  if (key == kKeys.end()) {
    std::vector<std::string_view> known = {"rules", "networks", "texts"};
    for (const Key<Config>& candidate : kKeys) known.push_back(candidate.path);
    setting.fail_unknown("key", path, known);
  }
  refuse_second(reading, path, setting);
  if (key->read != nullptr) return key->read(reading.config, setting);
  core::Rule rule = read_rule(setting);
  if (has_conditions(rule)) setting.fail("default has conditions", "make it the last of the rules");
  rule.name = "default";
  reading.config.policy.fallback = std::move(rule);
}

void read_root(Reading& reading, const Setting& root) {
  for (const Setting& setting : root.children()) {
    // Both spellings of the word are taken.
    const std::string name = setting.name() == "enrollment" ? "enrolment" : setting.name();
    if (name == "notify")
      setting.fail("notify has another name",
                   "write delivery: { email = ( { command = [ … ]; format = \"mail\"; } ); }");
    if (name == "rules") {
      read_rules(reading, setting);
    } else if (name == "networks") {
      read_networks(reading, setting);
    } else if (name == "texts") {
      read_texts(reading.config, setting);
    } else if (std::find(kGroups.begin(), kGroups.end(), name) != kGroups.end() && setting.is_group()) {
      for (const Setting& child : setting.children()) read_key(reading, name + "." + child.name(), child);
    } else {
      read_key(reading, name, setting);
    }
  }
}

// Warnings: allowed, but probably not intended.
void warn_of_rules(Config& config) {
  constexpr double kMuch = 0.125;
  constexpr core::Cost kMuchRisk{1'000'000};  // one in a thousand a month
  for (const core::Rule& rule : config.policy.rules) {
    if (rule.same_session)
      config.warnings.push_back(rule.place + ": rule \"" + rule.name +
                                "\": whatever runs in a session gets to other rights by the password alone while the "
                                "code of its login is fresh (same_session)");
    if (rule.action != core::Action::kSkip || rule.any) continue;
    const core::Conditions& given = rule.given;
    const bool by_place = given.networks || given.local || given.ssh_auth || given.ttys;
    const bool by_person = given.users || given.groups || given.caller || given.target;
    if (!by_place && !by_person && given.services)
      config.warnings.push_back(rule.place + ": rule \"" + rule.name +
                                "\" lets everybody pass wherever they come from: it has no condition but the service");
    for (const std::string& name : given.networks.value_or(std::vector<std::string>()))
      if (const auto network = config.policy.networks.find(name);
          network != config.policy.networks.end() && network->second.set.largest_share() >= kMuch)
        config.warnings.push_back(rule.place + ": rule \"" + rule.name + "\": the network " + name +
                                  " holds an eighth or more of all addresses");
  }
  if (config.risk.month > kMuchRisk)
    config.warnings.push_back(
        config.files.front() +
        ": risk.month allows more than 0.001: whoever has a password guesses a code within months");
}

// Kinds of methods whose codes can be sent here, and what is likely to go wrong with that.
void check_sending(Config& config) {
  core::SendSettings& send = config.send;
  for (const auto& [name, drivers] : {std::pair("sms", &config.delivery.sms), std::pair("call", &config.delivery.call)})
    if (!drivers->empty() && send.plan.prefixes.empty())
      config.warnings.push_back(config.files.front() + ": delivery." + name +
                                " without delivery.prefixes: nobody is reached before they are set");
  for (const Driver& driver : config.delivery.call)
    if (send.call_by_number && driver.command.empty())
      throw ConfigError(driver.place +
                        ": a web interface does not report which keys were pressed\n  set delivery.call_mode = "
                        "\"code\", or give a driver with command");
  std::vector<const core::Rule*> rules = {&config.policy.fallback};
  for (const core::Rule& rule : config.policy.rules) rules.push_back(&rule);
  const auto is_taken = [&](core::Kind kind) {
    return std::any_of(rules.begin(), rules.end(), [&](const core::Rule* rule) {
      return rule->action == core::Action::kRequire && rule->kinds.has(kind);
    });
  };
  send.sms = !config.delivery.sms.empty() && !send.plan.prefixes.empty() && is_taken(core::Kind::kSms);
  send.call = !config.delivery.call.empty() && !send.plan.prefixes.empty() && is_taken(core::Kind::kCall);
  send.email = !config.delivery.email.empty() && is_taken(core::Kind::kEmail);
  for (const core::Rule* rule : rules) {
    if (rule->kinds.has(core::Kind::kEmail))
      config.warnings.push_back(rule->place + ": rule \"" + rule->name +
                                "\" takes codes by mail: NIST SP 800-63B-4 does not allow them as a second factor, for "
                                "whoever has the password often has the mailbox");
  }
}

struct Parsed {
  Parsed() { config_init(&tree); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;
  ~Parsed() { config_destroy(&tree); }
  config_t tree = {};
};

std::size_t line_of(const std::string& content, std::size_t at) {
  return 1 +
         static_cast<std::size_t>(std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

// The position of a line that begins with @include, as libconfig's scanner wants it; elsewhere it is part of a comment
// or a text.
std::size_t include_in(const std::string& content) {
  for (std::size_t at = 0; (at = content.find("@include", at)) != std::string::npos; ++at) {
    const std::size_t before = content.find_last_not_of(" \t", at == 0 ? 0 : at - 1);
    if (at == 0 || before == std::string::npos || content[before] == '\n') return at;
  }
  return std::string::npos;
}

void read_one_file(Reading& reading, const std::string& path) {
  std::string content;
  try {
    content = TrustedFile(path).text(kMostConfigBytes);
  } catch (const std::runtime_error& error) {
    throw ConfigError(error.what());
  }
  // libconfig would read an included file without our checks.
  const std::size_t include = include_in(content);
  if (include != std::string::npos)
    throw ConfigError(path + ":" + std::to_string(line_of(content, include)) +
                      ": @include is not allowed\n  put the file into conf.d beside seimon.conf");
  Parsed parsed;
  if (config_read_string(&parsed.tree, content.c_str()) != CONFIG_TRUE)
    throw ConfigError(path + ":" + std::to_string(config_error_line(&parsed.tree)) + ": " +
                      config_error_text(&parsed.tree) + "\n  see seimon.conf(5)");
  reading.config.files.push_back(path);
  read_root(reading, Setting(config_root_setting(&parsed.tree), path));
}

std::vector<std::string> files_after(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path() / "conf.d";
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".conf") files.push_back(entry.path().string());
  if (error && error != std::errc::no_such_file_or_directory)
    throw ConfigError(directory.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Config load_config(const std::string& path) {
  Reading reading;
  reading.config.policy.local_services = {"login",        "su",       "su-l",  "sudo",    "sudo-i",
                                          "gdm-password", "polkit-1", "vlock", "swaylock"};
  core::Rule& fallback = reading.config.policy.fallback;
  fallback.name = "default";
  fallback.place = "built in";
  fallback.action = core::Action::kRequire;
  read_one_file(reading, path);
  for (const std::string& file : files_after(path)) read_one_file(reading, file);
  for (const core::Rule& rule : reading.config.policy.rules) check_rule(rule, reading.config.policy);
  check_rule(reading.config.policy.fallback, reading.config.policy);
  check_risk(reading.config);
  check_sending(reading.config);
  check_approval(reading.config);
  check_people(reading.config);
  warn_of_rules(reading.config);
  return std::move(reading.config);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/rule_config.h"

#include <algorithm>
#include <array>

namespace seimon::daemon {

namespace {

constexpr std::array<std::string_view, 3> kActions = {"require", "skip", "deny"};
constexpr std::array<std::string_view, 5> kUnenrolled = {"deny", "allow", "remind", "ask", "enrol"};
constexpr std::array<std::string_view, 2> kAsks = {"caller", "target"};
constexpr std::array<std::string_view, 4> kKinds = {"app", "token", "recovery", "bypass"};

std::optional<core::Asks> parse_asks(std::string_view name) {
  if (name == "caller") return core::Asks::kCaller;
  if (name == "target") return core::Asks::kTarget;
  return std::nullopt;
}

core::Kinds kinds(const Setting& setting) {
  core::Kinds kinds;
  for (const std::string& name : setting.texts()) {
    const auto kind = core::parse_kind(name);
    if (!kind) setting.fail_unknown("method", name, kKinds);
    kinds.add(*kind);
  }
  if (setting.texts().empty()) setting.fail("methods is empty: nothing could satisfy the rule", "name app or token");
  return kinds;
}

core::Hours hours(const Setting& setting) {
  const std::string text = setting.text();
  const auto hours = core::Hours::parse(text);
  if (!hours)
    setting.fail(
        setting.name() + " = \"" + text + "\" cannot be read",
        "write \"Mon-Fri 09:00-18:00 +09:00\", or several spans with commas; without a zone it is this host's");
  return *hours;
}

constexpr std::array<Key<core::Rule>, 29> kRuleKeys = {{
    {"name", [](core::Rule& r, const Setting& s) { r.name = s.text(); }},
    {"users", [](core::Rule& r, const Setting& s) { r.given.users = s.texts(); }},
    {"groups", [](core::Rule& r, const Setting& s) { r.given.groups = s.texts(); }},
    {"services", [](core::Rule& r, const Setting& s) { r.given.services = s.texts(); }},
    {"networks", [](core::Rule& r, const Setting& s) { r.given.networks = s.texts(); }},
    {"ttys", [](core::Rule& r, const Setting& s) { r.given.ttys = s.texts(); }},
    {"local", [](core::Rule& r, const Setting& s) { r.given.local = s.boolean(); }},
    {"hours", [](core::Rule& r, const Setting& s) { r.given.hours = hours(s); }},
    {"not_before", [](core::Rule& r, const Setting& s) { r.not_before = s.moment(); }},
    {"not_after", [](core::Rule& r, const Setting& s) { r.not_after = s.moment(); }},
    {"ssh_auth", [](core::Rule& r, const Setting& s) { r.given.ssh_auth = s.texts(); }},
    {"caller", [](core::Rule& r, const Setting& s) { r.given.caller = s.texts(); }},
    {"target", [](core::Rule& r, const Setting& s) { r.given.target = s.texts(); }},
    {"not_users", [](core::Rule& r, const Setting& s) { r.negated.users = s.texts(); }},
    {"not_groups", [](core::Rule& r, const Setting& s) { r.negated.groups = s.texts(); }},
    {"not_services", [](core::Rule& r, const Setting& s) { r.negated.services = s.texts(); }},
    {"not_networks", [](core::Rule& r, const Setting& s) { r.negated.networks = s.texts(); }},
    {"not_ttys", [](core::Rule& r, const Setting& s) { r.negated.ttys = s.texts(); }},
    {"not_local", [](core::Rule& r, const Setting& s) { r.negated.local = s.boolean(); }},
    {"not_hours", [](core::Rule& r, const Setting& s) { r.negated.hours = hours(s); }},
    {"not_ssh_auth", [](core::Rule& r, const Setting& s) { r.negated.ssh_auth = s.texts(); }},
    {"not_caller", [](core::Rule& r, const Setting& s) { r.negated.caller = s.texts(); }},
    {"not_target", [](core::Rule& r, const Setting& s) { r.negated.target = s.texts(); }},
    {"asks", [](core::Rule& r, const Setting& s) { r.asks = one_of(s, parse_asks, kAsks); }},
    {"methods", [](core::Rule& r, const Setting& s) { r.kinds = kinds(s); }},
    {"action", [](core::Rule& r, const Setting& s) { r.action = one_of(s, core::parse_action, kActions); }},
    {"unenrolled",
     [](core::Rule& r, const Setting& s) { r.unenrolled = one_of(s, core::parse_unenrolled, kUnenrolled); }},
    {"same_session", [](core::Rule& r, const Setting& s) { r.same_session = s.boolean(); }},
    {"any", [](core::Rule& r, const Setting& s) { r.any = s.boolean(); }},
}};

}  // namespace

core::Rule read_rule(const Setting& setting) {
  core::Rule rule;
  rule.place = setting.place();
  read_group(setting, kRuleKeys, rule, "rule");
  const std::vector<Setting> children = setting.children();
  const bool acts =
      std::any_of(children.begin(), children.end(), [](const Setting& child) { return child.name() == "action"; });
  if (!acts) setting.fail("the rule has no action", "write action = \"require\", \"skip\" or \"deny\"");
  // A user who is exempt and not registered passes, unless the rule has an `unenrolled` of its own.
  const bool says = std::any_of(children.begin(), children.end(),
                                [](const Setting& child) { return child.name().starts_with("unenrol"); });
  if (!says && rule.action == core::Action::kSkip) rule.unenrolled = core::Unenrolled::kAllow;
  return rule;
}

bool has_conditions(const core::Rule& rule) {
  const auto any = [](const core::Conditions& c) {
    return c.users || c.groups || c.services || c.networks || c.ttys || c.local || c.hours || c.ssh_auth || c.caller ||
           c.target;
  };
  return any(rule.given) || any(rule.negated) || rule.not_before || rule.not_after;
}

void check_rule(const core::Rule& rule, const core::Policy& policy) {
  std::vector<std::string_view> known;
  for (const auto& [name, network] : policy.networks) known.push_back(name);
  for (const auto* names : {&rule.given.networks, &rule.negated.networks}) {
    for (const std::string& name : names->value_or(std::vector<std::string>())) {
      if (policy.networks.contains(name)) continue;
      std::string all;
      for (std::string_view candidate : known) all += (all.empty() ? "" : ", ") + std::string(candidate);
      throw ConfigError(rule.place + ": rule \"" + rule.name + "\" names the unknown network \"" + name +
                        "\"\n  networks are: " + (all.empty() ? "none" : all));
    }
  }
  if (rule.same_session && (rule.action != core::Action::kRequire || rule.kinds != core::Kinds::all()))
    throw ConfigError(rule.place + ": rule \"" + rule.name +
                      "\" has same_session, which is for action = \"require\" without methods: what its session's "
                      "login was checked by is not known");
  if (rule.action == core::Action::kSkip && !rule.any && core::would_match_everyone(rule, policy))
    throw ConfigError(rule.place + ": rule \"" + rule.name +
                      "\" would exempt everyone from the second step\n  give it a condition, or write any = true if "
                      "that is meant");
}

}  // namespace seimon::daemon

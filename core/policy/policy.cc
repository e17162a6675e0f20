// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.h"

#include <algorithm>
#include <array>

namespace seimon::core {

namespace {

enum class Holds : std::uint8_t { kNo, kYes, kCannotTell };

struct Evaluation {
  const Policy& policy;
  const Facts& facts;
  Instant now;
};

struct Matched {
  Holds holds = Holds::kYes;
  std::string condition;      // the first that did not hold or cannot be told
  std::string network;        // that matched
  bool network_is_on = true;  // of the matching network
};

bool any_glob(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, text); });
}

Holds yes_if(bool holds) { return holds ? Holds::kYes : Holds::kNo; }

Holds in_groups(const std::vector<std::string>& patterns, const Facts& facts) {
  if (!facts.groups) return Holds::kCannotTell;
  const auto is_named = [&](const std::string& group) { return any_glob(patterns, group); };
  if (std::any_of(facts.groups->begin(), facts.groups->end(), is_named)) return Holds::kYes;
  const auto& unsure = facts.unsure_groups;
  return std::any_of(unsure.begin(), unsure.end(), is_named) ? Holds::kCannotTell : Holds::kNo;
}

// SSH_AUTH_INFO_0 counts only if the login service vouches for it.
Holds accepted_by_ssh(const std::vector<std::string>& patterns, const Facts& facts) {
  return yes_if(facts.trusted && std::any_of(facts.ssh_auth.begin(), facts.ssh_auth.end(),
                                             [&](const std::string& method) { return any_glob(patterns, method); }));
}

// Empty: this login has none.
std::string caller_of(const Facts& facts) {
  return facts.trusted && is_step_to_other_rights(facts.service) ? facts.caller : "";  // known to them by its uid
}
std::string target_of(const Facts& facts) { return facts.trusted && facts.target ? facts.target->text() : ""; }
Holds named(const std::vector<std::string>& patterns, const std::string& name) {
  return yes_if(!name.empty() && any_glob(patterns, name));
}

// The named networks that hold the login's address; one that is on is preferred.
Holds in_networks(const std::vector<std::string>& names, const Evaluation& with, Matched& matched) {
  if (with.facts.origin.kind != Origin::Kind::kAddress) return Holds::kNo;
  bool found = false;
  for (const std::string& name : names) {
    const auto network = with.policy.networks.find(name);
    if (network == with.policy.networks.end() || !network->second.set.contains(with.facts.origin.address)) continue;
    const NetworkState state = state_at(network->second, with.now);
    if (found && state != NetworkState::kOn) continue;
    found = true;
    matched.network = name;
    matched.network_is_on = state == NetworkState::kOn;
    if (matched.network_is_on) break;
  }
  return yes_if(found);
}

// Somewhere unknown is neither inside nor outside.
Holds negated_place(Holds inside, const Facts& facts) {
  if (facts.origin.kind == Origin::Kind::kUnknown) return Holds::kCannotTell;
  return yes_if(inside == Holds::kNo);
}

// Outside, for a rule that asks or denies, is also whoever stands in a network that is not on: what is off or in
// preparation must not let anybody past such a rule.
Holds outside_networks(const Rule& rule, const Evaluation& with) {
  Matched found;
  const Holds inside = in_networks(*rule.negated.networks, with, found);
  if (inside == Holds::kYes && !found.network_is_on && rule.action != Action::kSkip) return Holds::kYes;
  return negated_place(inside, with.facts);
}

Holds negation(Holds holds) {
  if (holds == Holds::kCannotTell) return holds;
  return yes_if(holds == Holds::kNo);
}

Matched evaluate(const Rule& rule, const Evaluation& with) {
  Matched matched;
  const Facts& facts = with.facts;
  const auto check = [&](const char* name, Holds holds) {
    if (holds == Holds::kYes || matched.holds == Holds::kNo) return;
    if (holds == Holds::kCannotTell && matched.holds == Holds::kCannotTell) return;
    matched.holds = holds;
    matched.condition = name;
  };
  const bool local = facts.origin.kind == Origin::Kind::kLocal;
  const Conditions& given = rule.given;
  const Conditions& negated = rule.negated;
  if (given.users) check("users", yes_if(any_glob(*given.users, facts.user.text())));
  if (given.services) check("services", yes_if(any_glob(*given.services, facts.service)));
  if (given.networks) check("networks", in_networks(*given.networks, with, matched));
  if (given.local) check("local", yes_if(local == *given.local && facts.origin.kind != Origin::Kind::kUnknown));
  if (given.ttys) check("ttys", yes_if(any_glob(*given.ttys, facts.tty)));
  if (given.hours) check("hours", yes_if(given.hours->contain(with.now, facts.zone)));
  if (rule.not_before) check("not_before", yes_if(with.now >= *rule.not_before));
  if (rule.not_after) check("not_after", yes_if(with.now <= *rule.not_after));
  if (given.ssh_auth) check("ssh_auth", accepted_by_ssh(*given.ssh_auth, facts));
  if (given.caller) check("caller", named(*given.caller, caller_of(facts)));
  if (given.target) check("target", named(*given.target, target_of(facts)));
  if (given.groups) check("groups", in_groups(*given.groups, facts));
  if (negated.users) check("not_users", yes_if(!any_glob(*negated.users, facts.user.text())));
  if (negated.services) check("not_services", yes_if(!any_glob(*negated.services, facts.service)));
  if (negated.networks) check("not_networks", outside_networks(rule, with));
  if (negated.local) check("not_local", negated_place(yes_if(local == *negated.local), facts));
  if (negated.ttys) check("not_ttys", yes_if(!any_glob(*negated.ttys, facts.tty)));
  if (negated.hours) check("not_hours", yes_if(!negated.hours->contain(with.now, facts.zone)));
  if (negated.ssh_auth) check("not_ssh_auth", negation(accepted_by_ssh(*negated.ssh_auth, facts)));
  if (negated.caller) check("not_caller", negation(named(*negated.caller, caller_of(facts))));
  if (negated.target) check("not_target", negation(named(*negated.target, target_of(facts))));
  if (negated.groups) check("not_groups", negation(in_groups(*negated.groups, facts)));
  return matched;
}

Decision decision_of(const Rule& rule, const Matched& matched) {
  Decision decision;
  decision.rule = rule.name;
  decision.unenrolled = rule.unenrolled;
  decision.action = rule.action;
  decision.asks = rule.asks;
  decision.kinds = rule.kinds;
  decision.same_session = rule.same_session;
  decision.network = matched.network;
  if (matched.holds != Holds::kCannotTell) return decision;
  decision.cannot_tell = matched.condition;
  if (decision.action == Action::kSkip) decision.action = Action::kRequire;
  return decision;
}

bool is_vacuous(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
    return !pattern.empty() && pattern.find_first_not_of("*?") == std::string::npos;
  });
}

template <class Value, std::size_t N>
struct Names {
  std::array<std::pair<Value, std::string_view>, N> rows;
  std::string_view name(Value value) const {
    for (const auto& [known, text] : rows)
      if (known == value) return text;
    return "deny";
  }
  std::optional<Value> value(std::string_view name) const {
    for (const auto& [known, text] : rows)
      if (text == name) return known;
    return std::nullopt;
  }
};

constexpr Names<Action, 3> kActions = {
    {{{Action::kDeny, "deny"}, {Action::kRequire, "require"}, {Action::kSkip, "skip"}}}};
constexpr Names<Unenrolled, 5> kUnenrolled = {{{{Unenrolled::kDeny, "deny"},
                                                {Unenrolled::kAllow, "allow"},
                                                {Unenrolled::kRemind, "remind"},
                                                {Unenrolled::kAsk, "ask"},
                                                {Unenrolled::kEnrol, "enrol"}}}};

}  // namespace

std::string_view action_name(Action action) { return kActions.name(action); }
std::optional<Action> parse_action(std::string_view name) { return kActions.value(name); }
std::string_view unenrolled_name(Unenrolled unenrolled) { return kUnenrolled.name(unenrolled); }
std::optional<Unenrolled> parse_unenrolled(std::string_view name) {
  return kUnenrolled.value(name == "enroll" ? "enrol" : name);
}

Decision decide(const Policy& policy, const Facts& facts, Instant now, std::vector<Considered>* considered) {
  const Evaluation with{policy, facts, now};
  Decision passed_over;
  for (const Rule& rule : policy.rules) {
    const Matched matched = evaluate(rule, with);
    const bool dormant = rule.action == Action::kSkip && matched.holds == Holds::kYes && !matched.network_is_on;
    const bool decides = matched.holds != Holds::kNo && !dormant;
    if (dormant && passed_over.would_rule.empty()) {
      const bool preparing = state_at(policy.networks.at(matched.network), now) == NetworkState::kPreparing;
      if (preparing) passed_over.would_rule = rule.name, passed_over.would_network = matched.network;
    }
    if (considered != nullptr) {
      std::string why = matched.condition + ": no match";
      if (dormant) why = "network " + matched.network + " is not on";
      if (decides) why = matched.holds == Holds::kYes ? "decides" : matched.condition + " cannot be evaluated: decides";
      considered->push_back({rule.name, rule.place, why});
    }
    if (!decides) continue;
    Decision decision = decision_of(rule, matched);
    decision.would_rule = passed_over.would_rule;
    decision.would_network = passed_over.would_network;
    return decision;
  }
  if (considered != nullptr) considered->push_back({policy.fallback.name, policy.fallback.place, "decides"});
  Decision decision = decision_of(policy.fallback, Matched());
  decision.would_rule = passed_over.would_rule;
  decision.would_network = passed_over.would_network;
  return decision;
}

NetworkState state_at(const Network& network, Instant now) {
  if (network.state == NetworkState::kOff || !network.not_before) return network.state;
  return now >= *network.not_before ? NetworkState::kOn : NetworkState::kPreparing;
}

bool is_in_networks(const Policy& policy, const std::vector<std::string>& names, const Origin& origin, Instant now) {
  if (origin.kind != Origin::Kind::kAddress) return false;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto network = policy.networks.find(name);
    return network != policy.networks.end() && state_at(network->second, now) != NetworkState::kOff &&
           network->second.set.contains(origin.address);
  });
}

std::string network_of(const Policy& policy, const Origin& origin, Instant now) {
  for (const auto& [name, network] : policy.networks)
    if (is_in_networks(policy, {name}, origin, now)) return name;
  return "";
}

bool Policy::uses_groups() const {
  return std::any_of(rules.begin(), rules.end(),
                     [](const Rule& rule) { return rule.given.groups || rule.negated.groups; });
}

bool would_match_everyone(const Rule& rule, const Policy& policy) {
  const Conditions& given = rule.given;
  const auto narrows = [](const std::optional<std::vector<std::string>>& patterns) {
    return patterns && !is_vacuous(*patterns);
  };
  if (narrows(given.users) || narrows(given.groups) || narrows(given.services) || narrows(given.ttys) ||
      narrows(given.ssh_auth) || narrows(given.caller) || narrows(given.target))
    return false;
  if (given.local == true) return false;  // who does not sit at the machine is nearly everybody
  if (!given.networks) return true;
  return std::any_of(given.networks->begin(), given.networks->end(), [&](const std::string& name) {
    const auto network = policy.networks.find(name);
    return network != policy.networks.end() && network->second.any;
  });
}

Origin origin_of(const Policy& policy, bool trusted, std::string_view service, std::string_view rhost,
                 std::string_view ssh_connection) {
  Origin origin;
  origin.text = rhost;
  std::string_view stated = rhost;
  if (!ssh_connection.empty() || service == "sshd") {
    stated = ssh_connection.substr(0, ssh_connection.find(' '));
    if (!stated.empty()) origin.text = stated;
    // A name in rhost (UseDNS) is the attacker's to choose; a number that differs is somebody's lie.
    if (looks_numeric(rhost) && rhost != stated) return origin;
    if (stated.empty()) return origin;
    // Only sshd is known to write this variable itself; elsewhere a user's own environment may hold it.
    if (service != "sshd" && stated != rhost) return origin;
  }
  if (!trusted) return origin;
  if (stated.empty()) {
    const bool local =
        std::find(policy.local_services.begin(), policy.local_services.end(), service) != policy.local_services.end();
    if (local) origin.kind = Origin::Kind::kLocal, origin.text = "local";
    return origin;
  }
  const auto address = parse_address(stated);
  if (!address) return origin;
  origin.kind = Origin::Kind::kAddress;
  origin.address = *address;
  return origin;
}

bool is_step_to_other_rights(std::string_view service) {
  constexpr std::array<std::string_view, 4> kServices = {"su", "su-l", "sudo", "sudo-i"};
  return std::find(kServices.begin(), kServices.end(), service) != kServices.end();
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace seimon::core

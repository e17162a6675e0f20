// SPDX-License-Identifier: Apache-2.0
// The choice of the deciding rule.
#include "core/policy/policy.h"

#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

Facts facts_of(const char* user, const char* address) {
  Facts facts{*UserName::parse(user)};
  facts.exists = true;
  facts.trusted = true;
  facts.service = "sshd";
  facts.tty = "ssh";
  facts.groups.emplace();
  if (const auto parsed = parse_address(address)) facts.origin = {Origin::Kind::kAddress, *parsed, address};
  return facts;
}

Policy campus_policy() {
  Policy policy;
  policy.networks["campus"].set = NetworkSet({parse_prefix("192.0.2.0/24").range}, {});
  Rule rule;
  rule.name = "campus";
  rule.action = Action::kSkip;
  rule.given.networks = {"campus"};
  policy.rules.push_back(rule);
  policy.fallback.name = "default";
  policy.fallback.action = Action::kRequire;
  return policy;
}

const Instant kNow(seconds(1800000000));

void an_empty_policy_denies() {
  check(decide(Policy(), facts_of("alice", "192.0.2.1"), kNow).action == Action::kDeny);
  check(Decision().action == Action::kDeny);
}

void the_first_rule_that_matches_decides() {
  Policy policy = campus_policy();
  Rule vendors;
  vendors.name = "vendors";
  vendors.given.users = {"vendor-*"};
  vendors.action = Action::kDeny;
  policy.rules.insert(policy.rules.begin(), vendors);
  check_equal(decide(policy, facts_of("vendor-7", "192.0.2.1"), kNow).rule, "vendors");
  check_equal(decide(policy, facts_of("alice", "192.0.2.1"), kNow).rule, "campus");
  check_equal(decide(policy, facts_of("alice", "198.51.100.1"), kNow).rule, "default");
}

void every_condition_must_hold() {
  Policy policy = campus_policy();
  policy.rules[0].given.services = {"sshd"};
  policy.rules[0].given.ttys = {"ssh"};
  policy.rules[0].negated.users = {"root"};
  check(decide(policy, facts_of("alice", "192.0.2.1"), kNow).action == Action::kSkip);
  check(decide(policy, facts_of("root", "192.0.2.1"), kNow).action == Action::kRequire);
  Facts facts = facts_of("alice", "192.0.2.1");
  facts.service = "ftpd";
  check(decide(policy, facts, kNow).action == Action::kRequire);
  facts = facts_of("alice", "192.0.2.1");
  facts.tty = "pts/1";
  check(decide(policy, facts, kNow).action == Action::kRequire);
}

void a_claim_matches_no_network_and_no_local() {
  Policy policy = campus_policy();
  Rule local;
  local.name = "console";
  local.given.local = true;
  local.action = Action::kSkip;
  policy.rules.push_back(local);
  Facts facts = facts_of("alice", "");
  check(decide(policy, facts, kNow).action == Action::kRequire);
  facts.origin.kind = Origin::Kind::kLocal;
  check(decide(policy, facts, kNow).action == Action::kSkip);
}

void groups_that_cannot_be_resolved_decide_and_never_skip() {
  Policy policy = campus_policy();
  policy.rules[0].given.groups = {"staff"};
  Facts facts = facts_of("alice", "192.0.2.1");
  facts.groups = {"staff"};
  check(decide(policy, facts, kNow).action == Action::kSkip);
  facts.groups.reset();
  const Decision decision = decide(policy, facts, kNow);
  check(decision.action == Action::kRequire);
  check_equal(decision.rule, "campus");
  check_equal(decision.cannot_tell, "groups");
  policy.rules[0].action = Action::kDeny;
  check(decide(policy, facts, kNow).action == Action::kDeny);
}

void a_rule_that_fails_anyway_does_not_need_the_groups() {
  Policy policy = campus_policy();
  policy.rules[0].given.groups = {"staff"};
  Facts facts = facts_of("alice", "198.51.100.1");
  facts.groups.reset();
  check_equal(decide(policy, facts, kNow).rule, "default");
}

void somewhere_unknown_is_neither_inside_nor_outside() {
  Policy policy = campus_policy();
  policy.rules[0].given.networks.reset();
  policy.rules[0].negated.networks = {"campus"};
  check(decide(policy, facts_of("alice", "198.51.100.1"), kNow).action == Action::kSkip);
  const Decision decision = decide(policy, facts_of("alice", ""), kNow);
  check(decision.action == Action::kRequire);
  check_equal(decision.cannot_tell, "not_networks");
}

void a_network_in_preparation_exempts_nobody_and_says_whom_it_would() {
  Policy policy = campus_policy();
  policy.networks["campus"].state = NetworkState::kPreparing;
  Decision decision = decide(policy, facts_of("alice", "192.0.2.1"), kNow);
  check(decision.action == Action::kRequire);
  check_equal(decision.would_rule, "campus");
  policy.networks["campus"].state = NetworkState::kOff;
  decision = decide(policy, facts_of("alice", "192.0.2.1"), kNow);
  check(decision.action == Action::kRequire);
  check_equal(decision.would_rule, "");
}

void a_network_that_is_not_on_lets_nobody_past_a_rule_for_outside() {
  Policy policy = campus_policy();
  policy.rules[0].given.networks.reset();
  policy.rules[0].negated.networks = {"campus"};
  policy.rules[0].action = Action::kRequire;
  policy.fallback.action = Action::kSkip;
  policy.fallback.any = true;
  check(decide(policy, facts_of("alice", "192.0.2.1"), kNow).action == Action::kSkip, "on: the rule is for outside");
  for (NetworkState state : {NetworkState::kOff, NetworkState::kPreparing}) {
    policy.networks["campus"].state = state;
    check(decide(policy, facts_of("alice", "192.0.2.1"), kNow).action == Action::kRequire, "not on: asked");
  }
}

void a_network_comes_on_by_itself_at_its_time() {
  Policy policy = campus_policy();
  policy.networks["campus"].state = NetworkState::kPreparing;
  policy.networks["campus"].not_before = kNow;
  check(decide(policy, facts_of("alice", "192.0.2.1"), kNow - seconds(1)).action == Action::kRequire);
  check(decide(policy, facts_of("alice", "192.0.2.1"), kNow).action == Action::kSkip);
  policy.networks["campus"].state = NetworkState::kOff;
  check(decide(policy, facts_of("alice", "192.0.2.1"), kNow).action == Action::kRequire, "off stays off");
}

void a_rule_that_exempts_everyone_is_recognised() {
  Policy policy = campus_policy();
  Rule rule;
  rule.action = Action::kSkip;
  check(would_match_everyone(rule, policy), "no condition");
  rule.given.users = {"*"};
  check(would_match_everyone(rule, policy), "users *");
  rule.given.users = {"?*"};
  check(would_match_everyone(rule, policy), "users ?*");
  rule.negated.users = {"root"};
  check(would_match_everyone(rule, policy), "everybody but one");
  rule.given.networks = {"campus"};
  check(!would_match_everyone(rule, policy));
  policy.networks["campus"].any = true;
  check(would_match_everyone(rule, policy), "a network of all addresses");
}

// One rule with one condition: does it decide?
bool decides(void (*set)(Conditions& conditions), bool negated, const Facts& facts) {
  Policy policy = campus_policy();
  policy.rules.clear();
  Rule rule;
  rule.name = "the one";
  rule.action = Action::kDeny;
  set(negated ? rule.negated : rule.given);
  policy.rules.push_back(rule);
  policy.fallback.action = Action::kRequire;
  std::vector<Considered> considered;
  const Decision decision = decide(policy, facts, Instant(seconds(1800000000)), &considered);
  check(!considered.empty() && considered.back().why.find("decides") != std::string::npos);
  return decision.rule == "the one";
}

void each_condition_can_be_met_missed_and_negated() {
  Facts facts{*UserName::parse("alice")};
  facts.exists = true;
  facts.trusted = true;
  facts.service = "sshd";
  facts.tty = "pts/1";
  facts.groups = std::vector<std::string>{"staff"};
  facts.origin = {Origin::Kind::kAddress, *parse_address("192.0.2.1"), "192.0.2.1"};
  using Set = void (*)(Conditions&);
  const std::pair<Set, bool> rows[] = {
      {[](Conditions& c) { c.users = {"al*"}; }, true},
      {[](Conditions& c) { c.users = {"bob"}; }, false},
      {[](Conditions& c) { c.groups = {"staff"}; }, true},
      {[](Conditions& c) { c.groups = {"wheel"}; }, false},
      {[](Conditions& c) { c.services = {"sshd"}; }, true},
      {[](Conditions& c) { c.services = {"su"}; }, false},
      {[](Conditions& c) { c.ttys = {"pts/*"}; }, true},
      {[](Conditions& c) { c.ttys = {"tty1"}; }, false},
      {[](Conditions& c) { c.networks = {"campus"}; },
       decides([](Conditions& c) { c.networks = {"campus"}; }, false, facts)},
      {[](Conditions& c) { c.local = true; }, false},
      {[](Conditions& c) { c.local = false; }, true},
  };
  for (const auto& [set, met] : rows) {
    check_equal(decides(set, false, facts), met);
    check_equal(decides(set, true, facts), !met);
  }
  facts.groups.reset();
  const Set by_group = [](Conditions& c) { c.groups = {"staff"}; };
  check(decides(by_group, true, facts), "what cannot be told decides, negated too");
  const Set two = [](Conditions& c) { c.groups = {"staff"}, c.services = {"sshd"}; };
  check(decides(two, false, facts));
  facts.origin = {Origin::Kind::kLocal, {}, ""};
  const Set here = [](Conditions& c) { c.local = true; };
  check(decides(here, false, facts) && !decides(here, true, facts));
  facts.origin = {};
  check(!decides(here, false, facts), "nowhere is not here");
}

void names_of_actions_and_whether_groups_are_used() {
  for (const Action action : {Action::kDeny, Action::kRequire, Action::kSkip})
    check(parse_action(action_name(action)) == action);
  for (const Unenrolled unenrolled : {Unenrolled::kDeny, Unenrolled::kAllow, Unenrolled::kRemind})
    check(parse_unenrolled(unenrolled_name(unenrolled)) == unenrolled);
  check(!parse_action("x") && !parse_unenrolled("x") && action_name(static_cast<Action>(7)) == "deny");
  Policy policy;
  check(!policy.uses_groups());
  policy.rules.emplace_back();
  check(!policy.uses_groups());
  policy.rules[0].negated.groups = {"staff"};
  check(policy.uses_groups());
  policy.rules[0].negated.groups.reset();
  policy.rules[0].given.groups = {"staff"};
  check(policy.uses_groups());
  Rule rule;
  rule.action = Action::kSkip;
  for (auto set : {+[](Conditions& c) { c.groups = {"a"}; }, +[](Conditions& c) { c.services = {"a"}; },
                   +[](Conditions& c) { c.ttys = {"a"}; }, +[](Conditions& c) { c.local = true; },
                   +[](Conditions& c) { c.users = {"a"}; }}) {
    Rule narrow = rule;
    set(narrow.given);
    check(!would_match_everyone(narrow, campus_policy()));
  }
  rule.given.networks = {"nowhere"};
  check(!would_match_everyone(rule, campus_policy()));
}

void no_flipped_bit_makes_a_requirement_a_skip() {
  for (std::uint32_t other :
       {static_cast<std::uint32_t>(Action::kDeny), static_cast<std::uint32_t>(Action::kRequire)}) {
    const std::uint32_t difference = static_cast<std::uint32_t>(Action::kSkip) ^ other;
    check(__builtin_popcount(difference) >= 16, std::to_string(__builtin_popcount(difference)));
  }
}

void globs_are_stars_and_question_marks() {
  check(glob_matches("*", "") && glob_matches("vendor-*", "vendor-7") && glob_matches("a?c", "abc"));
  check(glob_matches("*a*b*", "xxaxxbxx") && !glob_matches("*a*b", "xxaxxbxx"));
  check(!glob_matches("vendor-*", "vendor") && !glob_matches("", "a") && glob_matches("", ""));
  check(glob_matches(std::string(50, '*') + "b", std::string(5000, 'a') + "b"), "and never slow");
}

void a_named_group_of_which_nobody_can_tell_decides_and_the_others_do_not() {
  Policy policy = campus_policy();
  Rule admins;
  admins.name = "admins";
  admins.given.groups = {"hpc-*"};
  admins.action = Action::kRequire;
  policy.rules.insert(policy.rules.begin(), admins);
  Facts facts = facts_of("alice", "192.0.2.1");
  facts.groups = {"staff"};
  check(decide(policy, facts, kNow).action == Action::kSkip);
  facts.unsure_groups = {"hpc-admins"};
  const Decision decision = decide(policy, facts, kNow);
  check_equal(decision.rule, "admins");
  check(decision.action == Action::kRequire);
  facts.unsure_groups = {"library"};
  check(decide(policy, facts, kNow).action == Action::kSkip, "nobody asked for that one");
  policy.rules.front().given.groups.reset();
  policy.rules.front().negated.groups = {"hpc-admins"};
  policy.rules.front().action = Action::kSkip;
  facts.unsure_groups = {"hpc-admins"};
  check(decide(policy, facts, kNow).action == Action::kRequire, "not_groups in a skip lets nobody in by silence");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(an_empty_policy_denies),
      SEIMON_TEST(the_first_rule_that_matches_decides),
      SEIMON_TEST(every_condition_must_hold),
      SEIMON_TEST(a_claim_matches_no_network_and_no_local),
      SEIMON_TEST(groups_that_cannot_be_resolved_decide_and_never_skip),
      SEIMON_TEST(a_rule_that_fails_anyway_does_not_need_the_groups),
      SEIMON_TEST(somewhere_unknown_is_neither_inside_nor_outside),
      SEIMON_TEST(a_network_in_preparation_exempts_nobody_and_says_whom_it_would),
      SEIMON_TEST(a_network_that_is_not_on_lets_nobody_past_a_rule_for_outside),
      SEIMON_TEST(a_network_comes_on_by_itself_at_its_time),
      SEIMON_TEST(a_rule_that_exempts_everyone_is_recognised),
      SEIMON_TEST(each_condition_can_be_met_missed_and_negated),
      SEIMON_TEST(names_of_actions_and_whether_groups_are_used),
      SEIMON_TEST(no_flipped_bit_makes_a_requirement_a_skip),
      SEIMON_TEST(globs_are_stars_and_question_marks),
      SEIMON_TEST(a_named_group_of_which_nobody_can_tell_decides_and_the_others_do_not),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

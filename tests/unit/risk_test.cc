// SPDX-License-Identifier: Apache-2.0
// The guessing budget: what it allows, what relaxes it, and what it never lets anybody have.
#include "core/account/risk.h"

#include <random>

#include "core/policy/source.h"
#include "store/record_text.h"
#include "tests/support/slow_risk.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const Instant kStart(seconds(1800000000));
const RiskSettings kSettings;
const Cost kOneApp = cost_of(3, 6);
const Source kHome{"203.0.113.9", true, 20};
const Source kElsewhere{"198.51.100.1", true, 20};

FailureRecord after(int tries, Cost cost = kOneApp, Instant at = kStart, const Source& source = kElsewhere) {
  FailureRecord failures;
  for (int i = 0; i < tries; ++i) failures = charged(failures, source, cost, at);
  return failures;
}

Admission from(const Source& source, const FailureRecord& failures, Instant now, Cost cost = kOneApp) {
  return admission(failures, source, cost, now, kSettings);
}

void a_try_costs_what_a_blind_guess_would_hit() {
  check(cost_of(3, 6) == Cost{3000} && cost_of(3, 8) == Cost{30} && cost_of(10, 7) == Cost{1000});
}

void five_tries_in_a_quarter_hour_then_two_codes() {
  check(from(kHome, after(4), kStart) == Admission::kOpen);
  check(from(kHome, after(5), kStart) == Admission::kGuarded);
  check(from(kHome, after(5), kStart + minutes(15) - seconds(1)) == Admission::kGuarded);
  check(from(kHome, after(5), kStart + minutes(15)) == Admission::kOpen);
  check(opens_at(after(5), kHome, kOneApp, kStart, kSettings) == kStart + minutes(15));
}

void more_methods_leave_fewer_tries_but_never_fewer_than_three() {
  const Cost two_apps = cost_of(6, 6);
  check(from(kHome, after(2, two_apps), kStart, two_apps) == Admission::kOpen);
  check(from(kHome, after(3, two_apps), kStart, two_apps) == Admission::kGuarded);
  const Cost ten_apps = cost_of(30, 6);
  check(from(kHome, after(1, ten_apps), kStart, ten_apps) == Admission::kOpen);
  check(from(kHome, after(2, ten_apps), kStart, ten_apps) == Admission::kGuarded, "the thirty days are strict");
  check(from(kHome, after(90, cost_of(3, 8)), kStart, cost_of(3, 8)) == Admission::kOpen, "8 digits leave more");
}

void ten_tries_a_day_and_twenty_five_in_thirty_days() {
  FailureRecord failures;
  Instant now = kStart;
  int open = 0;
  for (int i = 0; i < 30 * 24; ++i, now += hours(1)) {
    if (from(kElsewhere, failures, now) != Admission::kOpen) continue;
    failures = charged(failures, kElsewhere, kOneApp, now);
    if (++open == 10) check(now < kStart + hours(24), "ten on the first day");
    if (open == 11) check(now >= kStart + hours(24), "the eleventh on the next");
  }
  check_equal(open, 25);
}

void a_year_of_patience_stays_below_one_in_a_thousand() {
  FailureRecord failures;
  Instant now = kStart;
  std::int64_t guesses = 0;
  for (; now < kStart + hours(24 * 365); now += minutes(20)) {
    if (from(kElsewhere, failures, now) != Admission::kOpen) continue;
    failures = charged(failures, kElsewhere, kOneApp, now);
    failures.sources.clear();  // even if a hundred failures did not end it
    ++guesses;
  }
  check(guesses * 3 < 1000, std::to_string(guesses));  // 3e-6 each, 1e-3 in all
  check(guesses > 250, "and the test guesses at all");
}

void a_clock_that_goes_back_relaxes_nothing() {
  const FailureRecord failures = after(5);
  check(from(kHome, failures, kStart - hours(24 * 365)) == Admission::kGuarded);
  check(from(kHome, failures, Instant(seconds(0))) == Admission::kGuarded);
  const FailureRecord later = charged(failures, kElsewhere, kOneApp, kStart - hours(24));
  check(later.charges.back().at == kStart, "a charge is never older than the one before it");
}

void a_success_forgives_its_own_source_and_not_the_thirty_days() {
  FailureRecord failures = after(5, kOneApp, kStart, kHome);
  failures = succeeded(failures, kHome, false, kStart);
  check(from(kHome, failures, kStart) == Admission::kOpen);
  check(from(kElsewhere, failures, kStart) == Admission::kOpen);
  failures = succeeded(after(5), kHome, false, kStart);
  check(from(kHome, failures, kStart) == Admission::kGuarded, "others' failures are not forgiven");
  FailureRecord month;
  for (int i = 0; i < 25; ++i) {
    check(from(kHome, month, kStart + hours(i)) == Admission::kOpen);
    month = succeeded(charged(month, kHome, kOneApp, kStart + hours(i)), kHome, false, kStart + hours(i));
  }
  check(from(kHome, month, kStart + hours(25)) == Admission::kGuarded);
}

void shared_and_local_sources_forgive_nothing() {
  const Source shared{"192.0.2.1", false, 200};
  const FailureRecord failures = succeeded(after(5, kOneApp, kStart, shared), shared, true, kStart + seconds(1));
  check(from(shared, failures, kStart + seconds(1)) == Admission::kGuarded);
}

void a_guarded_success_lifts_it_for_that_source_only() {
  const FailureRecord failures = succeeded(after(5), kHome, true, kStart + seconds(1));
  check(from(kHome, failures, kStart + seconds(1)) == Admission::kOpen);
  check(from(kElsewhere, failures, kStart + seconds(1)) == Admission::kGuarded);
  FailureRecord same = after(5, kOneApp, kStart, kHome);
  same = succeeded(same, kHome, true, kStart);
  for (int i = 0; i < 5; ++i) same = charged(same, kHome, kOneApp, kStart);
  check(from(kHome, same, kStart) == Admission::kGuarded, "what is tried in the same second counts");
}

// Failures count for the /64, which one attacker has; others may have the addresses beside the owner's.
void what_an_ipv6_address_has_earned_its_neighbours_have_not() {
  const Source owner{"2001:db8::/64", true, 20, "2001:db8::1"};
  const Source neighbour{"2001:db8::/64", true, 20, "2001:db8::2"};
  FailureRecord failures = succeeded(after(5), owner, true, kStart + seconds(1));
  check(from(owner, failures, kStart + seconds(1)) == Admission::kOpen);
  check(from(neighbour, failures, kStart + seconds(1)) == Admission::kGuarded, "lifted for the owner alone");
  failures.failures_elsewhere = 100;
  check(from(owner, failures, kStart + hours(1)) == Admission::kGuarded, "known");
  check(from(neighbour, failures, kStart + hours(1)) == Admission::kClosed, "and nobody else");
  failures = after(5);
  for (int i = 0; i < 10; ++i) failures = guarded_try(failures, neighbour, kStart);
  check(from(owner, failures, kStart) == Admission::kClosed, "ten guarded tries an hour are the whole block's");
  const Instant later = kStart + seconds(1);
  check(from(owner, succeeded(failures, owner, true, later), later) == Admission::kOpen, "until one succeeds");
}

void ten_guarded_tries_an_hour_from_one_source() {
  FailureRecord failures = after(5);
  for (int i = 0; i < 10; ++i) {
    check(from(kElsewhere, failures, kStart) == Admission::kGuarded);
    failures = guarded_try(failures, kElsewhere, kStart);
  }
  check(from(kElsewhere, failures, kStart) == Admission::kClosed);
  check(from(kHome, failures, kStart) == Admission::kGuarded, "the owner elsewhere is not shut out");
  check(from(kElsewhere, failures, kStart + minutes(14)) == Admission::kClosed);
}

void after_a_hundred_failures_only_known_sources_may_try_two_codes() {
  FailureRecord failures = succeeded(FailureRecord(), kHome, false, kStart);
  Instant now = kStart;
  for (int i = 0; i < 100; ++i, now += hours(1)) failures = guarded_try(failures, kElsewhere, now);
  check(from(kElsewhere, failures, now) == Admission::kClosed);
  check(from(kHome, failures, now) == Admission::kGuarded);
  check(from(kHome, failures, kStart + hours(24 * 30)) == Admission::kClosed, "known for thirty days");
  check(!opens_at(failures, kHome, kOneApp, now, kSettings), "it does not end by itself");
  check(from(kElsewhere, reset(failures), now) == Admission::kOpen, "the help desk ends it");
}

void many_sources_do_not_push_the_owners_out() {
  FailureRecord failures = succeeded(FailureRecord(), kHome, true, kStart);
  for (int i = 0; i < 1000; ++i)
    failures = guarded_try(failures, {"s" + std::to_string(i), true, 20}, kStart + seconds(i));
  check_equal(failures.sources.size(), kMostSources);
  check(failures.find(kHome.name) != nullptr && failures.find(kHome.name)->lifted.has_value());
  check_equal(failures.counted_failures(), 1000);
}

void of_sources_that_all_succeeded_the_longest_unheard_makes_room() {
  FailureRecord failures;
  for (std::size_t i = 0; i <= kMostSources; ++i)
    failures = succeeded(failures, {"s" + std::to_string(i), true, 20}, false, kStart + seconds(static_cast<int>(i)));
  check_equal(failures.sources.size(), kMostSources);
  check(failures.find("s0") == nullptr && failures.find("s1") != nullptr);
  FailureRecord worn = succeeded(FailureRecord(), kHome, false, kStart);
  for (int i = 0; i < 100; ++i) worn = guarded_try(worn, kElsewhere, kStart + hours(i));
  worn = charged(worn, kElsewhere, kOneApp, kStart);
  check(from({"never", true, 20}, worn, kStart + hours(100)) == Admission::kClosed);
}

void whoever_logs_in_at_the_console_daily_is_not_shut_out_by_a_hundred_slips() {
  const Source console{"local", false, {}};
  FailureRecord failures;
  for (int day = 0; day < 101; ++day) {
    const Instant now = kStart + hours(24 * day);
    failures = succeeded(charged(failures, console, kOneApp, now), console, false, now);
  }
  check(from(console, failures, kStart + hours(24 * 101)) == Admission::kGuarded);
}

void what_an_accepted_clock_left_ahead_is_settled() {
  const FailureRecord ahead = after(5, kOneApp, kStart + hours(1000));
  check(from(kHome, ahead, kStart + hours(1)) == Admission::kGuarded);
  check(from(kHome, settled(ahead, kStart), kStart + minutes(15)) == Admission::kOpen);
}

void the_budget_can_be_read() {
  const auto budget = budget_of(after(5), kHome, kStart + minutes(20), kSettings);
  check(budget[0].tries == 0 && budget[1].tries == 5 && budget[2].used == Cost{15000});
  check(opens_at(after(5), kHome, kOneApp, kStart + minutes(1), kSettings) == kStart + minutes(15));
  FailureRecord old = after(1);
  old = charged(old, kHome, kOneApp, kStart + hours(24 * 20));
  check(opens_at(old, kHome, kOneApp, kStart + hours(24 * 20), kSettings) == kStart + hours(24 * 20));
}

void locked_sites_compare_nothing_over_budget() {
  RiskSettings lock;
  lock.lock = true;
  check(admission(after(5), kHome, kOneApp, kStart, lock) == Admission::kClosed);
  check(opens_at(after(5), kHome, kOneApp, kStart, lock) == kStart + minutes(15));
}

// 200 stories of 300 random events each; with sanitizers, which are slow, some of them.
constexpr int kStories = SEIMON_SANITIZED ? 25 : 200;

void core_is_never_laxer_than_the_slow_model_and_equal_while_nothing_is_merged() {
  std::mt19937 random(20261121);
  const auto below = [&](unsigned n) { return random() % n; };
  for (int story = 0; story < kStories; ++story) {
    SlowRisk slow(kSettings);
    FailureRecord failures;
    Instant now = kStart;
    const Cost cost = below(2) == 0 ? kOneApp : cost_of(3, 8);
    bool exact = true;
    for (int i = 0; i < 300; ++i) {
      now += below(20) == 0 ? -hours(below(5)) : seconds(below(3) == 0 ? below(200000) : below(100));
      const std::string block = "s" + std::to_string(below(5));
      const std::string address = below(2) == 0 ? "" : block + "a" + std::to_string(below(3));
      const Source source{block, below(4) != 0, 20, address};
      const Admission fast = admission(failures, source, cost, now, kSettings);
      const Admission wanted = slow.admission(source, cost, now);
      if (exact) check(fast == wanted, "story " + std::to_string(story) + " event " + std::to_string(i));
      check(fast != Admission::kOpen || wanted == Admission::kOpen, "laxer than the slow model");
      if (fast == Admission::kOpen) failures = charged(failures, source, cost, now), slow.fail(source, cost, now);
      else if (fast == Admission::kGuarded)
        failures = guarded_try(failures, source, now), slow.fail_guarded(source, now);
      if (below(10) == 0) {
        const bool guarded = fast == Admission::kGuarded;
        failures = succeeded(failures, source, guarded, now);
        slow.succeed(source, guarded, now);
      }
      exact = exact && failures.charges.size() < kMostCharges;
      check(failures.charges.size() <= kMostCharges && failures.sources.size() <= kMostSources, "bounded");
      const seimon::store::FailureRecords failure_records{{CounterScope::kTrusted, failures},
                                                          {CounterScope{1000}, FailureRecord()}};
      check(seimon::store::failure_records_of(seimon::store::text_of(failure_records)) == failure_records,
            "kept as it is");
    }
  }
}

void a_source_is_an_address_a_local_caller_or_a_peer() {
  Policy policy;
  RiskSettings settings;
  Facts facts{*UserName::parse("alice")};
  facts.trusted = true;
  facts.origin = {Origin::Kind::kAddress, *parse_address("203.0.113.9"), "203.0.113.9"};
  check(source_of(facts, policy, settings) == Source{"203.0.113.9", true, 20});
  facts.origin.address = *parse_address("2001:db8:1:2:3:4:5:6");
  check(source_of(facts, policy, settings) == Source{"2001:db8:1:2::/64", true, 20, "2001:db8:1:2:3:4:5:6"});
  policy.networks["campus"].set = NetworkSet({parse_prefix("192.0.2.0/24").range}, {});
  settings.sources = {{"nowhere", 5}, {"campus", 200}};
  check(source_of(facts, policy, settings) == Source{"2001:db8:1:2::/64", true, 20, "2001:db8:1:2:3:4:5:6"});
  facts.origin.address = *parse_address("192.0.2.7");
  check(source_of(facts, policy, settings) == Source{"192.0.2.7", false, 200});
  settings.sources.clear();
  check(source_of(facts, policy, settings) == Source{"192.0.2.7", true, {}});
  facts.origin = {Origin::Kind::kLocal, {}, ""};
  facts.caller = "bob";
  check(source_of(facts, policy, settings) == Source{"local bob", false, 20});
  facts.caller = "";
  check(source_of(facts, policy, settings) == Source{"local", false, {}});
  facts.origin = {};
  check(source_of(facts, policy, settings) == Source{});
  facts.untrusted_host = "web2";
  check(source_of(facts, policy, settings) == Source{}, "nobody's source is no host's, either");
  facts.origin = {Origin::Kind::kAddress, *parse_address("2001:db8:1:2::9"), ""};
  check(source_of(facts, policy, settings) ==
        Source{"host web2 2001:db8:1:2::/64", false, 20, "host web2 2001:db8:1:2::9"});
  facts.untrusted_host.clear();
  facts.origin = {};
  facts.peer_uid = 7;
  check(source_of(facts, policy, settings) == Source{"uid 7", false, {}}, "a caller that says no address");
  facts.trusted = false;
  facts.peer_uid = 1000;
  check(source_of(facts, policy, settings) == Source{"uid 1000", false, {}});
}

void a_text_that_is_no_list_of_sent_codes_is_none() {
  Profile profile;
  profile.sends = {7, {Instant(seconds(1800000000)), Instant(seconds(1800000031))}};
  const auto read = seimon::store::profile_of(seimon::store::text_of(profile, 3), 3);
  check(read && read->sends == profile.sends);
  for (const char* line :
       {"s", "s 7\n", "s x \n", "s 7 abc \n", "s 7 1800000000\n", "s 7 1\t2 \n", "s 7 99999999999999999999999 \n"})
    check(!seimon::store::profile_of(std::string("e 3 \n") + line, 3), line);
}

void a_text_that_is_no_failure_record_is_none() {
  const std::string of = "w -1 \n";
  for (const char* text : {"x", "n 1\n", "c 1 2 3 4\n", "n 1 2 \nq 1 \n", "n 1 2 ", "s 1 2 3 4 x name\n"})
    check(!seimon::store::failure_records_of(of + text), text);
  check(!seimon::store::failure_records_of("n 1 2 \n"), "of nobody");
  check(!seimon::store::failure_records_of("w x \nn 1 2 \n"), "of no number");
  check(!seimon::store::failure_records_of(of + "n 1 2 \n" + of + "n 0 0 \n"), "twice");
  check(seimon::store::failure_records_of("") == seimon::store::FailureRecords());
  check(seimon::store::failure_records_of(of) ==
        seimon::store::FailureRecords{{CounterScope::kTrusted, FailureRecord()}});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_try_costs_what_a_blind_guess_would_hit),
      SEIMON_TEST(five_tries_in_a_quarter_hour_then_two_codes),
      SEIMON_TEST(more_methods_leave_fewer_tries_but_never_fewer_than_three),
      SEIMON_TEST(ten_tries_a_day_and_twenty_five_in_thirty_days),
      SEIMON_TEST(a_year_of_patience_stays_below_one_in_a_thousand),
      SEIMON_TEST(a_clock_that_goes_back_relaxes_nothing),
      SEIMON_TEST(a_success_forgives_its_own_source_and_not_the_thirty_days),
      SEIMON_TEST(shared_and_local_sources_forgive_nothing),
      SEIMON_TEST(a_guarded_success_lifts_it_for_that_source_only),
      SEIMON_TEST(what_an_ipv6_address_has_earned_its_neighbours_have_not),
      SEIMON_TEST(ten_guarded_tries_an_hour_from_one_source),
      SEIMON_TEST(after_a_hundred_failures_only_known_sources_may_try_two_codes),
      SEIMON_TEST(many_sources_do_not_push_the_owners_out),
      SEIMON_TEST(of_sources_that_all_succeeded_the_longest_unheard_makes_room),
      SEIMON_TEST(whoever_logs_in_at_the_console_daily_is_not_shut_out_by_a_hundred_slips),
      SEIMON_TEST(what_an_accepted_clock_left_ahead_is_settled),
      SEIMON_TEST(the_budget_can_be_read),
      SEIMON_TEST(locked_sites_compare_nothing_over_budget),
      SEIMON_TEST(core_is_never_laxer_than_the_slow_model_and_equal_while_nothing_is_merged),
      SEIMON_TEST(a_source_is_an_address_a_local_caller_or_a_peer),
      SEIMON_TEST(a_text_that_is_no_list_of_sent_codes_is_none),
      SEIMON_TEST(a_text_that_is_no_failure_record_is_none),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

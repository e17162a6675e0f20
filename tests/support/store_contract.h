// SPDX-License-Identifier: Apache-2.0
// The contract of every store: in memory, file, server. Include after tests/support/opened_store.h.
#pragma once

#include "tests/support/opened_store.h"

namespace seimon::tests {

// `forgets_at_once`: forget_before() does; on a server its owner's rule decides when.
template <class AnyStore>
void contract(AnyStore& store, bool forgets_at_once = true) {
  store.begin();
  check(store.account(name("alice")).methods.empty());
  check(!store.account(name("alice")).profile.enrolled_before, "a name never seen was never enrolled");

  const MethodId id = store.add_method(name("alice"), 1000, method_of("app"));
  const MethodId other = store.add_method(name("bob"), 1001, method_of("app"));
  check(id != other);
  Account alice = store.account(name("alice"));
  check_equal(alice.methods.size(), 1U);
  check(alice.methods[0].key == key_of(42), "the key comes back as it was");
  check(alice.methods[0].last_step == Step{100});
  check(alice.profile.enrolled_before && alice.profile.uid == 1000);

  check(store.spend(name("alice"), id, Step{101}, Drift{1, 1, 1}, kNow) == Spend::kWon);
  check(store.spend(name("alice"), id, Step{101}, Drift{}, kNow) == Spend::kAlready, "a step is spent once");
  check(store.spend(name("alice"), id, Step{99}, Drift{}, kNow) == Spend::kAlready, "a last step never sinks");
  check(store.spend(name("alice"), other, Step{500}, Drift{}, kNow) == Spend::kUnknown, "another user's method");
  alice = store.account(name("alice"));
  check(alice.methods[0].last_step == Step{101} && alice.methods[0].drift == Drift{1, 1, 1});
  check(alice.methods[0].last_used == kNow);
  check(store.account(name("bob")).methods[0].last_step == Step{100}, "others are not touched");

  check(store.spend(name("alice"), id, {Step{100}, true}, Drift(), kNow) == Spend::kAlready,
        "two that were spent alone are no pair");
  check(store.spend(name("alice"), id, Step{500}, Drift{1, 1, 1}, kNow) == Spend::kWon, "a clock that is ahead");
  check(store.spend(name("alice"), id, {Step{103}, true}, Drift(), kNow) == Spend::kWon,
        "a pair goes by its own last step");
  check(store.spend(name("alice"), id, {Step{103}, true}, Drift(), kNow) == Spend::kAlready, "once");
  alice = store.account(name("alice"));
  check(alice.methods[0].last_step == Step{500} && alice.methods[0].last_pair_step == Step{103},
        "the last step does not sink");
  check(store.spend(name("alice"), id, {Step{510}, true}, Drift{1, 1, 1}, kNow) == Spend::kWon);
  check(store.account(name("alice")).methods[0].last_step == Step{510}, "and rises with a pair");
  check(store.spend(name("alice"), id, Step{510}, Drift(), kNow) == Spend::kAlready);

  const Source home{"203.0.113.9", true, 20};
  FailureRecord failures = charged(FailureRecord(), home, Cost{3000}, kNow);
  failures = succeeded(charged(failures, {"local bob", false, {}}, Cost{3000}, kNow), home, true, kNow);
  store.record_failures(name("alice"), CounterScope::kTrusted, failures);
  store.record_failures(name("alice"), CounterScope{1000}, charged(failures, home, Cost{1}, kNow));
  alice = store.account(name("alice"));
  check(alice.failure_records.at(CounterScope::kTrusted) == failures, "a failure record comes back as it was");
  check_equal(alice.failure_records.at(CounterScope{1000}).charges.size(), 3U);
  store.record_failures(name("nobody-yet"), CounterScope::kTrusted, failures);
  check(store.account(name("nobody-yet")).failure_records.size() == 1,
        "a name without methods can have a failure record");
  check(store.decoy_of(name("x")) == store.decoy_of(name("x")) && !UserName::parse(store.decoy_of(name("x")).text()));
  check(store.failures_from("203.0.113.9") == FailureWindow(), "no source is known at first");
  for (int i = 0; i < 7; ++i) (void)store.add_failure("203.0.113.9", kHour, kNow);
  check(store.failures_from("203.0.113.9") == FailureWindow{kNow, 7}, "one after another is counted");

  store.savepoint();
  store.set_suspended(name("alice"), true);
  check(store.account(name("alice")).profile.suspended);
  store.roll_back_to_savepoint();
  check(!store.account(name("alice")).profile.suspended, "a step that is undone never happened");
  store.savepoint();
  store.set_suspended(name("alice"), true);
  store.release();
  check(store.has_changes(), "what was written says so");
  check(store.account(name("alice")).profile.suspended);

  check(store.remove_method(name("alice"), id));
  check(!store.remove_method(name("alice"), id));
  check(!store.remove_method(name("alice"), other), "another user's method");
  alice = store.account(name("alice"));
  check(alice.methods.empty() && alice.profile.enrolled_before, "reset is not the same as never enrolled");

  // A pending method enrols nobody until it is changed into one.
  Method shown = method_of("phone");
  shown.state = State::kPending;
  const MethodId pending = store.add_method(name("dave"), 1003, shown);
  Account dave = store.account(name("dave"));
  check(dave.methods.empty() && dave.pending && !dave.profile.enrolled_before && !dave.profile.uid);
  check(store.spend(name("dave"), pending, Step{101}, Drift(), kNow) == Spend::kWon, "its proof is spent");
  shown.id = pending;
  shown.state = State::kProven;
  shown.label = "handy";
  shown.last_step = Step{7};
  store.change_method(name("dave"), 1003, shown);
  dave = store.account(name("dave"));
  check(!dave.pending && dave.methods.size() == 1 && dave.profile.enrolled_before && dave.profile.uid == 1003);
  check(dave.methods[0].label == "handy" && dave.methods[0].key == key_of(42), "the key stays");
  check(dave.methods[0].last_step == Step{101}, "no change lowers a last step");

  // A letter's method is its owner's, and its loss resets nobody before it was used.
  Method letter = method_of("letter");
  letter.counts_from = kFromFirstUse;
  letter.id = store.add_method(name("erin"), 1004, letter);
  letter.label = "post";
  store.change_method(name("erin"), 1004, letter);
  const Account erin = store.account(name("erin"));
  check(erin.methods[0].counts_from == kFromFirstUse && erin.methods[0].label == "post");
  check(!erin.profile.enrolled_before && erin.profile.uid == 1004);
  check(store.remove_method(name("erin"), letter.id));

  // Everything of a profile comes back as it was.
  Profile profile = dave.profile;
  profile.language = Language::kJapanese;
  profile.qr_style = QrStyle::kInverted;
  profile.preferred = pending;
  profile.first_login = kNow;
  profile.skips = 3;
  profile.recovery = {kNow, 10, {"d1", "d2"}};
  profile.proven = Proven{"c0ffee", kNow, {kNow, 2, {"d3"}}};
  profile.bypass.push_back({4, "d4", kNow, kNow + kHour, 2, 5, "uid 1000", "a note, with words"});
  profile.tickets.push_back({"d5", kNow + kHour, true, false, true, "host one", "boot"});
  profile.remembered.push_back({kNow + kDay, "sshd", "203.0.113.9"});
  profile.approvals.request = ApprovalRequest{"1d",
                                              "d6",
                                              "42",
                                              "login1",
                                              "sshd",
                                              "203.0.113.9 (a place)",
                                              "campus wifi",
                                              kNow,
                                              kNow + seconds(90),
                                              RequestState::kApproved,
                                              7,
                                              pending};
  profile.approvals.unanswered = {{kNow, "d6"}, {kNow + seconds(91), "d7"}};
  profile.approvals.is_paused = true;
  profile.approvals.counters = {{pending, 12}};
  profile.approvals.endpoints = {{pending, "https://fcm.googleapis.com/fcm/send/a:b"}};
  profile.approvals.pairing = Pairing{pending, "17", "page 0123", kNow + kHour};
  store.write_profile(name("dave"), profile);
  check(store.account(name("dave")).profile == profile, "a profile comes back as it was");
  check(store.remove_method(name("dave"), pending));
  check(!store.account(name("dave")).profile.preferred, "what is gone is nobody's default");
  check(store.digest("x") == store.digest("x") && store.digest("x") != store.digest("y") &&
        store.digest("x").size() == 32);

  Event event;
  event.at = kNow;
  event.event = "login";
  event.user = "alice";
  event.reason = "line\nbreak";
  store.append(event);
  event.at = kNow + seconds(10);
  event.user = "bob";
  store.append(event);
  check_equal(store.events({"", 10}).size(), 2U);
  check_equal(store.events({"", 1}).at(0).user, "bob");
  check_equal(store.events({"alice", 10}).at(0).reason, "line\nbreak");
  // Page by page, and what is asked for only.
  event.event = "enrol";
  event.host = "web1";
  event.from = "::ffff:192.0.2.9";
  store.append(event);
  const auto all = store.page({.user = "", .limit = 2});
  check(all.events.size() == 2 && all.events.at(1).host == "web1" && all.next == all.events.front().id);
  const auto older = store.page({.user = "", .limit = 2, .before = all.next});
  check(older.events.size() == 1 && older.events.front().user == "alice" && older.next == 0);
  check_equal(store.events({.user = "", .limit = 9, .since = kNow + seconds(10)}).size(), 2U);
  check_equal(store.events({.user = "", .limit = 9, .until = kNow + seconds(10)}).size(), 1U);
  check_equal(store.events({.user = "bob", .limit = 9, .event = "enrol"}).size(), 1U);
  check_equal(store.events({.user = "", .limit = 9, .from = "192.0.2.9"}).size(), 1U);
  check_equal(store.events({.user = "", .limit = 9, .host = "web1"}).size(), 1U);
  check(store.events({.user = "", .limit = 9, .outcome = "accepted"}).empty() &&
        store.events({.user = "", .limit = 9, .service = "sshd"}).empty() &&
        store.events({.user = "", .limit = 9, .reason = "exempt"}).empty());
  store.forget_before(kNow + seconds(5), kNow + seconds(1));
  check(store.failures_from("203.0.113.9") == FailureWindow());
  if (forgets_at_once) check_equal(store.events({"", 10}).size(), 2U);
  store.commit();
}

}  // namespace seimon::tests

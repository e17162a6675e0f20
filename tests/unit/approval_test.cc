// SPDX-License-Identifier: Apache-2.0
// A yes on the phone, in core: what a login shows, what its owner's answer does to it, and what is refused.
#include <functional>
#include <set>

#include "tests/support/login_talk.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

struct Fixture : LoginTalk {
  Fixture() { manner.approve.page = "https://gate.example.org/ok"; }
  MethodId add_phone() { return add_method(Kind::kApprove, "my phone", "a passkey"); }
  // A conversation that shows a number.
  Conversation asking(Instant now = kNow) {
    Conversation conversation = talk();
    (void)begin(conversation, now);
    (void)enter(conversation, now);
    return conversation;
  }
  // The answer of the phone's owner.
  void answer(RequestState state) {
    Account account = store.account(named("alice"));
    account.profile.approvals.request->state = state;
    account.profile.approvals.request->method = phone;
    if (state == RequestState::kReported) account.profile.approvals.is_paused = true;
    store.write_profile(named("alice"), account.profile);
  }
  MethodId phone{};
};

struct WithPhone : Fixture {
  WithPhone() { phone = add_phone(); }
};

void a_yes_lets_in_once() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  check(holds(asked(fixture.begin(talk)), "(Enter = ask my phone)"));
  const Outcome shown = fixture.enter(talk);
  const ApprovalRequest request = *fixture.approvals().request;
  check_equal(request.number.size(), 2U);
  check(holds(asked(shown), "Number " + request.number) && holds(asked(shown), "https://gate.example.org/ok"));
  check_equal(request.host, "login1");
  check_equal(request.service, "sshd");
  check_equal(request.source, "203.0.113.9");
  check(holds(asked(fixture.enter(talk)), "Not approved yet"));
  fixture.answer(RequestState::kApproved);
  const Conversation again = talk;
  const Outcome in = fixture.enter(talk);
  check(verdict(in) == Verdict::kAllow);
  check_equal(in.events.back().method, "my phone");
  check(holds(std::get<Conclusion>(in.reply).message, "my phone"), "the last line names the phone");
  check(holds(std::get<Conclusion>(in.reply).message, "203.0.113.9"));
  check(!fixture.approvals().request && fixture.approvals().unanswered.empty());
  // The same conversation on another host, which read the same row.
  Conversation other = again;
  check(holds(asked(fixture.enter(other)), "not valid any more"), "spent once");
}

void a_yes_that_another_host_has_spent_lets_in_nobody() {
  WithPhone fixture;
  Conversation talk = fixture.asking();
  fixture.answer(RequestState::kApproved);
  const ApprovalRequest request = *fixture.approvals().request;
  check(fixture.store.spend(named("alice"), fixture.phone, Step{request.serial}, {}, kNow) == Spend::kWon);
  const Outcome outcome = fixture.enter(talk);
  check_equal(outcome.events.front().reason, "already-used");
}

void only_the_conversation_that_asked_is_let_in() {
  WithPhone fixture;
  Conversation first = fixture.asking();
  Conversation second = fixture.talk();
  (void)fixture.begin(second);
  check(holds(asked(fixture.enter(second)), "Another sign-in"), "one waits at a time");
  fixture.answer(RequestState::kApproved);
  check(holds(asked(fixture.enter(second)), "Another sign-in"), "an approval of the first is none of the second");
  check(verdict(fixture.enter(first)) == Verdict::kAllow, "and the second has not taken it away");
}

void no_and_not_me_end_the_login() {
  for (const RequestState state : {RequestState::kDenied, RequestState::kReported}) {
    WithPhone fixture;
    Conversation talk = fixture.asking();
    fixture.answer(state);
    const Outcome outcome = fixture.enter(talk);
    check(verdict(outcome) == Verdict::kExhausted);
    check_equal(outcome.events.back().reason, std::string(request_state_name(state)) + "-on-phone");
    check(holds(std::get<Conclusion>(outcome.reply).message, "refused on the phone"));
  }
}

void a_number_ends() {
  // Too late, and after a wrong number.
  WithPhone late;
  Conversation talk = late.asking();
  check(holds(asked(late.enter(talk, kNow + seconds(89))), "Not approved yet"));
  check(holds(asked(late.enter(talk, kNow + seconds(90))), "not valid any more"));
  const std::string before = late.approvals().request->id;
  check(holds(asked(late.enter(talk, kNow + seconds(91))), "Number "), "Enter makes a new one");
  check(late.approvals().request->id != before);
  WithPhone wrong;
  Conversation other = wrong.asking();
  wrong.answer(RequestState::kEnded);
  check(holds(asked(wrong.enter(other)), "not valid any more"));
}

void an_approval_does_not_wait_for_ever() {
  for (const int late : {151, 690, 7200}) {
    WithPhone fixture;
    Conversation talk = fixture.asking();
    fixture.answer(RequestState::kApproved);
    check(holds(asked(fixture.enter(talk, kNow + seconds(late))), "not valid any more"));
  }
  WithPhone slow;
  Conversation talk = slow.asking();
  slow.answer(RequestState::kApproved);
  check(verdict(slow.enter(talk, kNow + seconds(149))) == Verdict::kAllow, "a minute for whoever walks back");
}

void a_name_that_is_somebody_else_s_now_is_not_let_in() {
  WithPhone fixture;
  fixture.facts.uid = 1000;
  Conversation talk = fixture.asking();
  fixture.answer(RequestState::kApproved);
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.uid = 2000;
  fixture.store.write_profile(named("alice"), profile);
  check(holds(asked(fixture.enter(talk)), "not valid any more"));
}

void a_refusal_is_read_by_the_login_that_it_is_for() {
  WithPhone fixture;
  Conversation first = fixture.asking();
  fixture.answer(RequestState::kDenied);
  Conversation second = fixture.talk();
  (void)fixture.begin(second);
  check(holds(asked(fixture.enter(second)), "Another sign-in"));
  check(verdict(fixture.enter(first)) == Verdict::kExhausted);
  check(holds(asked(fixture.enter(second)), "Number "), "and then another may ask");
}

// Many names share the record of one decoy.
void what_others_did_to_a_decoy_shows_to_nobody() {
  Fixture fixture;
  fixture.facts.exists = false;
  Conversation talk = fixture.asking();
  const UserName decoy = fixture.store.decoy_of(named("alice"));
  Profile profile = fixture.store.account(decoy).profile;
  profile.approvals.request->owner = "another name";
  profile.approvals.request->id = "another";
  profile.approvals.unanswered.assign(kMostAsked, {kNow, "another name"});
  fixture.store.write_profile(decoy, profile);
  check(holds(asked(fixture.enter(talk)), "Not approved yet"), "its number waits until its end");
  check(fixture.asking(kNow + seconds(91)).has_request(), "others' requests are not its own");
}

void a_method_that_goes_takes_its_counter_and_its_approval_along() {
  WithPhone fixture;
  fixture.add_app();
  Conversation talk = fixture.asking();
  fixture.answer(RequestState::kApproved);
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.approvals.counters[fixture.phone] = 7;
  fixture.store.write_profile(named("alice"), profile);
  check(fixture.store.remove_method(named("alice"), fixture.phone));
  check(fixture.approvals().counters.empty() && !fixture.approvals().request);
  check(std::holds_alternative<Prompt>(fixture.enter(talk).reply));
}

void suspending_ends_an_approval() {
  WithPhone fixture;
  Conversation talk = fixture.asking();
  fixture.answer(RequestState::kApproved);
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.suspend();
  profile.suspended = false;  // and resumed
  fixture.store.write_profile(named("alice"), profile);
  check(std::holds_alternative<Prompt>(fixture.enter(talk).reply));
}

void any_code_is_accepted_at_the_number() {
  WithPhone fixture;
  fixture.add_app();
  Conversation talk = fixture.asking();
  check(verdict(fixture.say(talk, fixture.app_code())) == Verdict::kAllow);
  check(!fixture.approvals().request, "the request ends with its login");
}

void requests_are_limited_and_nothing_else_is() {
  WithPhone fixture;
  fixture.add_app();
  Instant now = kNow;
  for (int i = 0; i < 3; ++i, now += seconds(91)) check(fixture.asking(now).has_request());
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk, now);
  check(holds(asked(fixture.enter(talk, now)), "Too many requests"));
  check(verdict(fixture.say(talk, fixture.app_code(now), now)) == Verdict::kAllow, "no other way in is closed");
  check(fixture.asking(now + seconds(1)).has_request(), "a success makes it possible again");
  // A day: ten.
  WithPhone slow;
  now = kNow;
  for (int i = 0; i < 10; ++i, now += seconds(1300)) check(slow.asking(now).has_request());
  check(!slow.asking(now).has_request());
  check(slow.asking(kNow + seconds(24 * 3600)).has_request());
}

void everybody_sees_the_same() {
  std::set<std::string> texts;
  for (const bool has_phone : {true, false})
    for (const bool exists : {true, false}) {
      if (has_phone && !exists) continue;
      Fixture fixture;
      if (has_phone) (void)fixture.add_phone();
      fixture.facts.exists = exists;
      std::string all;
      Instant now = kNow;
      Conversation talk = fixture.talk();
      all += asked(fixture.begin(talk, now));
      for (const int wait : {0, 5, 90, 1, 1, 91, 1, 91, 1, 1}) {
        now += seconds(wait);
        const Outcome outcome = fixture.enter(talk, now);
        check(outcome.negative, "it leaves at a multiple of the floor");
        std::string text = asked(outcome);
        for (char& c : text)
          if (c >= '0' && c <= '9') c = '#';
        all += text;
      }
      Conversation second = fixture.talk();
      (void)fixture.begin(second, now);
      all += asked(fixture.enter(second, now));
      texts.insert(all);
    }
  check_equal(texts.size(), 1U);
}

void phones_are_notified_of_what_they_can_approve() {
  const std::string endpoint = "https://fcm.googleapis.com/a";
  const auto told = [&](WithPhone& fixture) {
    Profile profile = fixture.store.account(named("alice")).profile;
    profile.approvals.endpoints[fixture.phone] = endpoint;
    fixture.store.write_profile(named("alice"), profile);
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    return fixture.enter(talk).notified;
  };
  WithPhone pushed;
  pushed.manner.approve.notify = Notify::kWebPush;
  check(told(pushed) == std::vector<std::string>{endpoint});
  WithPhone by_url;
  by_url.manner.approve.notify = Notify::kDriver;
  check(told(by_url) == std::vector<std::string>{"alice"});
  WithPhone by_nobody;
  check(told(by_nobody).empty());
  WithPhone paused;
  paused.manner.approve.notify = Notify::kWebPush;
  Profile profile = paused.store.account(named("alice")).profile;
  profile.approvals.is_paused = true;
  paused.store.write_profile(named("alice"), profile);
  check(told(paused).empty(), "a phone that was reported on is left in peace");
  Fixture without;
  without.manner.approve.notify = Notify::kDriver;
  Conversation talk = without.talk();
  (void)without.begin(talk);
  check(without.enter(talk).notified.empty(), "nobody is told for a name without a phone");
  check(pushed.store.remove_method(named("alice"), pushed.phone) && pushed.approvals().endpoints.empty(),
        "a phone that is gone");
}

void it_is_not_offered_where_it_cannot_be_done() {
  const std::vector<std::function<void(Fixture&)>> cases = {
      [](Fixture& f) { f.manner.approve.page.clear(); },
      [](Fixture& f) { f.facts.one_answer = true; },
      [](Fixture& f) {
        f.policy.fallback.kinds = Kinds();
        f.policy.fallback.kinds.add(Kind::kApp);
      },
  };
  for (const auto& change : cases) {
    WithPhone fixture;
    change(fixture);
    Conversation talk = fixture.talk();
    check(!holds(asked(fixture.begin(talk)), "Enter"));
    const Outcome outcome = fixture.enter(talk);
    check_equal(outcome.events.front().reason, "empty");
    check(!fixture.approvals().request);
  }
}

void nobody_is_let_in_by_a_yes_who_may_not_be() {
  const std::vector<std::function<void(WithPhone&)>> cases = {
      [](WithPhone& f) { f.store.set_suspended(named("alice"), true); },
      [](WithPhone& f) { check(f.store.remove_method(named("alice"), f.phone)); },
  };
  for (const auto& change : cases) {
    WithPhone fixture;
    fixture.add_app();
    Conversation talk = fixture.asking();
    fixture.answer(RequestState::kApproved);
    change(fixture);
    check(std::holds_alternative<Prompt>(fixture.enter(talk).reply));
  }
}

void past_the_password_the_phone_is_asked_at_once() {
  WithPhone fixture;
  fixture.manner.send.at_once = {"sshd"};
  Conversation talk = fixture.talk();
  check(holds(asked(fixture.begin(talk)), "Number "));
  // An app is the default where there is one, unless the owner chose otherwise.
  WithPhone both;
  both.add_app();
  both.manner.send.at_once = {"sshd"};
  Conversation plain = both.talk();
  check(holds(asked(both.begin(plain)), "Enter = ask my phone"));
  Profile profile = both.store.account(named("alice")).profile;
  profile.preferred = both.phone;
  both.store.write_profile(named("alice"), profile);
  Conversation chosen = both.talk();
  check(holds(asked(both.begin(chosen)), "Number "));
}

void guarded_mode_takes_a_yes() {
  WithPhone fixture;
  fixture.add_app();
  fixture.fail_three_logins();
  Conversation talk = fixture.talk();
  const std::string prompt = asked(fixture.begin(talk));
  check(holds(prompt, "two codes") && holds(prompt, "press Enter"));
  check(holds(asked(fixture.enter(talk)), "Number "));
  fixture.answer(RequestState::kApproved);
  check(verdict(fixture.enter(talk)) == Verdict::kAllow);
}

void a_login_that_is_gone_asks_nothing() {
  WithPhone fixture;
  Conversation talk = fixture.asking();
  check(talk.take_back_request(fixture.records(), even(kNow)));
  check(!fixture.approvals().request);
  check(fixture.asking().has_request(), "and the next login may ask");
  // A refusal meanwhile is no request of another conversation.
  fixture.answer(RequestState::kDenied);
  Conversation other = fixture.talk();
  check(!other.take_back_request(fixture.records(), even(kNow)));
}

void a_report_pauses_until_its_owner_comes_another_way() {
  WithPhone fixture;
  fixture.add_app();
  Conversation before = fixture.talk();  // from this place, with a code
  (void)fixture.begin(before);
  check(verdict(fixture.say(before, fixture.app_code())) == Verdict::kAllow);
  Conversation talk = fixture.asking();
  fixture.answer(RequestState::kReported);
  check(verdict(fixture.enter(talk)) == Verdict::kExhausted);
  const Instant later = kNow + seconds(60);
  Conversation stranger = fixture.talk();
  (void)fixture.begin(stranger, later);
  check_equal(fixture.enter(stranger, later).events.back().outcome, "paused");
  check(fixture.approvals().is_paused);
  check(verdict(fixture.say(stranger, fixture.app_code(later), later)) == Verdict::kAllow);
  check(!fixture.approvals().is_paused);
}

void it_stands_beside_other_ways_at_the_prompt() {
  WithPhone fixture;
  fixture.manner.send.sms = true;
  fixture.manner.send.plan.prefixes = {"+81"};
  Conversation talk = fixture.talk();
  const std::string prompt = asked(fixture.begin(talk));
  check(holds(prompt, "Enter = ask my phone") && holds(prompt, "s = send it to me"));
  check(holds(asked(fixture.say(talk, "s")), "s = send again"));
  check(holds(asked(fixture.enter(talk)), "Number "));
}

// sudo -p puts its own words in the place of any question.
void sudo_shows_the_number_beside_its_question() {
  WithPhone fixture;
  fixture.facts.service = "sudo";
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome outcome = fixture.enter(talk);
  check(holds(std::get<Prompt>(outcome.reply).notice, "Number "));
}

void between_two_codes_enter_is_no_request() {
  WithPhone fixture;
  fixture.add_app();
  fixture.fail_three_logins();
  Conversation talk = fixture.asking();
  check(holds(asked(fixture.say(talk, "123456")), "Next code"), "the second of two, not the number");
  check_equal(fixture.enter(talk).events.front().reason, "empty");
}

void a_locked_account_is_not_let_in() {
  WithPhone fixture;
  fixture.add_app();
  fixture.manner.risk.lock = true;
  Conversation waiting = fixture.asking();
  fixture.fail_three_logins();
  fixture.answer(RequestState::kApproved);
  check_equal(fixture.enter(waiting).events.front().reason, "over-limit");
}

void a_yes_of_a_method_that_is_not_there_lets_nobody_in() {
  WithPhone fixture;
  Conversation talk = fixture.asking();
  fixture.answer(RequestState::kApproved);
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.approvals.request->method = MethodId{99};
  fixture.store.write_profile(named("alice"), profile);
  check_equal(fixture.enter(talk).events.front().reason, "method-not-allowed");
}

void the_last_line_says_where() {
  WithPhone local;
  local.facts.service = "login";
  local.facts.origin = Origin();
  Conversation console = local.asking();
  local.answer(RequestState::kApproved);
  check(holds(std::get<Conclusion>(local.enter(console).reply).message, "signed in from login"));
  WithPhone denied;
  denied.facts.service = "login";
  Conversation talk = denied.asking();
  denied.answer(RequestState::kDenied);
  check(verdict(denied.enter(talk)) == Verdict::kExhausted);
  WithPhone named_network;
  named_network.policy.networks["campus"].set = NetworkSet({parse_prefix("203.0.113.0/24").range}, {});
  Conversation there = named_network.asking();
  check_equal(named_network.approvals().request->network, "campus");
  named_network.answer(RequestState::kApproved);
  check(holds(std::get<Conclusion>(named_network.enter(there).reply).message, "203.0.113.9 (campus)"));
}

void a_login_touches_no_other_s_request() {
  WithPhone fixture;
  fixture.add_app();
  Conversation first = fixture.asking();
  Conversation second = fixture.talk();
  (void)fixture.begin(second);
  check(verdict(fixture.say(second, fixture.app_code())) == Verdict::kAllow);
  check(fixture.approvals().request.has_value(), "another login by a code leaves it");
  // The first one's has ended, and another's waits.
  const Instant later = kNow + seconds(91);
  Conversation third = fixture.asking(later);
  check(third.has_request());
  check(!first.take_back_request(fixture.records(), even(later)));
  Conversation gone = fixture.talk();
  (void)fixture.begin(gone, later);
  check(verdict(fixture.say(third, fixture.app_code(later), later)) == Verdict::kAllow);
  Conversation fourth = fixture.asking(later);
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.approvals.request.reset();
  fixture.store.write_profile(named("alice"), profile);
  Conversation copy = fourth;
  check(!copy.take_back_request(fixture.records(), even(later)));
  const Instant last = later + seconds(60);
  check(verdict(fixture.say(fourth, fixture.app_code(last), last)) == Verdict::kAllow);
}

void the_default_decides_what_is_asked_first() {
  Fixture without;
  without.manner.send.at_once = {"sshd"};
  Conversation nobody = without.talk();
  check(holds(asked(without.begin(nobody)), "Enter = ask my phone"), "no phone, no number at once");
  WithPhone fixture;
  fixture.add_app();
  fixture.manner.send.at_once = {"sshd"};
  Account account = fixture.store.account(named("alice"));
  account.profile.preferred = account.methods.back().id;
  fixture.store.write_profile(named("alice"), account.profile);
  Conversation talk = fixture.talk();
  check(holds(asked(fixture.begin(talk)), "Enter = ask my phone"), "the app was chosen");
}

void what_waits_is_one_s_own() {
  Approvals approvals;
  check(waiting_request(approvals, "o", kNow) == nullptr);
  approvals.request.emplace();
  approvals.request->owner = "o";
  approvals.request->until = kNow + seconds(90);
  check(waiting_request(approvals, "o", kNow) != nullptr);
  check(waiting_request(approvals, "p", kNow) == nullptr &&
        waiting_request(approvals, "o", kNow + seconds(90)) == nullptr);
  approvals.request->state = RequestState::kApproved;
  check(waiting_request(approvals, "o", kNow) == nullptr && has_open_request(approvals, "o", kNow));
  ApprovalRequest request;
  request.id = "1";
  request.host = "h";
  request.service = "s";
  request.source = "a";
  check_equal(approval_text(request, "u", "42"), "seimon-approve-1\n1\nu\nh\ns\na\n42\nyes");
}

void a_profile_keeps_no_more_than_it_has_to() {
  Profile profile;
  profile.suspend();
  profile.approvals.request.emplace();
  profile.approvals.request->method = MethodId{3};
  profile.forget(MethodId{4});
  profile.suspend();
  check(profile.approvals.request.has_value(), "a request that waits ends by itself");
  profile.approvals.unanswered.assign(kMostAsked + 1, {kNow, "o"});
  profile.tidy(kNow);
  check(!profile.approvals.request && profile.approvals.unanswered.size() == kMostAsked);
  profile.tidy(kNow + kDay);
  check(profile.approvals.unanswered.empty());
}

void numbers_are_even() {
  std::map<std::string, int> counts;
  for (int i = 0; i < 9000; ++i) ++counts[new_request_number(2)];
  check_equal(counts.size(), 90U);
  check(counts.begin()->first == "10" && counts.rbegin()->first == "99");
  for (const auto& [number, count] : counts) check(count > 40 && count < 180, number);
  for (int i = 0; i < 100; ++i) check_equal(new_request_number(6).size(), 6U);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(phones_are_notified_of_what_they_can_approve),
      SEIMON_TEST(a_yes_lets_in_once),
      SEIMON_TEST(a_yes_that_another_host_has_spent_lets_in_nobody),
      SEIMON_TEST(only_the_conversation_that_asked_is_let_in),
      SEIMON_TEST(no_and_not_me_end_the_login),
      SEIMON_TEST(a_number_ends),
      SEIMON_TEST(any_code_is_accepted_at_the_number),
      SEIMON_TEST(an_approval_does_not_wait_for_ever),
      SEIMON_TEST(a_name_that_is_somebody_else_s_now_is_not_let_in),
      SEIMON_TEST(a_refusal_is_read_by_the_login_that_it_is_for),
      SEIMON_TEST(what_others_did_to_a_decoy_shows_to_nobody),
      SEIMON_TEST(a_method_that_goes_takes_its_counter_and_its_approval_along),
      SEIMON_TEST(suspending_ends_an_approval),
      SEIMON_TEST(requests_are_limited_and_nothing_else_is),
      SEIMON_TEST(everybody_sees_the_same),
      SEIMON_TEST(it_is_not_offered_where_it_cannot_be_done),
      SEIMON_TEST(nobody_is_let_in_by_a_yes_who_may_not_be),
      SEIMON_TEST(past_the_password_the_phone_is_asked_at_once),
      SEIMON_TEST(guarded_mode_takes_a_yes),
      SEIMON_TEST(a_login_that_is_gone_asks_nothing),
      SEIMON_TEST(a_report_pauses_until_its_owner_comes_another_way),
      SEIMON_TEST(it_stands_beside_other_ways_at_the_prompt),
      SEIMON_TEST(sudo_shows_the_number_beside_its_question),
      SEIMON_TEST(between_two_codes_enter_is_no_request),
      SEIMON_TEST(a_locked_account_is_not_let_in),
      SEIMON_TEST(a_yes_of_a_method_that_is_not_there_lets_nobody_in),
      SEIMON_TEST(the_last_line_says_where),
      SEIMON_TEST(a_login_touches_no_other_s_request),
      SEIMON_TEST(the_default_decides_what_is_asked_first),
      SEIMON_TEST(what_waits_is_one_s_own),
      SEIMON_TEST(a_profile_keeps_no_more_than_it_has_to),
      SEIMON_TEST(numbers_are_even),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

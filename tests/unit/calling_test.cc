// SPDX-License-Identifier: Apache-2.0
// Calls, in core: who is called, what the keys that were pressed do to the login, and what everybody sees.
#include <functional>
#include <set>

#include "core/login/request_answer.h"
#include "tests/support/login_talk.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

struct Fixture : LoginTalk {
  Fixture() {
    manner.send.call = true;
    manner.send.plan.prefixes = {"+81"};
  }
  MethodId add_phone(Kind kind = Kind::kCall) { return add_method(kind, "my phone", "+81312345678"); }
  Outcome call(Conversation& conversation, Instant now = kNow) {
    (void)begin(conversation, now);
    return say(conversation, "c", now);
  }
  // The keys that were pressed in the call of `message`.
  std::vector<Event> press(const CodeMessage& message, const std::string& keys, Instant now = kNow) {
    Profile profile = store.account(named("alice")).profile;
    Event like;
    like.user = "alice";
    std::vector<Event> events =
        answer_by_call(profile, {message.request, message.method, keys}, manner.approve, like, now);
    store.write_profile(named("alice"), profile);
    return events;
  }
};

struct WithPhone : Fixture {
  WithPhone() { (void)add_phone(); }
};

void the_number_on_the_screen_lets_in_once() {
  for (const Kind kind : {Kind::kCall, Kind::kSms}) {
    Fixture fixture;
    (void)fixture.add_phone(kind);
    Conversation talk = fixture.talk();
    check(holds(asked(fixture.begin(talk)), "(c = call me)"));
    const Outcome called = fixture.say(talk, "c");
    const CodeMessage message = *called.message;
    const std::string number = fixture.approvals().request->number;
    check(holds(asked(called), "Number " + number));
    check(message.kind == Kind::kCall && message.to == "+81312345678" && message.code.empty());
    check(!holds(message.text, number), "the call asks for it, and does not tell it");
    check(!holds(asked(called), "••"), "no digit of the telephone before the second step");
    check_equal(called.events.back().outcome, "called");
    check(holds(asked(fixture.enter(talk)), "Not approved yet"));
    check_equal(fixture.press(message, number).front().outcome, "approved");
    Conversation other = talk;
    check(verdict(fixture.enter(talk)) == Verdict::kAllow);
    check(holds(asked(fixture.enter(other)), "not valid any more"), "spent once");
    check(fixture.press(message, number).empty(), "a late answer changes nothing");
  }
}

void the_last_line_names_the_network() {
  WithPhone fixture;
  fixture.policy.networks["campus"].set = NetworkSet({parse_prefix("203.0.113.0/24").range}, {});
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  (void)fixture.press(message, fixture.approvals().request->number);
  const Outcome outcome = fixture.enter(talk);
  check(holds(std::get<Conclusion>(outcome.reply).message, "203.0.113.9 (campus)"));
}

void another_number_ends_it_and_the_right_one_comes_too_late() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  const std::string number = fixture.approvals().request->number;
  const std::string wrong = number == "42" ? "43" : "42";
  const std::vector<Event> events = fixture.press(message, wrong);
  check_equal(events.front().outcome, "refused");
  check_equal(events.front().reason, "wrong-number");
  check(fixture.press(message, number).empty());
  check(holds(asked(fixture.enter(talk)), "Enter c for another call"));
  check(fixture.say(talk, "c", kNow + seconds(31)).message.has_value());
}

void zero_reports_a_stranger() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  const std::vector<Event> events = fixture.press(message, "0");
  check_equal(events.front().outcome, "reported");
  check_equal(events.back().event, "alarm");
  check_equal(events.back().reason, "sign-in-reported");
  const Outcome outcome = fixture.enter(talk);
  check(verdict(outcome) == Verdict::kExhausted);
  check_equal(outcome.events.back().reason, "reported-on-phone");
  Conversation next = fixture.talk();
  const Outcome quiet = fixture.call(next, kNow + seconds(60));
  check(holds(asked(quiet), "Number ") && !quiet.message, "the telephone is left in peace");
}

// The stranger has gone before the owner picks up.
void a_report_counts_behind_the_login() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  check(talk.take_back_request(fixture.records(), even(kNow)));
  Conversation second = fixture.talk();
  (void)fixture.call(second, kNow + seconds(31));
  check_equal(fixture.press(message, "0").back().event, "alarm");
  check(fixture.approvals().is_paused);
  check(fixture.approvals().request->state == RequestState::kWaiting, "another login's request is not this one's");
  check(fixture.press(message, fixture.approvals().request->number).empty(), "nor can its number be given here");
}

void a_site_can_suspend_whom_a_stranger_signs_in_as() {
  WithPhone fixture;
  fixture.manner.approve.suspends_reported = true;
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  const std::vector<Event> events = fixture.press(message, "0");
  check_equal(events.at(1).event, "suspend");
  check(fixture.store.account(named("alice")).profile.suspended);
  check(verdict(fixture.enter(talk)) == Verdict::kExhausted);
}

void nothing_pressed_leaves_it_waiting() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  check(fixture.press(message, "").empty());
  check(holds(asked(fixture.enter(talk, kNow + seconds(149))), "Not approved yet"));
  const std::string number = fixture.approvals().request->number;
  const Outcome again = fixture.say(talk, "c", kNow + seconds(149));
  check(again.message && again.message->request == message.request, "another call for the same number");
  check(fixture.press(message, number, kNow + seconds(299)).empty(), "too late");
  check(holds(asked(fixture.enter(talk, kNow + seconds(299))), "not valid any more"));
}

void an_approval_is_read_by_c_as_well() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  (void)fixture.press(message, fixture.approvals().request->number);
  check(verdict(fixture.say(talk, "c")) == Verdict::kAllow);
}

void the_page_may_answer_what_was_called_about() {
  WithPhone fixture;
  fixture.manner.approve.page = "https://gate.example.org/ok";
  const MethodId passkey = fixture.add_method(Kind::kApprove, "my browser", "a passkey");
  Conversation talk = fixture.talk();
  check(holds(asked(fixture.begin(talk)), "(Enter = ask my phone, c = call me)"));
  check(holds(asked(fixture.enter(talk)), "https://gate.example.org/ok"));
  const std::string number = fixture.approvals().request->number;
  const Outcome called = fixture.say(talk, "c");
  check(called.message && holds(asked(called), "Number " + number) && holds(asked(called), "you get a call"));
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.approvals.request->state = RequestState::kApproved;
  profile.approvals.request->method = passkey;
  fixture.store.write_profile(named("alice"), profile);
  const Outcome in = fixture.enter(talk);
  check(verdict(in) == Verdict::kAllow);
  check_equal(in.events.back().method, "my browser");
}

void everybody_sees_the_same() {
  for (const bool by_number : {true, false}) {
    std::set<std::string> texts;
    for (const bool has_phone : {true, false})
      for (const bool exists : {true, false}) {
        if (has_phone && !exists) continue;
        Fixture fixture;
        fixture.manner.send.call_by_number = by_number;
        if (has_phone) (void)fixture.add_phone();
        fixture.facts.exists = exists;
        Conversation talk = fixture.talk();
        std::string all = asked(fixture.begin(talk));
        Instant now = kNow;
        for (const int wait : {0, 31, 31, 31, 60, 1}) {
          now += seconds(wait);
          const Outcome outcome = fixture.say(talk, "c", now);
          check(outcome.negative, "it leaves at a multiple of the floor");
          all += asked(outcome);
        }
        for (char& c : all)
          if (c >= '0' && c <= '9') c = '#';
        texts.insert(all);
      }
    check_equal(texts.size(), 1U);
  }
}

void nobody_is_called_whom_no_answer_could_let_in() {
  const std::vector<std::function<void(Fixture&)>> cases = {
      [](Fixture& f) { f.store.set_suspended(named("alice"), true); },
      [](Fixture& f) { f.policy.fallback.action = Action::kDeny; },
      [](Fixture& f) { f.manner.send.plan.prefixes = {"+1"}; },
      [](Fixture& f) { f.manner.send.plan.never = {"+813"}; },
  };
  for (const auto& change : cases) {
    WithPhone fixture;
    change(fixture);
    Conversation talk = fixture.talk();
    const Outcome outcome = fixture.call(talk);
    check(holds(asked(outcome), "Number ") && !outcome.message);
    check(fixture.store.account(named("alice")).profile.sends.times.empty(), "and no call is counted");
  }
}

void it_is_not_offered_where_it_cannot_be_done() {
  const std::vector<std::function<void(Fixture&)>> cases = {
      [](Fixture& f) { f.manner.send.call = false; },
      [](Fixture& f) { f.facts.one_answer = true; },
      [](Fixture& f) {
        f.policy.fallback.kinds = Kinds();
        f.policy.fallback.kinds.add(Kind::kSms);
      },
  };
  for (const auto& change : cases) {
    WithPhone fixture;
    change(fixture);
    Conversation talk = fixture.talk();
    check(!holds(asked(fixture.begin(talk)), "c = call"));
    check(!fixture.say(talk, "c").message && !fixture.approvals().request);
  }
}

void calls_are_limited_and_nothing_else_is() {
  WithPhone fixture;
  fixture.add_app();
  Conversation talk = fixture.talk();
  int calls = fixture.call(talk).message ? 1 : 0;
  for (int i = 1; i < 5; ++i) calls += fixture.say(talk, "c", kNow + seconds(10 * i)).message ? 1 : 0;
  check(calls == 2, "one in thirty seconds");
  check(verdict(fixture.say(talk, LoginTalk::app_code())) == Verdict::kAllow, "no other way in is closed");
}

void a_code_can_be_spoken() {
  WithPhone fixture;
  fixture.manner.send.call_by_number = false;
  Conversation talk = fixture.talk();
  const Outcome called = fixture.call(talk);
  const CodeMessage message = *called.message;
  check(message.kind == Kind::kCall && message.request.empty());
  check_equal(message.code.size(), 6U);
  check(holds(message.text, std::string(1, message.code[0]) + ", " + std::string(1, message.code[1]) + ", "));
  check(!fixture.approvals().request);
  check_equal(called.events.back().event, "code-sent");
  check(verdict(fixture.say(talk, message.code)) == Verdict::kAllow);
}

void a_spoken_code_counts_only_where_calls_do() {
  Fixture fixture;
  (void)fixture.add_phone(Kind::kSms);
  fixture.manner.send.call_by_number = false;
  fixture.policy.fallback.kinds = Kinds();
  fixture.policy.fallback.kinds.add(Kind::kCall);
  Conversation talk = fixture.talk();
  const Outcome called = fixture.call(talk);
  check(verdict(fixture.say(talk, called.message->code)) == Verdict::kAllow);
}

void a_telephone_that_is_the_only_way_rings_behind_the_password() {
  for (const bool by_number : {true, false}) {
    WithPhone fixture;
    fixture.manner.send.at_once = {"sshd"};
    fixture.manner.send.call_by_number = by_number;
    Conversation talk = fixture.talk();
    check(fixture.begin(talk).message.has_value());
    fixture.add_app();
    Conversation other = fixture.talk();
    check(!fixture.begin(other, kNow + seconds(60)).message, "an app comes first");
  }
}

void where_two_codes_are_wanted_one_call_is_enough() {
  WithPhone fixture;
  fixture.add_app();
  fixture.fail_three_logins();
  Conversation talk = fixture.talk();
  check(holds(asked(fixture.begin(talk)), "To be called instead, enter c."));
  const Outcome called = fixture.say(talk, "c");
  (void)fixture.press(*called.message, fixture.approvals().request->number);
  check(verdict(fixture.enter(talk)) == Verdict::kAllow);
}

void a_telephone_that_was_registered_at_a_login_can_be_called() {
  WithPhone fixture;
  const MethodId phone = fixture.store.account(named("alice")).methods.front().id;
  check(fixture.store.spend(named("alice"), phone, Step{1}, {}, kNow) == Spend::kWon, "the code that proved it");
  Conversation talk = fixture.talk();
  const CodeMessage message = *fixture.call(talk).message;
  (void)fixture.press(message, fixture.approvals().request->number);
  check(verdict(fixture.enter(talk)) == Verdict::kAllow);
}

void a_call_has_its_time_whenever_the_number_was_shown() {
  for (const bool exists : {true, false}) {
    WithPhone fixture;
    fixture.facts.exists = exists;
    fixture.manner.approve.page = "https://gate.example.org/ok";
    if (!exists) fixture.facts.user = named("nobody");
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    (void)fixture.enter(talk);
    const Outcome called = fixture.say(talk, "c", kNow + seconds(80));
    check(holds(asked(fixture.enter(talk, kNow + seconds(229))), "Not approved yet"));
    Conversation other = fixture.talk();
    (void)fixture.begin(other, kNow + seconds(229));
    check(holds(asked(fixture.enter(other, kNow + seconds(229))), "Another sign-in"));
    if (!exists) continue;
    (void)fixture.press(*called.message, fixture.approvals().request->number, kNow + seconds(229));
    check(verdict(fixture.enter(talk, kNow + seconds(230))) == Verdict::kAllow);
  }
}

void c_is_typed_in_any_way() {
  for (const char* typed : {"C", "ｃ"}) {
    WithPhone fixture;
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    check(fixture.say(talk, typed).message.has_value(), typed);
  }
}

void a_code_may_be_sent_first_and_spoken_then() {
  Fixture fixture;
  fixture.manner.send.sms = true;
  fixture.manner.send.call_by_number = false;
  (void)fixture.add_phone(Kind::kSms);
  Conversation talk = fixture.talk();
  check(holds(asked(fixture.begin(talk)), "(s = send it to me, c = call me)"));
  const Outcome sent = fixture.say(talk, "s");
  check(holds(asked(sent), "(s = send again, c = call me)"));
  const Outcome called = fixture.say(talk, "c", kNow + seconds(31));
  check_equal(called.message->code, sent.message->code);
  check(verdict(fixture.say(talk, called.message->code, kNow + seconds(32))) == Verdict::kAllow);
}

void a_call_speaks_the_user_s_language() {
  for (const auto& [language, word] :
       {std::pair(Language::kEnglish, "This is Seimon"), {Language::kJapanese, "せいもん"}}) {
    WithPhone fixture;
    fixture.manner.language = language;
    Conversation talk = fixture.talk();
    check(holds(fixture.call(talk).message->text, word));
    const Account account = fixture.store.account(named("alice"));
    const Method& phone = account.methods.front();
    const SentCode code = new_sent_code(phone.id, Step{1}, kSentDigits, kNow + seconds(300));
    const CodeMessage proving = message_with(code, phone, Kind::kCall, language, "", fixture.manner, kNow);
    check(holds(proving.text, word) && !holds(proving.text, proving.code), "digit by digit");
  }
}

void a_call_that_comes_too_late_begins_anew() {
  WithPhone fixture;
  Conversation talk = fixture.talk();
  (void)fixture.call(talk);
  check(holds(asked(fixture.say(talk, "c", kNow + seconds(150))), "Enter c for another call"));
}

void the_default_telephone_rings_at_once_and_one_for_sms_does_not() {
  WithPhone fixture;
  fixture.add_app();
  fixture.manner.send.at_once = {"sshd"};
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.preferred = fixture.store.account(named("alice")).methods.front().id;
  fixture.store.write_profile(named("alice"), profile);
  Conversation talk = fixture.talk();
  check(fixture.begin(talk).message.has_value());
  Fixture mobile;
  (void)mobile.add_phone(Kind::kSms);
  mobile.manner.send.at_once = {"sshd"};
  Conversation other = mobile.talk();
  check(!mobile.begin(other).message.has_value());
}

// Many names share the record of one decoy.
void what_others_did_to_a_decoy_changes_no_call() {
  Fixture fixture;
  fixture.facts.exists = false;
  Conversation talk = fixture.talk();
  (void)fixture.call(talk);
  const UserName decoy = fixture.store.decoy_of(named("alice"));
  for (const bool is_gone : {false, true}) {
    Profile profile = fixture.store.account(decoy).profile;
    profile.approvals.request->id = "another";
    if (is_gone) profile.approvals.request.reset();
    fixture.store.write_profile(decoy, profile);
    check(holds(asked(fixture.say(talk, "c", kNow + seconds(31))), "Number "));
  }
}

void another_sign_in_is_not_called_about() {
  WithPhone fixture;
  Conversation first = fixture.talk();
  (void)fixture.call(first);
  Conversation second = fixture.talk();
  const Outcome outcome = fixture.call(second, kNow + seconds(31));
  check(holds(asked(outcome), "Another sign-in") && !outcome.message);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(the_number_on_the_screen_lets_in_once),
      SEIMON_TEST(the_last_line_names_the_network),
      SEIMON_TEST(another_number_ends_it_and_the_right_one_comes_too_late),
      SEIMON_TEST(zero_reports_a_stranger),
      SEIMON_TEST(a_report_counts_behind_the_login),
      SEIMON_TEST(a_site_can_suspend_whom_a_stranger_signs_in_as),
      SEIMON_TEST(nothing_pressed_leaves_it_waiting),
      SEIMON_TEST(an_approval_is_read_by_c_as_well),
      SEIMON_TEST(the_page_may_answer_what_was_called_about),
      SEIMON_TEST(everybody_sees_the_same),
      SEIMON_TEST(nobody_is_called_whom_no_answer_could_let_in),
      SEIMON_TEST(it_is_not_offered_where_it_cannot_be_done),
      SEIMON_TEST(calls_are_limited_and_nothing_else_is),
      SEIMON_TEST(a_code_can_be_spoken),
      SEIMON_TEST(a_spoken_code_counts_only_where_calls_do),
      SEIMON_TEST(a_telephone_that_is_the_only_way_rings_behind_the_password),
      SEIMON_TEST(where_two_codes_are_wanted_one_call_is_enough),
      SEIMON_TEST(a_telephone_that_was_registered_at_a_login_can_be_called),
      SEIMON_TEST(a_call_has_its_time_whenever_the_number_was_shown),
      SEIMON_TEST(c_is_typed_in_any_way),
      SEIMON_TEST(a_code_may_be_sent_first_and_spoken_then),
      SEIMON_TEST(a_call_speaks_the_user_s_language),
      SEIMON_TEST(a_call_that_comes_too_late_begins_anew),
      SEIMON_TEST(the_default_telephone_rings_at_once_and_one_for_sms_does_not),
      SEIMON_TEST(what_others_did_to_a_decoy_changes_no_call),
      SEIMON_TEST(another_sign_in_is_not_called_about),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

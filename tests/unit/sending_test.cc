// SPDX-License-Identifier: Apache-2.0
// Codes that are sent: who gets one, when it counts, how often it is sent, and what everybody sees.
#include <functional>
#include <set>

#include "tests/support/login_talk.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

struct Fixture : LoginTalk {
  Fixture() {
    manner.send.sms = true;
    manner.send.plan.prefixes = {"+81"};
    manner.send.email = true;
  }
  MethodId add_phone(const char* user = "alice", const char* number = "+819012345678", Kind kind = Kind::kSms) {
    return add_method(kind, std::string(kind_name(kind)) + number, number, user);
  }
  // A new conversation's message, at `now`.
  std::optional<CodeMessage> message_at(Instant now) {
    Conversation conversation = talk();
    (void)begin(conversation, now);
    return say(conversation, "s", now).message;
  }
};

std::string wrong(const std::string& code) { return (code.front() == '9' ? "0" : "9") + code.substr(1); }

void a_code_is_sent_and_lets_in() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  check(asked(fixture.begin(talk)).find("(s = send it to me)") != std::string::npos);
  const Outcome sent = fixture.say(talk, "s");
  check(sent.message && sent.message->to == "+819012345678" && sent.message->kind == Kind::kSms);
  check_equal(sent.message->code.size(), 6U);
  check(sent.message->text.find(sent.message->code) != std::string::npos);
  check_equal(sent.events.back().event, "code-sent");
  for (const Event& event : sent.events)
    check(event.reason.find(sent.message->code) == std::string::npos &&
          event.method.find(sent.message->code) == std::string::npos);
  check(asked(sent).find("send again") != std::string::npos);
  check(asked(sent).find("78") == std::string::npos, "no digit of the number before the second step");
  check(verdict(fixture.say(talk, sent.message->code)) == Verdict::kAllow);
  check(fixture.store.account(named("alice")).methods.front().last_used.has_value());
}

void the_answer_is_the_same_for_everybody() {
  std::set<std::string> texts;
  for (const bool has_phone : {true, false})
    for (const bool exists : {true, false}) {
      if (has_phone && !exists) continue;
      Fixture fixture;
      if (has_phone) fixture.add_phone();
      fixture.facts.exists = exists;
      Conversation talk = fixture.talk();
      std::string all = asked(fixture.begin(talk));
      for (int i = 0; i < 5; ++i) {
        const Outcome outcome = fixture.say(talk, "s", kNow + seconds(31 * i));
        check(outcome.negative, "it leaves at a multiple of the floor");
        check_equal(outcome.message.has_value(), has_phone && i < 3);
        all += asked(outcome);
      }
      texts.insert(all);
    }
  check_equal(texts.size(), 1U);
}

void nothing_is_sent_where_no_code_could_let_in() {
  const std::vector<std::function<void(Fixture&)>> cases = {
      [](Fixture& f) { f.store.set_suspended(named("alice"), true); },
      [](Fixture& f) { f.policy.fallback.action = Action::kDeny; },
      [](Fixture& f) { f.manner.send.sms = false; },
      [](Fixture& f) {
        f.policy.fallback.kinds = Kinds();
        f.policy.fallback.kinds.add(Kind::kApp);
        f.policy.fallback.kinds.add(Kind::kEmail);
      },
  };
  for (const auto& change : cases) {
    Fixture fixture;
    fixture.add_phone();
    change(fixture);
    check(!fixture.message_at(kNow));
    check(fixture.store.account(named("alice")).profile.sends == Sends(), "and nothing is counted");
  }
}

void mail_is_sent_only_where_a_rule_names_it() {
  Fixture fixture;
  fixture.add_phone("alice", "alice@example.org", Kind::kEmail);
  check(!fixture.message_at(kNow));
  fixture.policy.fallback.kinds.add(Kind::kEmail);
  const auto message = fixture.message_at(kNow);
  check(message && message->kind == Kind::kEmail && message->to == "alice@example.org");
  check(message->subject.find(message->code) == std::string::npos, "the subject shows on locked screens");
  check(message->text.find(message->code) != std::string::npos);
}

void sent_again_it_is_the_same_code_with_the_same_end() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome first = fixture.say(talk, "s");
  check(!fixture.say(talk, "s", kNow + seconds(29)).message, "not within thirty seconds");
  const Outcome again = fixture.say(talk, "s", kNow + seconds(31));
  check(again.message && again.message->code == first.message->code && again.message->until == first.message->until);
  check(verdict(fixture.say(talk, first.message->code, kNow + seconds(299))) == Verdict::kAllow);
}

void a_code_ends() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome sent = fixture.say(talk, "s");
  const Outcome late = fixture.say(talk, sent.message->code, kNow + seconds(300));
  check(std::holds_alternative<Prompt>(late.reply));
  const Outcome fresh = fixture.say(talk, "s", kNow + seconds(300));
  check(fresh.message.has_value() && fresh.message->until == kNow + seconds(600), "then another one is sent");
}

void a_code_counts_in_its_own_conversation() {
  Fixture fixture;
  fixture.add_phone();
  Conversation one = fixture.talk();
  Conversation other = fixture.talk();
  (void)fixture.begin(one);
  (void)fixture.begin(other);
  const Outcome sent = fixture.say(one, "s");
  check(std::holds_alternative<Prompt>(fixture.say(other, sent.message->code).reply));
  const Outcome second = fixture.say(other, "s", kNow + seconds(31));
  check(second.message && second.message->code != sent.message->code);
  check(verdict(fixture.say(other, second.message->code, kNow + seconds(32))) == Verdict::kAllow);
  const Outcome outcome = fixture.say(one, sent.message->code, kNow + seconds(33));
  check_equal(outcome.events.front().reason, "already-used");
}

void a_spent_code_is_spent() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome sent = fixture.say(talk, "s");
  Conversation copy = talk;  // as after a step that was not made durable
  check(verdict(fixture.say(talk, sent.message->code)) == Verdict::kAllow);
  check_equal(fixture.say(copy, sent.message->code).events.front().reason, "already-used");
}

void wrong_answers_are_charged_before_and_after() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome sent = fixture.say(talk, "s");
  check(std::holds_alternative<Prompt>(fixture.say(talk, wrong(sent.message->code)).reply));
  const auto records = fixture.store.account(named("alice")).failure_records;
  check_equal(records.at(CounterScope::kTrusted).failed, 1);
  (void)fixture.say(talk, "s", kNow + seconds(31));
  check_equal(fixture.store.account(named("alice")).failure_records.at(CounterScope::kTrusted).failed, 1);
}

void other_methods_stay_usable() {
  Fixture fixture;
  fixture.add_phone();
  fixture.add_app();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  (void)fixture.say(talk, "s");
  check(verdict(fixture.say(talk, fixture.app_code())) == Verdict::kAllow);
}

void a_user_gets_so_many_messages_and_no_more() {
  Fixture fixture;
  fixture.add_phone();
  fixture.add_app();
  int sent = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) sent += fixture.message_at(kNow + seconds(60 * minute)) ? 1 : 0;
  check_equal(sent, 10);
  check(fixture.message_at(kNow + seconds(24 * 3600 + 60)).has_value(), "the next day");
  Fixture hour;
  hour.add_phone();
  sent = 0;
  for (int minute = 0; minute < 60; ++minute) sent += hour.message_at(kNow + seconds(60 * minute)) ? 1 : 0;
  check_equal(sent, 5);
  Conversation talk = hour.talk();
  (void)hour.begin(talk, kNow + seconds(3500));
  const Outcome limited = hour.say(talk, "s", kNow + seconds(3500));
  check_equal(limited.events.back().event, "delivery-limit");
  check_equal(limited.events.back().reason, "user-hour");
}

void a_limit_closes_no_other_way() {
  Fixture fixture;
  fixture.add_phone();
  fixture.add_app();
  for (int i = 0; i < 8; ++i) (void)fixture.message_at(kNow - seconds(300 - 31 * i));
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  check(!fixture.say(talk, "s").message);
  check(verdict(fixture.say(talk, fixture.app_code())) == Verdict::kAllow);
}

void one_number_of_many_users_gets_no_more_than_one_users() {
  Fixture fixture;
  int sent = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "user" + std::to_string(i);
    fixture.add_phone(name.c_str());
    fixture.facts.user = named(name.c_str());
    fixture.facts.origin.address = *parse_address("203.0.113." + std::to_string(i));
    fixture.facts.origin.text = "203.0.113." + std::to_string(i);
    sent += fixture.message_at(kNow) ? 1 : 0;
  }
  check_equal(sent, 5);
}

void one_address_asks_for_ten_an_hour() {
  Fixture fixture;
  int sent = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "user" + std::to_string(i);
    fixture.add_phone(name.c_str(), ("+8190000000" + std::to_string(10 + i)).c_str());
    fixture.facts.user = named(name.c_str());
    sent += fixture.message_at(kNow) ? 1 : 0;
  }
  check_equal(sent, 10);
}

void the_site_stops_at_its_limit() {
  Fixture fixture;
  fixture.manner.send.most_per_hour = 7;
  int sent = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "user" + std::to_string(i);
    fixture.add_phone(name.c_str(), ("+8190000000" + std::to_string(10 + i)).c_str());
    fixture.facts.user = named(name.c_str());
    fixture.facts.origin.address = *parse_address("203.0.113." + std::to_string(i));
    fixture.facts.origin.text = "203.0.113." + std::to_string(i);
    sent += fixture.message_at(kNow) ? 1 : 0;
  }
  check_equal(sent, 7);
}

void behind_a_right_first_factor_it_is_sent_at_once() {
  for (const bool by_key : {true, false}) {
    Fixture fixture;
    fixture.add_phone();
    if (by_key) fixture.facts.ssh_auth = {"publickey"};
    else fixture.manner.send.at_once = {"sshd"};
    Conversation talk = fixture.talk();
    const Outcome outcome = fixture.begin(talk);
    check(outcome.message.has_value());
    check(asked(outcome).find("A code was sent to +81 •••• ••78.") != std::string::npos);
    check(verdict(fixture.say(talk, outcome.message->code)) == Verdict::kAllow);
  }
  Fixture other;
  other.add_phone();
  other.manner.send.at_once = {"login"};
  Conversation talk = other.talk();
  check(!other.begin(talk).message);
  Fixture with_app;
  with_app.add_phone();
  with_app.add_app();
  with_app.manner.send.at_once = {"sshd"};
  Conversation asked_first = with_app.talk();
  check(!with_app.begin(asked_first).message, "who has an app is asked for that");
}

void where_two_codes_are_asked_for_a_longer_one_is_sent() {
  Fixture fixture;
  fixture.add_phone();
  const auto is_guarded = [&] {
    Conversation look = fixture.talk();
    return asked(fixture.begin(look)).find("enter s:") != std::string::npos;
  };
  for (int i = 0; i < 100 && !is_guarded(); ++i) {
    Conversation guess = fixture.talk();
    (void)fixture.begin(guess);
    (void)fixture.say(guess, "000000");
  }
  Conversation talk = fixture.talk();
  const std::string question = asked(fixture.begin(talk));
  check(question.find("enter s:") != std::string::npos, question);
  const Outcome sent = fixture.say(talk, "s");
  check(sent.message && sent.message->code.size() == 8, sent.events.empty() ? "no event" : sent.events.back().reason);
  check(std::holds_alternative<Prompt>(fixture.say(talk, wrong(sent.message->code)).reply));
  check(verdict(fixture.say(talk, sent.message->code)) == Verdict::kAllow);
}

// Wrong codes until two are asked for; the number of them.
int guard(Fixture& fixture) {
  for (int wrong_codes = 0; wrong_codes < 100; ++wrong_codes) {
    Conversation talk = fixture.talk();
    if (asked(fixture.begin(talk)).find("enter s:") != std::string::npos) return wrong_codes;
    (void)fixture.say(talk, "000000");
  }
  return 100;
}

void a_guarded_prompt_tells_nobody_who_has_a_phone() {
  std::vector<std::string> screens;
  std::vector<std::int64_t> charged;
  for (const bool has_phone : {true, false}) {
    Fixture fixture;
    if (has_phone) fixture.add_phone();
    else fixture.add_phone("somebody-else");
    (void)guard(fixture);
    Conversation talk = fixture.talk();
    std::string screen = asked(fixture.begin(talk));
    for (const char* typed : {"s", "12345678", "123456", "654321", "87654321"}) {
      const Outcome outcome = fixture.say(talk, typed);
      const auto* prompt = std::get_if<Prompt>(&outcome.reply);
      screen += prompt == nullptr ? "end" : prompt->text;
      screen += outcome.negative ? " late\n" : " at once\n";
    }
    screens.push_back(screen);
    const auto records = fixture.store.account(named("alice")).failure_records;
    charged.push_back(records.at(CounterScope::kTrusted).failed);
  }
  check_equal(screens[0], screens[1]);
  check_equal(charged[0], charged[1]);
}

void asking_for_a_code_makes_guesses_dearer_for_everybody() {
  std::vector<int> tries;
  for (const bool has_phone : {true, false}) {
    Fixture fixture;
    if (has_phone) fixture.add_phone();
    int count = 0;
    for (bool is_guarded = false; !is_guarded && count < 100; ++count) {
      Conversation talk = fixture.talk();
      is_guarded = asked(fixture.begin(talk)).find("enter s:") != std::string::npos;
      (void)fixture.say(talk, "s");
      (void)fixture.say(talk, "000000");
    }
    tries.push_back(count);
  }
  check(tries[0] == tries[1] && tries[0] < 10, std::to_string(tries[0]) + " " + std::to_string(tries[1]));
}

void two_codes_of_an_app_are_taken_after_a_code_was_asked_for() {
  Fixture fixture;
  fixture.add_app();
  (void)guard(fixture);
  const auto code_at_step = [&](std::int64_t more) {
    const Step step{static_cast<std::int64_t>(step_at(kNow, seconds(30))) + more};
    const std::string digits =
        std::to_string(code_at(Secret(std::vector<std::uint8_t>(20, 5)), Algorithm::kSha1, 6, step));
    return std::string(6 - digits.size(), '0') + digits;
  };
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  (void)fixture.say(talk, "s");
  check(std::holds_alternative<Prompt>(fixture.say(talk, code_at_step(0)).reply), "the second one is asked for");
  check(verdict(fixture.say(talk, code_at_step(1))) == Verdict::kAllow);
}

void too_early_an_s_costs_nothing() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  int messages = 0;
  for (const int at : {0, 5, 10, 15, 20, 31, 62})
    messages += fixture.say(talk, "s", kNow + seconds(at)).message ? 1 : 0;
  check_equal(messages, 3);
}

void a_message_that_does_not_leave_is_counted_nowhere() {
  Fixture fixture;
  fixture.add_phone();
  for (int i = 0; i < 10; ++i) (void)fixture.store.add_failure("sent from 203.0.113.9", kHour, kNow);
  for (int i = 0; i < 20; ++i) check(!fixture.message_at(kNow + seconds(31 * i)), "this address has asked ten times");
  fixture.facts.origin = {Origin::Kind::kAddress, *parse_address("198.51.100.7"), "198.51.100.7"};
  check(fixture.message_at(kNow + seconds(1000)).has_value(), "the number has not been sent any");
}

void hosts_that_are_not_trusted_share_one_address() {
  Fixture fixture;
  fixture.facts.untrusted_host = "labo1";
  int sent = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "user" + std::to_string(i);
    const std::string address = "198.51.100." + std::to_string(i + 1);
    fixture.add_phone(name.c_str(), ("+8190000000" + std::to_string(10 + i)).c_str());
    fixture.facts.user = named(name.c_str());
    fixture.facts.origin = {Origin::Kind::kAddress, *parse_address(address), address};
    sent += fixture.message_at(kNow) ? 1 : 0;
  }
  check_equal(sent, 10);
}

void a_recovery_code_ends_codes_that_are_on_their_way() {
  Fixture fixture;
  fixture.add_phone();
  const NewRecoveryCodes codes = new_recovery_codes(fixture.store, named("alice"), 1, kNow);
  Profile profile = fixture.store.account(named("alice")).profile;
  profile.recovery = codes.codes;
  fixture.store.write_profile(named("alice"), profile);
  Conversation thief = fixture.talk();
  (void)fixture.begin(thief);
  const Outcome sent = fixture.say(thief, "s");
  Conversation owner = fixture.talk();
  (void)fixture.begin(owner);
  check(verdict(fixture.say(owner, codes.shown.front())) == Verdict::kAllow);
  check(std::holds_alternative<Prompt>(fixture.say(thief, sent.message->code).reply), "the phone was lost");
}

void a_text_says_how_long_its_code_still_works() {
  Fixture fixture;
  fixture.manner.language = Language::kEnglish;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  check(fixture.say(talk, "s").message->text.find("Valid 5 min") != std::string::npos);
  check(fixture.say(talk, "s", kNow + seconds(200)).message->text.find("Valid 2 min") != std::string::npos);
}

void a_number_is_registered_at_a_login() {
  Fixture fixture;
  fixture.facts.uid = 1000;
  fixture.facts.has_account_line = true;
  fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
  fixture.manner.send.country = "81";
  fixture.manner.language = Language::kEnglish;
  Conversation talk = fixture.talk();
  check(asked(fixture.begin(talk)).find("Enter your mobile number") != std::string::npos);
  const Outcome refused = fixture.say(talk, "+1 202 555 0100");
  check(!refused.message && asked(refused).find("Codes are not sent to numbers like this one") != std::string::npos);
  const Outcome sent = fixture.say(talk, "090-1234-5678");
  check(sent.message && sent.message->to == "+819012345678", asked(sent));
  check(asked(sent).find("+81") != std::string::npos && asked(sent).find("1234") == std::string::npos);
  check(std::holds_alternative<Prompt>(fixture.say(talk, wrong(sent.message->code)).reply));
  const Outcome soon = fixture.say(talk, "s", kNow + seconds(5));
  check(!soon.message && soon.events.front().event == "delivery-limit");
  const Outcome again = fixture.say(talk, "s", kNow + seconds(31));
  check(again.message && again.message->code == sent.message->code);
  check_equal(again.events.front().reason, "again");
  talk.note_not_sent();
  check(asked(fixture.say(talk, "en", kNow + seconds(32))).find("could not be sent") != std::string::npos);
  check(asked(fixture.say(talk, "en", kNow + seconds(32))).find("could not be sent") == std::string::npos, "once");
  const Outcome kept = fixture.say(talk, sent.message->code, kNow + seconds(40));
  check(asked(kept).find("ecovery") != std::string::npos, asked(kept));
  check(verdict(fixture.say(talk, "", kNow + seconds(50))) == Verdict::kSkip && talk.has_registered());
  const auto label = confirm_registration(fixture.store, fixture.store.account(named("alice")), named("alice"), 1000,
                                          talk.id(), fixture.manner.enrolment, kNow + seconds(50));
  check(label == "sms");
  const Account account = fixture.store.account(named("alice"));
  check(account.methods.size() == 1 && account.methods.front().kind == Kind::kSms);
  const auto next = fixture.message_at(kNow + seconds(100));
  check(next && next->to == "+819012345678", "from the next login on codes go there");
}

void a_registration_gets_another_code_after_the_end_of_the_first() {
  Fixture fixture;
  fixture.facts.uid = 1000;
  fixture.facts.has_account_line = true;
  fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
  fixture.manner.language = Language::kEnglish;
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  (void)fixture.say(talk, "+819012345678");
  const Outcome second = fixture.say(talk, "s", kNow + seconds(300));
  check(second.message && second.message->until == kNow + seconds(600));
  check(second.events.front().event == "code-sent" && second.events.front().reason.empty());
  check(asked(fixture.say(talk, second.message->code, kNow + seconds(599))).find("ecovery") != std::string::npos);
}

void whoever_has_an_app_after_all_may_use_it() {
  Fixture fixture;
  fixture.facts.uid = 1000;
  fixture.facts.has_account_line = true;
  fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
  fixture.manner.language = Language::kEnglish;
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  (void)fixture.say(talk, "+819012345678");
  check(asked(fixture.say(talk, "a")).find("Key: ") != std::string::npos, "the key is shown again");
  Conversation other = fixture.talk();
  check(asked(fixture.begin(other)).find("Key: ") != std::string::npos, "and at the next login, too");
}

void every_spelling_of_s_asks() {
  for (const char* typed : {"s", "S", "ｓ"}) {
    Fixture fixture;
    fixture.add_phone();
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    check(fixture.say(talk, typed).message.has_value(), typed);
  }
}

void other_answers_to_a_guarded_prompt_are_what_they_were() {
  Fixture fixture;
  fixture.add_phone();
  (void)guard(fixture);
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  (void)fixture.say(talk, "s");
  check_equal(fixture.say(talk, "hello").events.front().reason, "not-a-code");
  check_equal(fixture.say(talk, "123456 654321").events.front().reason, "wrong-code");
}

void a_short_code_is_too_little_once_two_are_asked_for() {
  for (const char* typed : {"", "12345678"}) {
    Fixture fixture;
    fixture.add_phone();
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    const std::string code = fixture.say(talk, "s").message->code;
    (void)guard(fixture);
    const Outcome outcome = fixture.say(talk, *typed == 0 ? code : typed);
    check(std::holds_alternative<Prompt>(outcome.reply), "six digits let nobody in there");
  }
}

void whoever_gave_a_password_is_told_that_no_code_could_be_sent() {
  for (const bool is_proven : {true, false}) {
    Fixture fixture;
    fixture.manner.language = Language::kEnglish;
    fixture.add_phone();
    if (is_proven) fixture.manner.send.at_once = {"sshd"};
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    talk.note_not_sent();
    const bool is_told = asked(fixture.say(talk, "?")).find("could not be sent") != std::string::npos;
    check(is_told == is_proven);
    check(asked(fixture.say(talk, "?")).find("could not be sent") == std::string::npos, "once");
  }
}

void nothing_is_sent_to_a_number_that_the_site_no_longer_allows() {
  Fixture fixture;
  fixture.add_phone();
  fixture.manner.send.plan.prefixes = {"+1"};
  check(!fixture.message_at(kNow));
  fixture.manner.send.plan.prefixes = {"+81"};
  fixture.manner.send.sms = false;
  check(!fixture.message_at(kNow));
  fixture.manner.send.sms = true;
  fixture.store.set_suspended(named("alice"), true);
  check(!fixture.message_at(kNow), "nor to somebody who is suspended");
  fixture.store.set_suspended(named("alice"), false);
  fixture.facts.origin = Origin();
  check(fixture.message_at(kNow).has_value());
}

void a_code_of_a_method_that_is_gone_lets_nobody_in() {
  Fixture fixture;
  const MethodId id = fixture.add_phone();
  fixture.add_app();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome sent = fixture.say(talk, "s");
  (void)fixture.store.remove_method(named("alice"), id);
  check(std::holds_alternative<Prompt>(fixture.say(talk, sent.message->code).reply));
}

void after_its_end_another_code_is_sent() {
  Fixture fixture;
  fixture.add_phone();
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk);
  const Outcome first = fixture.say(talk, "s");
  const Outcome second = fixture.say(talk, "s", kNow + seconds(400));
  check(first.message && second.message && second.message->until > first.message->until);
  check(std::holds_alternative<Prompt>(fixture.say(talk, "not a code", kNow + seconds(401)).reply));
}

void a_registration_by_number_has_its_limits() {
  Fixture fixture;
  fixture.facts.uid = 1000;
  fixture.facts.has_account_line = true;
  fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
  fixture.manner.language = Language::kEnglish;
  Conversation wrong_codes = fixture.talk();
  (void)fixture.begin(wrong_codes);
  (void)fixture.say(wrong_codes, "+819012345678");
  check(asked(fixture.say(wrong_codes, "ja")).find("+81") != std::string::npos);
  Outcome last;
  for (int i = 0; i < 5 && (i == 0 || std::holds_alternative<Prompt>(last.reply)); ++i)
    last = fixture.say(wrong_codes, i == 0 ? "hello" : "000000");
  check(std::holds_alternative<Conclusion>(last.reply), "then it is over");
  for (int i = 0; i < 5; ++i) (void)fixture.store.add_failure("new messages alice", kDay, kNow);
  Conversation talk = fixture.talk();
  (void)fixture.begin(talk, kNow + seconds(60));
  const Outcome limited = fixture.say(talk, "+819012345678", kNow + seconds(60));
  check(!limited.message && limited.events.front().reason == "new-messages");
  fixture.manner.enrolment.recovery_codes = 0;
  Conversation none = fixture.talk();
  check(asked(fixture.begin(none)).find("mobile number") == std::string::npos, "a phone alone is not enough");
}

void addresses_are_shown_masked() {
  Method method;
  method.kind = Kind::kEmail;
  method.key = secret_of("alice@example.org");
  check_equal(masked_address(method), "a••••@example.org");
  method.key = secret_of("damaged");
  check(masked_address(method).empty());
  method.kind = Kind::kSms;
  check(masked_address(method).empty());
  method.key = secret_of("+819012345678");
  check_equal(masked_address(method), "+81 •••• ••78");
}

void sent_methods_are_no_tokens() {
  Method method;
  method.kind = Kind::kSms;
  method.key = secret_of("+819012345678");
  method.otp.period = seconds(0);
  method.floor = kNow;
  check(!is_ahead(method, kNow, 1) && !waits_for_resync(method));
  std::vector<Method> methods;
  methods.push_back(std::move(method));
  check(clock_offset_of(methods, {123456, 6}, kNow).empty());
  check(compare(methods, {{123456, 6}, {}}, 1, kNow).match.fresh == 0);
}

void the_number_prompt_takes_every_spelling() {
  for (const char* typed : {"S", "ｓ", "A", "ａ", "en"}) {
    Fixture fixture;
    fixture.facts.uid = 1000;
    fixture.facts.has_account_line = true;
    fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
    Conversation talk = fixture.talk();
    (void)fixture.begin(talk);
    (void)fixture.say(talk, "+819012345678");
    check(std::holds_alternative<Prompt>(fixture.say(talk, typed, kNow + seconds(31)).reply), typed);
  }
}

void a_number_of_an_earlier_login_is_asked_for_anew() {
  Fixture fixture;
  fixture.facts.uid = 1000;
  fixture.facts.has_account_line = true;
  fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
  fixture.manner.language = Language::kEnglish;
  Conversation one = fixture.talk();
  Conversation two = fixture.talk();
  (void)fixture.begin(one);
  (void)fixture.begin(two);
  (void)fixture.say(one, "+819012345678");
  check(asked(fixture.say(two, "123456")).find("Key: ") != std::string::npos, "the other login has another phone");
}

void codes_are_spread_evenly() {
  std::array<int, 10> first{};
  for (int i = 0; i < 20000; ++i) {
    const std::string code = text_of(random_code(6));
    check_equal(code.size(), 6U);
    ++first.at(static_cast<std::size_t>(code.front() - '0'));
  }
  for (const int count : first)
    check(count > 1700 && count < 2300, std::to_string(count));  // seven standard deviations
}

void a_text_is_one_part_of_an_sms() {
  for (const Language language : {Language::kEnglish, Language::kJapanese, Language::kBoth}) {
    Fixture fixture;
    fixture.add_phone();
    fixture.manner.language = language;
    fixture.manner.host = "login1.example.ac.jp";
    const auto message = fixture.message_at(kNow);
    std::size_t units = 0;
    for (const char c : message->text) units += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    check(units <= (language == Language::kEnglish ? 160U : 70U), message->text);
    check(message->text.find("http") == std::string::npos);
  }
}

void a_site_s_text_is_one_part_and_has_the_code() {
  const auto problem = [](const char* text) { return wording_problem(TextId::kCodeSms, text); };
  check(problem("{2} for {1}, {3} min").empty() && problem("確認コード {2}（{1}）").empty());
  check(!problem("for {1}").empty(), "the code is missing");
  check(!problem("コード {2} "
                 "とても長い文章とても長い文章とても長い文章とても長い文章とても長い文章とても長い文章とても長い文章と"
                 "ても長い文章とても長い文章")
             .empty());
  check(!wording_problem(TextId::kCodeMailSubject, "{2}").empty(), "a subject is seen by others");
  Fixture fixture;
  fixture.add_phone();
  fixture.manner.language = Language::kJapanese;
  fixture.manner.host = std::string(60, 'h');
  check(fixture.message_at(kNow)->text.find(std::string(25, 'h')) == std::string::npos, "a long host name is cut");
}

void one_answer_clients_are_not_offered_it() {
  Fixture fixture;
  fixture.add_phone();
  fixture.facts.one_answer = true;
  Conversation talk = fixture.talk();
  check(asked(fixture.begin(talk)).find("s =") == std::string::npos);
  check(!fixture.say(talk, "s").message);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_code_is_sent_and_lets_in),
      SEIMON_TEST(the_answer_is_the_same_for_everybody),
      SEIMON_TEST(nothing_is_sent_where_no_code_could_let_in),
      SEIMON_TEST(mail_is_sent_only_where_a_rule_names_it),
      SEIMON_TEST(sent_again_it_is_the_same_code_with_the_same_end),
      SEIMON_TEST(a_code_ends),
      SEIMON_TEST(a_code_counts_in_its_own_conversation),
      SEIMON_TEST(a_spent_code_is_spent),
      SEIMON_TEST(wrong_answers_are_charged_before_and_after),
      SEIMON_TEST(other_methods_stay_usable),
      SEIMON_TEST(a_user_gets_so_many_messages_and_no_more),
      SEIMON_TEST(a_limit_closes_no_other_way),
      SEIMON_TEST(one_number_of_many_users_gets_no_more_than_one_users),
      SEIMON_TEST(one_address_asks_for_ten_an_hour),
      SEIMON_TEST(the_site_stops_at_its_limit),
      SEIMON_TEST(behind_a_right_first_factor_it_is_sent_at_once),
      SEIMON_TEST(where_two_codes_are_asked_for_a_longer_one_is_sent),
      SEIMON_TEST(a_guarded_prompt_tells_nobody_who_has_a_phone),
      SEIMON_TEST(asking_for_a_code_makes_guesses_dearer_for_everybody),
      SEIMON_TEST(two_codes_of_an_app_are_taken_after_a_code_was_asked_for),
      SEIMON_TEST(too_early_an_s_costs_nothing),
      SEIMON_TEST(a_message_that_does_not_leave_is_counted_nowhere),
      SEIMON_TEST(hosts_that_are_not_trusted_share_one_address),
      SEIMON_TEST(a_recovery_code_ends_codes_that_are_on_their_way),
      SEIMON_TEST(a_text_says_how_long_its_code_still_works),
      SEIMON_TEST(a_number_is_registered_at_a_login),
      SEIMON_TEST(a_registration_gets_another_code_after_the_end_of_the_first),
      SEIMON_TEST(whoever_has_an_app_after_all_may_use_it),
      SEIMON_TEST(every_spelling_of_s_asks),
      SEIMON_TEST(other_answers_to_a_guarded_prompt_are_what_they_were),
      SEIMON_TEST(a_short_code_is_too_little_once_two_are_asked_for),
      SEIMON_TEST(whoever_gave_a_password_is_told_that_no_code_could_be_sent),
      SEIMON_TEST(nothing_is_sent_to_a_number_that_the_site_no_longer_allows),
      SEIMON_TEST(a_code_of_a_method_that_is_gone_lets_nobody_in),
      SEIMON_TEST(after_its_end_another_code_is_sent),
      SEIMON_TEST(a_registration_by_number_has_its_limits),
      SEIMON_TEST(addresses_are_shown_masked),
      SEIMON_TEST(sent_methods_are_no_tokens),
      SEIMON_TEST(the_number_prompt_takes_every_spelling),
      SEIMON_TEST(a_number_of_an_earlier_login_is_asked_for_anew),
      SEIMON_TEST(codes_are_spread_evenly),
      SEIMON_TEST(a_text_is_one_part_of_an_sms),
      SEIMON_TEST(a_site_s_text_is_one_part_and_has_the_code),
      SEIMON_TEST(one_answer_clients_are_not_offered_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

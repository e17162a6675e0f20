// SPDX-License-Identifier: Apache-2.0
// The conversation at its corners: what scenarios cannot do, because a PAM application cannot either.
#include "core/login/conversation.h"

#include <openssl/evp.h>

#include <functional>

#include "core/login/enrolment.h"
#include "tests/support/memory_store.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

const Instant kNow(seconds(1800000000));
UserName alice() { return *UserName::parse("alice"); }

struct Fixture {
  Fixture() {
    Method method;
    method.label = "app";
    method.key = Secret(std::vector<std::uint8_t>(20, 5));
    method.last_step = Step{static_cast<std::int64_t>(step_at(kNow, seconds(30))) - 2};
    (void)store.add_method(alice(), 1000, method);
    facts.exists = true;
    facts.trusted = true;
    facts.groups.emplace();
    facts.origin = {Origin::Kind::kAddress, *parse_address("203.0.113.9"), "203.0.113.9"};
    policy.fallback.action = Action::kRequire;
    policy.fallback.name = "default";
  }
  Records records() { return {store, store}; }
  Conversation talk() { return Conversation("c", facts, manner); }
  std::string code(std::int64_t steps = 0) {
    const auto step = Step{static_cast<std::int64_t>(step_at(kNow, seconds(30))) + steps};
    std::string digits = std::to_string(code_at(Secret(std::vector<std::uint8_t>(20, 5)), Algorithm::kSha1, 6, step));
    return std::string(6 - digits.size(), '0') + digits;
  }
  MemoryStore store;
  Facts facts{alice()};
  Manner manner;
  Policy policy;
};

Verdict verdict(const Outcome& outcome) { return std::get<Conclusion>(outcome.reply).verdict; }
std::string asked(const Outcome& outcome) { return std::get<Prompt>(outcome.reply).text; }

void what_the_module_keeps_back_is_not_compared_and_costs_no_budget() {
  const std::array<std::pair<Withheld, std::string>, 3> kept = {
      {{Withheld::kEmpty, "empty"}, {Withheld::kFiller, "refused-by-sshd"}, {Withheld::kTooLong, "not-a-code"}}};
  for (const auto& [reason, expected] : kept) {
    Fixture fixture;
    Conversation talk = fixture.talk();
    (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
    check(asked(talk.withhold(reason, fixture.records(), even(kNow))).find("2 tries left") != std::string::npos);
    (void)talk.withhold(reason, fixture.records(), even(kNow));
    const Outcome last = talk.withhold(reason, fixture.records(), even(kNow));
    check(verdict(last) == Verdict::kExhausted && last.negative);
    check_equal(last.events.front().reason, expected);
    check(fixture.store.account(alice()).failure_records.empty(), "nothing is held against the user");
  }
  Fixture fixture;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  for (int i = 0; i < 5; ++i)
    check(asked(talk.withhold(Withheld::kPassword, fixture.records(), even(kNow))).find("That was your password") !=
          std::string::npos);
  check(verdict(talk.answer(fixture.code(), fixture.records(), even(kNow))) == Verdict::kAllow,
        "a typed password is no try");
  Conversation once = fixture.talk();
  (void)once.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = once.withhold(Withheld::kPasswordMethod, fixture.records(), even(kNow));
  check(verdict(outcome) == Verdict::kDeny, "sshd's password method has one question");
  check_equal(outcome.events.front().reason, "password-method");
}

void a_conversation_does_not_go_on_for_ever() {
  Fixture fixture;
  for (const bool typed : {true, false}) {
    Conversation talk = fixture.talk();
    (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
    Outcome outcome;
    int turns = 0;
    for (; !talk.is_concluded() && turns < 100; ++turns)
      outcome = typed ? talk.answer(turns % 2 == 0 ? "?" : "？", fixture.records(), even(kNow))
                      : talk.withhold(Withheld::kPassword, fixture.records(), even(kNow));
    check(turns < 60 && verdict(outcome) == Verdict::kExhausted);
    check_equal(outcome.events.front().reason, "too-many-turns");
  }
}

void what_breaks_outside_refuses_and_only_observing_goes_on() {
  Fixture fixture;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(talk.fail("store-unavailable", kNow)) == Verdict::kUnavailable);
  fixture.manner.observe = true;
  fixture.policy.observe = true;
  Conversation observed = fixture.talk();
  const Outcome outcome = observed.fail("store-unavailable", kNow);
  check(verdict(outcome) == Verdict::kSkip);
  check_equal(outcome.events.back().would, "refuse");
  fixture.policy.observe = false;
  Conversation switched = fixture.talk();
  (void)switched.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(switched.fail("store-unavailable", kNow)) == Verdict::kUnavailable, "whoever was asked is not let in");
  check(Outcome().reply.index() == 0 && verdict(Outcome()) == Verdict::kDeny);
}

void only_whom_the_policy_exempts_is_let_in_unread() {
  for (const Action action : {Action::kSkip, Action::kRequire})
    for (const Unenrolled unenrolled : {Unenrolled::kDeny, Unenrolled::kAllow, Unenrolled::kRemind})
      for (const bool observe : {false, true}) {
        Fixture fixture;
        fixture.policy.observe = observe;
        fixture.policy.fallback.action = action;
        fixture.policy.fallback.unenrolled = unenrolled;
        const bool reads = unenrolled == Unenrolled::kRemind && !observe;  // whom to remind
        const bool unread = fixture.talk().is_exempt_unread(fixture.policy, kNow);
        check_equal(unread, action == Action::kSkip && !reads);
        if (!unread) continue;
        Conversation talk = fixture.talk();
        Conversation same = fixture.talk();
        const Outcome outcome = talk.exempt(fixture.policy, even(kNow));
        check(verdict(outcome) == Verdict::kSkip && talk.is_concluded());
        check_equal(outcome.events.back().reason,
                    same.begin(fixture.policy, fixture.records(), even(kNow)).events.back().reason);
      }
}

void observing_says_what_would_have_been() {
  struct Row {
    Action action;
    Unenrolled unenrolled;
    const char* user;
    const char* would;
  };
  for (const Row& row : {Row{Action::kRequire, Unenrolled::kDeny, "alice", "require"},
                         Row{Action::kDeny, Unenrolled::kDeny, "alice", "refuse"},
                         Row{Action::kRequire, Unenrolled::kAllow, "bob", "skip"},
                         Row{Action::kRequire, Unenrolled::kDeny, "bob", "refuse"}}) {
    Fixture fixture;
    fixture.facts.user = *UserName::parse(row.user);
    fixture.policy.observe = true;
    fixture.policy.fallback.action = row.action;
    fixture.policy.fallback.unenrolled = row.unenrolled;
    const Outcome outcome = fixture.talk().begin(fixture.policy, fixture.records(), even(kNow));
    check(verdict(outcome) == Verdict::kSkip);
    check_equal(outcome.events.back().would, row.would);
  }
}

void a_claim_is_named_and_has_a_budget_of_its_own() {
  Fixture fixture;
  fixture.facts.trusted = false;
  fixture.facts.peer_uid = 1000;
  fixture.manner.codes.tries = 10;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  Outcome outcome;
  for (int i = 0; i < 5; ++i) outcome = talk.answer("000000", fixture.records(), even(kNow));
  check(asked(outcome).find("two codes in a row") != std::string::npos);
  check_equal(outcome.events.front().actor, "uid 1000");
  check_equal(outcome.events.back().reason, "guarded");
  const auto failure_records = fixture.store.account(alice()).failure_records;
  check(failure_records.contains(CounterScope{1000}) && !failure_records.contains(CounterScope::kTrusted));
  check(fixture.store.failures_from(Sources::kEveryone).count == 0, "claims are no alarm");
}

void a_hundred_failures_over_all_users_are_an_alarm() {
  Fixture fixture;
  for (int i = 1; i < kFleetAlarm; ++i) (void)fixture.store.add_failure(Sources::kEveryone, kDay, kNow);
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = talk.answer("000000", fixture.records(), even(kNow));
  check_equal(outcome.events.back().reason, "many-failures");
  const Outcome next = talk.answer("000000", fixture.records(), even(kNow));
  check_equal(next.events.back().event, "try");
}

// A store in which somebody else spends in between.
class Racing : public MemoryStore {
 public:
  explicit Racing(Spend answer) : answer_(answer) {}
  Spend spend(const UserName&, MethodId, Used, const Drift&, Instant) override { return answer_; }

 private:
  Spend answer_;
};

void only_a_won_spend_admits() {
  for (const auto& [spend, reason] : {std::pair(Spend::kAlready, "already-used"), {Spend::kUnknown, "spend-unknown"}}) {
    Fixture fixture;
    Racing racing(spend);
    Method method;
    method.label = "app";
    method.key = Secret(std::vector<std::uint8_t>(20, 5));
    method.last_step = Step{1};
    (void)racing.add_method(alice(), 1000, method);
    Conversation talk = fixture.talk();
    const Records records{racing, racing};
    (void)talk.begin(fixture.policy, records, even(kNow));
    const Outcome outcome = talk.answer(fixture.code(), records, even(kNow));
    check(outcome.reply.index() == 1, "asked again");
    check_equal(outcome.events.front().reason, reason);
  }
}

void one_failure_is_told_in_the_singular_and_in_each_language() {
  for (const auto& [language, part] : {std::pair(Language::kEnglish, "1 failed code since "),
                                       {Language::kJapanese, "誤ったコードが1回入力されました"},
                                       {Language::kBoth, "1 failed code since "}}) {
    Fixture fixture;
    fixture.manner.language = language;
    Conversation other = fixture.talk();
    (void)other.begin(fixture.policy, fixture.records(), even(kNow));
    (void)other.answer("000000", fixture.records(), even(kNow));
    Conversation talk = fixture.talk();
    (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
    (void)talk.answer("000000", fixture.records(), even(kNow));  // one's own of this login is no news
    const Outcome outcome = talk.answer(fixture.code(), fixture.records(), even(kNow));
    check(verdict(outcome) == Verdict::kAllow);
    check(std::get<Conclusion>(outcome.reply).message.find(part) != std::string::npos,
          std::get<Conclusion>(outcome.reply).message);
    check(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).find(": ") != std::string::npos);
  }
}

void what_a_condition_could_not_tell_stands_in_the_trail() {
  Fixture fixture;
  fixture.facts.groups.reset();
  Rule rule;
  rule.name = "staff";
  rule.given.groups = {"staff"};
  rule.action = Action::kSkip;
  fixture.policy.rules.push_back(rule);
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = talk.answer(fixture.code(), fixture.records(), even(kNow));
  check_equal(outcome.events.back().reason, "cannot-tell-groups");
}

void whoever_is_not_asked_hears_the_reminder_where_there_is_one() {
  Fixture fixture;
  fixture.facts.user = *UserName::parse("carol");
  fixture.policy.fallback.unenrolled = Unenrolled::kRemind;
  check(!std::get<Conclusion>(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply)
             .reminder.empty());
  fixture.policy.fallback.unenrolled = Unenrolled::kAllow;
  check(
      std::get<Conclusion>(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply).reminder.empty());
  fixture.facts.exists = false;
  check(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply.index() == 1,
        "an unknown name is asked");
}

void a_removed_account_with_methods_is_still_judged_as_itself() {
  Fixture fixture;
  fixture.facts.exists = false;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(talk.answer(fixture.code(), fixture.records(), even(kNow))) == Verdict::kAllow);
  for (const Method& method : fixture.store.account(alice()).methods)
    (void)fixture.store.remove_method(alice(), method.id);
  Conversation reset = fixture.talk();
  (void)reset.begin(fixture.policy, fixture.records(), even(kNow));
  check_equal(reset.answer("000000", fixture.records(), even(kNow)).events.front().reason, "unknown-user");
  fixture.facts.exists = true;
  Conversation known = fixture.talk();
  (void)known.begin(fixture.policy, fixture.records(), even(kNow));
  check_equal(known.answer("000000", fixture.records(), even(kNow)).events.front().reason, "reset");
  fixture.store.set_suspended(alice(), true);
  Conversation suspended = fixture.talk();
  (void)suspended.begin(fixture.policy, fixture.records(), even(kNow));
  check_equal(suspended.answer("000000", fixture.records(), even(kNow)).events.front().reason, "suspended");
}

void exhaust(Fixture& fixture) {
  for (int i = 0; i < 2; ++i) {
    Conversation talk = fixture.talk();
    (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
    for (int j = 0; j < 3; ++j) (void)talk.answer("000000", fixture.records(), even(kNow));
  }
}

void two_codes_may_come_in_one_answer() {
  Fixture fixture;
  exhaust(fixture);
  Conversation talk = fixture.talk();
  check(asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).find("two codes") != std::string::npos);
  check(verdict(talk.answer(fixture.code(0) + " " + fixture.code(1), fixture.records(), even(kNow))) ==
        Verdict::kAllow);
  Fixture other;
  exhaust(other);
  Conversation again = other.talk();
  (void)again.begin(other.policy, other.records(), even(kNow));
  check_equal(again.answer("12345", other.records(), even(kNow)).events.front().reason, "not-a-code");
  (void)again.answer(other.code(0), other.records(), even(kNow));
  check_equal(again.answer("not a code", other.records(), even(kNow)).events.front().reason, "not-a-code");
}

void one_code_at_a_prompt_from_before_is_not_compared() {
  Fixture fixture;
  Conversation early = fixture.talk();
  (void)early.begin(fixture.policy, fixture.records(), even(kNow));
  exhaust(fixture);
  const Outcome outcome = early.answer(fixture.code(), fixture.records(), even(kNow));
  check_equal(outcome.events.front().reason, "guarded");
  check(asked(outcome).find("two codes") != std::string::npos, "and the next prompt asks for what is wanted");
  fixture.manner.risk.lock = true;
  Conversation locked = fixture.talk();
  check(asked(locked.begin(fixture.policy, fixture.records(), even(kNow))).find("two codes") == std::string::npos);
  check_equal(locked.answer(fixture.code(), fixture.records(), even(kNow)).events.front().reason, "over-limit");
}

void two_codes_are_taken_also_when_one_has_become_enough() {
  Fixture fixture;
  exhaust(fixture);
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  for (const auto& [scope, failures] : fixture.store.account(alice()).failure_records)
    fixture.store.record_failures(alice(), scope, reset(failures));
  (void)talk.answer(fixture.code(0), fixture.records(), even(kNow));
  check(verdict(talk.answer(fixture.code(1), fixture.records(), even(kNow))) == Verdict::kAllow);
}

void two_codes_that_were_each_spent_alone_are_no_pair() {
  Fixture fixture;
  for (const std::int64_t step : {0, 1, 2}) {
    Conversation talk = fixture.talk();
    const Moment at = even(kNow + seconds(30 * step));
    (void)talk.begin(fixture.policy, fixture.records(), at);
    check(verdict(talk.answer(fixture.code(step), fixture.records(), at)) == Verdict::kAllow);
  }
  // The clock goes back to where they were fresh.
  Conversation talk = fixture.talk();
  const Moment back = even(kNow - seconds(30));
  check(asked(talk.begin(fixture.policy, fixture.records(), back)).find("two codes") != std::string::npos);
  (void)talk.answer(fixture.code(0), fixture.records(), back);
  check_equal(talk.answer(fixture.code(1), fixture.records(), back).events.front().outcome, "refused");
}

void whoever_typed_nothing_wrong_is_not_told_of_wrong_codes() {
  Fixture fixture;
  const Moment ahead = even(kNow + seconds(3600));
  Conversation then = fixture.talk();
  (void)then.begin(fixture.policy, fixture.records(), ahead);
  check(verdict(then.answer(fixture.code(120), fixture.records(), ahead)) == Verdict::kAllow);
  Conversation talk = fixture.talk();
  const std::string question = asked(talk.begin(fixture.policy, fixture.records(), even(kNow)));
  check(question.find("two codes in a row") != std::string::npos && question.find("wrong") == std::string::npos,
        "a clock that was ahead");
}

void a_site_that_locks_still_asks_for_two_codes_where_two_are_wanted() {
  Fixture fixture;
  fixture.manner.risk.lock = true;
  const Moment ahead = even(kNow + seconds(3600));
  Conversation then = fixture.talk();
  (void)then.begin(fixture.policy, fixture.records(), ahead);
  check(verdict(then.answer(fixture.code(120), fixture.records(), ahead)) == Verdict::kAllow);
  Conversation talk = fixture.talk();
  check(asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).find("two codes") != std::string::npos);
  (void)talk.answer(fixture.code(0), fixture.records(), even(kNow));
  check(verdict(talk.answer(fixture.code(1), fixture.records(), even(kNow))) == Verdict::kAllow);
}

void whoever_used_up_the_guarded_tries_is_asked_all_the_same_and_told_nothing() {
  Fixture fixture;
  exhaust(fixture);
  std::string first;
  for (int i = 0; i < 12; ++i) {
    Conversation talk = fixture.talk();
    const std::string question = asked(talk.begin(fixture.policy, fixture.records(), even(kNow)));
    if (first.empty()) first = question;
    check_equal(question, first);
    const Outcome outcome = talk.answer("000000111111", fixture.records(), even(kNow));
    check_equal(outcome.events.front().reason, i < 10 ? "wrong-code" : "over-limit");
  }
}

void who_is_exempt_passes_suspended_or_denied_never() {
  Decision decision;
  Account account;
  const Situation here{true, true, true};
  check(expected_outcome_of(decision, account, {}, here) == ExpectedOutcome::kRefused, "the empty decision refuses");
  decision.action = Action::kSkip;
  check(expected_outcome_of(decision, account, {}, here) == ExpectedOutcome::kPasses);
  account.profile.suspended = true;
  check(expected_outcome_of(decision, account, {}, here) == ExpectedOutcome::kRefused);
}

// One key that stands there twice, as a store from before that was refused may have it.
void a_code_is_spent_in_every_method_that_it_matches() {
  Fixture fixture;
  Method twin;
  twin.label = "app-2";
  twin.key = Secret(std::vector<std::uint8_t>(20, 5));
  (void)fixture.store.add_method(alice(), 1000, twin);
  Conversation first = fixture.talk();
  (void)first.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(first.answer(fixture.code(), fixture.records(), even(kNow))) == Verdict::kAllow);
  Conversation second = fixture.talk();
  (void)second.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = second.answer(fixture.code(), fixture.records(), even(kNow));
  check_equal(outcome.events.front().reason, "already-used");
}

// The first is won, and of its twin nobody can tell.
class OneOfTwo : public MemoryStore {
 public:
  Spend spend(const UserName&, MethodId, Used, const Drift&, Instant) override {
    return ++spends_ == 1 ? Spend::kWon : Spend::kUnknown;
  }

 private:
  int spends_ = 0;
};

void a_code_that_may_still_be_good_in_a_twin_is_refused() {
  Fixture fixture;
  OneOfTwo store;
  for (const char* label : {"app", "app-2"}) {
    Method method;
    method.label = label;
    method.key = Secret(std::vector<std::uint8_t>(20, 5));
    method.last_step = Step{1};
    (void)store.add_method(alice(), 1000, method);
  }
  Conversation talk = fixture.talk();
  const Records records{store, store};
  (void)talk.begin(fixture.policy, records, even(kNow));
  const Outcome outcome = talk.answer(fixture.code(), records, even(kNow));
  check(outcome.reply.index() == 1, "asked again");
  check_equal(outcome.events.front().reason, "spend-unknown");
}

void another_key_of_the_same_user_is_not_spent() {
  Fixture fixture;
  Method other;
  other.label = "tablet";
  other.key = Secret(std::vector<std::uint8_t>(20, 6));
  (void)fixture.store.add_method(alice(), 1000, other);
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(talk.answer(fixture.code(), fixture.records(), even(kNow))) == Verdict::kAllow);
  check(fixture.store.account(alice()).methods.back().last_step == Step{-1});
}

// `sudo -p` shows a text of its own in the place of the question.
void sudo_is_told_what_is_asked_and_hides_what_is_typed() {
  for (const auto& [service, replaced] : {std::pair("sudo", true), {"sudo-i", true}, {"sshd", false}}) {
    Fixture fixture;
    fixture.facts.service = service;
    const Outcome outcome = fixture.talk().begin(fixture.policy, fixture.records(), even(kNow));
    const Prompt prompt = std::get<Prompt>(outcome.reply);
    check_equal(prompt.notice.find("Second step") != std::string::npos, replaced);
    check_equal(prompt.echo, !replaced);
  }
}

void a_service_that_is_out_of_order_names_the_help_desk() {
  Fixture fixture;
  fixture.manner.help = "ext. 4567";
  Conversation talk = fixture.talk();
  const Outcome outcome = talk.fail("store-unavailable", kNow);
  check(std::get<Conclusion>(outcome.reply).message.find("this is not your password") != std::string::npos);
  check(std::get<Conclusion>(outcome.reply).message.ends_with("\next. 4567"));
}

void one_key_is_known_again_whatever_its_spelling() {
  const Secret key(std::vector<std::uint8_t>(20, 5));
  std::vector<std::uint8_t> longer(20, 5);
  longer.resize(32);  // zeros at the end are the same key to HMAC (RFC 2104 section 2)
  check(is_same_key(key, Secret(longer)));
  longer.back() = 1;
  check(!is_same_key(key, Secret(longer)));
  // One that is longer than a block is its digest to HMAC, with that algorithm.
  const std::vector<std::uint8_t> block(200, 7);
  for (const EVP_MD* digest : {EVP_sha1(), EVP_sha256(), EVP_sha512()}) {
    std::vector<std::uint8_t> hashed(static_cast<std::size_t>(EVP_MD_get_size(digest)));
    check(EVP_Digest(block.data(), block.size(), hashed.data(), nullptr, digest, nullptr) == 1);
    check(is_same_key(Secret(block), Secret(hashed)));
  }
}

void a_key_that_is_put_again_keeps_what_was_used() {
  Method old;
  old.last_step = Step{1000};
  old.last_pair_step = Step{900};
  Method fresh;
  fresh.last_step = Step{-1};
  carry_over(old, fresh, 1);
  check(fresh.last_step == Step{1000} && fresh.last_pair_step == Step{900});
  Method later;
  later.last_step = Step{2000};
  carry_over(old, later, 1);
  check(later.last_step == Step{2000}, "the later last step stays");
  Method minute;
  minute.otp.period = seconds(60);
  carry_over(old, minute, 1);
  check(minute.last_step == Step{500}, "1001 half minutes have begun 501 minutes");
  check(minute.last_pair_step == Step{450});
  Method counter;
  counter.otp.period = seconds(0);
  counter.last_step = Step{3};
  carry_over(old, counter, 1);
  check(counter.last_step == Step{3}, "counters and times lie far apart");
  old.last_pair_step = Step{-1};
  Method paired;
  paired.otp.period = seconds(60);
  carry_over(old, paired, 1);
  check(paired.last_pair_step == Step{-1});
}

// A saved setting is visible to others; without the password nothing is changed.
void a_language_is_kept_with_an_accepted_login_only() {
  Fixture fixture;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  (void)talk.answer("ja", fixture.records(), even(kNow));
  check(!fixture.store.account(alice()).profile.language);
  check(verdict(talk.answer(fixture.code(), fixture.records(), even(kNow))) == Verdict::kAllow);
  check(fixture.store.account(alice()).profile.language == Language::kJapanese);
}

// A clock that is set forward gives no new tries; codes still follow the clock.
void a_clock_that_is_set_forward_relaxes_no_budget() {
  Fixture fixture;
  for (int i = 0; i < 2; ++i) {
    Conversation talk = fixture.talk();
    (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
    for (int j = 0; j < 3; ++j) (void)talk.answer("000000", fixture.records(), even(kNow));
  }
  constexpr std::int64_t kSteps = 365 * 24 * 120;
  const Instant wall = kNow + kSteps * seconds(30);
  Conversation guarded = fixture.talk();
  const Outcome asked_for = guarded.begin(fixture.policy, fixture.records(), {wall, kNow + seconds(10)});
  check(asked(asked_for).find("two codes") != std::string::npos);
  check(verdict(guarded.answer(fixture.code(kSteps - 1) + fixture.code(kSteps), fixture.records(),
                               {wall, kNow + seconds(20)})) == Verdict::kAllow);
  Conversation later = fixture.talk();
  check(
      asked(later.begin(fixture.policy, fixture.records(), even(wall + kMonth))).find("two codes") == std::string::npos,
      "the same clock, once it is accepted");
}

void sudo_takes_the_code_of_its_own_sessions_login_where_the_rule_lets_it() {
  const auto begun = [](const std::function<void(Fixture&, Ticket&)>& change) {
    Fixture fixture;
    fixture.manner.host = "web1";
    fixture.facts.service = "sudo";
    fixture.facts.session = "audit 7";
    fixture.facts.boot = "boot";
    fixture.policy.fallback.same_session = true;
    Ticket ticket;
    ticket.until = kNow + seconds(60);
    ticket.second_step = true;
    ticket.host = "web1";
    ticket.boot = "boot";
    ticket.session = "audit 7";
    change(fixture, ticket);
    Profile profile = fixture.store.account(alice()).profile;
    profile.tickets.push_back(ticket);
    fixture.store.write_profile(alice(), profile);
    Conversation talk = fixture.talk();
    return talk.begin(fixture.policy, fixture.records(), even(kNow));
  };
  const Outcome taken = begun([](Fixture&, Ticket&) {});
  check(verdict(taken) == Verdict::kSkip);
  check_equal(taken.events.front().reason, "same-session");
  const std::vector<std::pair<const char*, std::function<void(Fixture&, Ticket&)>>> asked_all_the_same = {
      {"the rule says nothing", [](Fixture& fixture, Ticket&) { fixture.policy.fallback.same_session = false; }},
      {"the rule names kinds",
       [](Fixture& fixture, Ticket&) {
         fixture.policy.fallback.kinds = Kinds();
         fixture.policy.fallback.kinds.add(Kind::kApp);
       }},
      {"a user's own word", [](Fixture& fixture, Ticket&) { fixture.facts.trusted = false; }},
      {"no session is known", [](Fixture& fixture, Ticket& ticket) { fixture.facts.session = ticket.session = ""; }},
      {"no boot is known", [](Fixture& fixture, Ticket& ticket) { fixture.facts.boot = ticket.boot = ""; }},
      {"a login", [](Fixture& fixture, Ticket&) { fixture.facts.service = "sshd"; }},
      {"a login that no code was asked of", [](Fixture&, Ticket& ticket) { ticket.second_step = false; }},
      {"another session", [](Fixture&, Ticket& ticket) { ticket.session = "audit 8"; }},
      {"another boot", [](Fixture&, Ticket& ticket) { ticket.boot = "before"; }},
      {"another host", [](Fixture&, Ticket& ticket) { ticket.host = "web2"; }},
      {"ended", [](Fixture&, Ticket& ticket) { ticket.until = kNow; }},
  };
  for (const auto& [why, change] : asked_all_the_same) check(begun(change).reply.index() == 1, why);
}

void whoever_has_no_method_is_told_where_the_site_wants_that() {
  const auto begun = [](const std::function<void(Fixture&, Profile&)>& change) {
    Fixture fixture;
    fixture.manner.enrolment.tell_unenrolled = true;
    fixture.manner.help = "Room 7";
    fixture.facts.user = *UserName::parse("carol");
    Profile profile;
    change(fixture, profile);
    fixture.store.write_profile(fixture.facts.user, profile);
    Conversation talk = fixture.talk();
    return talk.begin(fixture.policy, fixture.records(), even(kNow));
  };
  const Outcome told = begun([](Fixture&, Profile&) {});
  check(verdict(told) == Verdict::kExhausted);
  const std::string message = std::get<Conclusion>(told.reply).message;
  check(message.find("No sign-in method") != std::string::npos && message.find("Room 7") != std::string::npos);
  check_equal(told.events.front().reason, "not-enrolled");
  const Outcome unknown = begun([](Fixture& fixture, Profile&) { fixture.facts.exists = false; });
  check_equal(std::get<Conclusion>(unknown.reply).message, message);
  check_equal(unknown.events.front().reason, "unknown-user");
  check(verdict(begun([](Fixture& fixture, Profile&) { fixture.facts.one_answer = true; })) == Verdict::kDeny);
  const std::vector<std::pair<const char*, std::function<void(Fixture&, Profile&)>>> asked_all_the_same = {
      {"not by default", [](Fixture& fixture, Profile&) { fixture.manner.enrolment.tell_unenrolled = false; }},
      {"who is suspended", [](Fixture&, Profile& profile) { profile.suspended = true; }},
      {"who has a recovery code", [](Fixture&, Profile& profile) { profile.recovery.unused = {"digest"}; }},
      {"whom a rule denies", [](Fixture& fixture, Profile&) { fixture.policy.fallback.action = Action::kDeny; }},
      {"who has a method", [](Fixture& fixture, Profile&) { fixture.facts.user = alice(); }},
  };
  for (const auto& [why, change] : asked_all_the_same) check(begun(change).reply.index() == 1, why);
}

void a_login_host_that_is_not_trusted_registers_nobody_and_has_a_budget_of_its_own() {
  Fixture fixture;
  fixture.facts.untrusted_host = "web1";
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  for (int i = 0; i < 2; ++i) (void)talk.answer("000000", fixture.records(), even(kNow));
  const Account account = fixture.store.account(alice());
  check(!account.failure_records.contains(CounterScope::kTrusted), "the fleet's budget is whole");
  check_equal(account.failure_records.size(), 1U);
  fixture.facts.user = *UserName::parse("carol");
  fixture.policy.fallback.unenrolled = Unenrolled::kEnrol;
  Conversation other = fixture.talk();
  const Outcome outcome = other.begin(fixture.policy, fixture.records(), even(kNow));
  check(outcome.reply.index() == 1 && asked(outcome).find("Verification code") != std::string::npos,
        "asked, not shown a key");
  check(!other.situation().from_enrol_from && !other.situation().may_replace);
}

// Alice has a letter and nothing else.
struct LetterFixture : Fixture {
  explicit LetterFixture(Unenrolled unenrolled, Instant counts_from = kFromFirstUse) {
    const Account before = store.account(alice());
    (void)store.remove_method(alice(), before.methods.front().id);
    store.write_profile(alice(), Profile());
    Method letter;
    letter.label = "letter";
    letter.state = State::kIssued;
    letter.key = Secret(std::vector<std::uint8_t>(20, 5));
    letter.registered = kNow;
    letter.counts_from = counts_from;
    (void)store.add_method(alice(), 1000, letter);
    facts.uid = 1000;
    facts.service = "sshd";
    facts.has_account_line = true;
    policy.fallback.unenrolled = unenrolled;
  }
};

void a_letter_obliges_to_nothing_before_its_first_use() {
  for (const Unenrolled unenrolled : {Unenrolled::kAllow, Unenrolled::kRemind}) {
    LetterFixture fixture(unenrolled);
    Conversation talk = fixture.talk();
    const Outcome outcome = talk.begin(fixture.policy, fixture.records(), even(kNow));
    check(verdict(outcome) == Verdict::kSkip, "as before");
    check_equal(outcome.events.back().reason, "not-enrolled");
    const std::string reminder = std::get<Conclusion>(outcome.reply).reminder;
    check_equal(reminder.find("by letter") != std::string::npos, unenrolled == Unenrolled::kRemind);
  }
  LetterFixture asked_to_set_up(Unenrolled::kAsk);
  Conversation later = asked_to_set_up.talk();
  check(asked(later.begin(asked_to_set_up.policy, asked_to_set_up.records(), even(kNow))).find("[Y/n]") !=
        std::string::npos);
  check(verdict(later.answer("n", asked_to_set_up.records(), even(kNow))) == Verdict::kSkip);
  check(!asked_to_set_up.store.account(alice()).profile.enrolled_before, "its loss resets nobody");
  LetterFixture removed(Unenrolled::kAllow);
  (void)removed.store.remove_method(alice(), removed.store.account(alice()).methods.front().id);
  Conversation talk = removed.talk();
  check(verdict(talk.begin(removed.policy, removed.records(), even(kNow))) == Verdict::kSkip);
}

void a_letters_code_is_taken_wherever_its_owner_is_asked_and_counts_from_then() {
  for (const Unenrolled unenrolled : {Unenrolled::kAsk, Unenrolled::kEnrol, Unenrolled::kDeny}) {
    LetterFixture fixture(unenrolled);
    Conversation talk = fixture.talk();
    const std::string question = asked(talk.begin(fixture.policy, fixture.records(), even(kNow)));
    check_equal(question.find("by letter") != std::string::npos, unenrolled != Unenrolled::kDeny);
    const Outcome wrong = talk.answer("000000", fixture.records(), even(kNow));
    check(wrong.reply.index() == 1 && wrong.negative);
    check(fixture.store.account(alice()).failure_records.at(CounterScope::kTrusted).failed == 1, "a guess is charged");
    const Outcome outcome = talk.answer(fixture.code(), fixture.records(), even(kNow));
    check(verdict(outcome) == Verdict::kAllow);
    check_equal(outcome.events.back().reason, "first-use");
    check(fixture.store.account(alice()).profile.enrolled_before);
    Conversation next = fixture.talk();
    check(
        asked(next.begin(fixture.policy, fixture.records(), even(kNow))).find("Verification code") != std::string::npos,
        "asked from then");
    check(next.answer(fixture.code(), fixture.records(), even(kNow)).negative, "and its code is spent");
  }
}

void a_letter_with_a_start_counts_from_that_day() {
  const Instant start = kNow + std::chrono::hours(24);
  LetterFixture fixture(Unenrolled::kAllow, start);
  Conversation before = fixture.talk();
  check(verdict(before.begin(fixture.policy, fixture.records(), even(start - seconds(1)))) == Verdict::kSkip);
  Conversation ahead = fixture.talk();
  const Moment set_forward{start + seconds(1), kNow};
  check(verdict(ahead.begin(fixture.policy, fixture.records(), set_forward)) == Verdict::kSkip,
        "a clock that was set forward brings no day nearer");
  Conversation from_then = fixture.talk();
  check(asked(from_then.begin(fixture.policy, fixture.records(), even(start))).find("Verification code") !=
        std::string::npos);
  Account account = fixture.store.account(alice());
  const seconds month = std::chrono::hours(24 * 30);
  check(!drop_ended(account, 1000, month, kNow + month) && account.methods.size() == 1,
        "its time begins with that day");
  (void)drop_ended(account, 1000, month, start + month);
  check(account.methods.empty());
}

void whoever_has_a_letter_may_register_as_before_and_is_guarded_as_anybody() {
  LetterFixture fixture(Unenrolled::kEnrol);
  Conversation talk = fixture.talk();
  const std::string shown = asked(talk.begin(fixture.policy, fixture.records(), even(kNow)));
  check(shown.find("Key:") != std::string::npos);
  const auto pending = std::move(fixture.store.account(alice()).pending);
  const auto digits = std::to_string(code_at(pending->key, Algorithm::kSha1, 6, step_at(kNow, seconds(30))));
  (void)talk.answer(std::string(6 - digits.size(), '0') + digits, fixture.records(), even(kNow));
  check(verdict(talk.answer("", fixture.records(), even(kNow))) == Verdict::kSkip);
  check_equal(*confirm_registration(fixture.store, fixture.store.account(alice()), alice(), 1000, "c", {}, kNow),
              "app");
  check_equal(fixture.store.account(alice()).methods.size(), 2U);
  LetterFixture other(Unenrolled::kEnrol);
  for (int i = 0; i < 6; ++i) {
    Conversation guess = other.talk();
    (void)guess.begin(other.policy, other.records(), even(kNow));
    (void)guess.answer("000000", other.records(), even(kNow));
  }
  Conversation last = other.talk();
  (void)last.begin(other.policy, other.records(), even(kNow));
  const Outcome refused = last.answer(other.code(), other.records(), even(kNow));
  check(refused.reply.index() == 1 && asked(refused).find("two codes in a row") != std::string::npos,
        "one is not enough");
  (void)last.answer(other.code(0), other.records(), even(kNow));
  check(verdict(last.answer(other.code(1), other.records(), even(kNow + seconds(30)))) == Verdict::kAllow);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(what_the_module_keeps_back_is_not_compared_and_costs_no_budget),
      SEIMON_TEST(a_conversation_does_not_go_on_for_ever),
      SEIMON_TEST(what_breaks_outside_refuses_and_only_observing_goes_on),
      SEIMON_TEST(only_whom_the_policy_exempts_is_let_in_unread),
      SEIMON_TEST(observing_says_what_would_have_been),
      SEIMON_TEST(a_claim_is_named_and_has_a_budget_of_its_own),
      SEIMON_TEST(a_hundred_failures_over_all_users_are_an_alarm),
      SEIMON_TEST(only_a_won_spend_admits),
      SEIMON_TEST(one_failure_is_told_in_the_singular_and_in_each_language),
      SEIMON_TEST(what_a_condition_could_not_tell_stands_in_the_trail),
      SEIMON_TEST(whoever_is_not_asked_hears_the_reminder_where_there_is_one),
      SEIMON_TEST(two_codes_may_come_in_one_answer),
      SEIMON_TEST(one_code_at_a_prompt_from_before_is_not_compared),
      SEIMON_TEST(two_codes_are_taken_also_when_one_has_become_enough),
      SEIMON_TEST(two_codes_that_were_each_spent_alone_are_no_pair),
      SEIMON_TEST(whoever_typed_nothing_wrong_is_not_told_of_wrong_codes),
      SEIMON_TEST(a_site_that_locks_still_asks_for_two_codes_where_two_are_wanted),
      SEIMON_TEST(whoever_used_up_the_guarded_tries_is_asked_all_the_same_and_told_nothing),
      SEIMON_TEST(who_is_exempt_passes_suspended_or_denied_never),
      SEIMON_TEST(a_removed_account_with_methods_is_still_judged_as_itself),
      SEIMON_TEST(a_code_is_spent_in_every_method_that_it_matches),
      SEIMON_TEST(a_code_that_may_still_be_good_in_a_twin_is_refused),
      SEIMON_TEST(another_key_of_the_same_user_is_not_spent),
      SEIMON_TEST(sudo_is_told_what_is_asked_and_hides_what_is_typed),
      SEIMON_TEST(a_service_that_is_out_of_order_names_the_help_desk),
      SEIMON_TEST(one_key_is_known_again_whatever_its_spelling),
      SEIMON_TEST(a_key_that_is_put_again_keeps_what_was_used),
      SEIMON_TEST(a_language_is_kept_with_an_accepted_login_only),
      SEIMON_TEST(a_clock_that_is_set_forward_relaxes_no_budget),
      SEIMON_TEST(sudo_takes_the_code_of_its_own_sessions_login_where_the_rule_lets_it),
      SEIMON_TEST(whoever_has_no_method_is_told_where_the_site_wants_that),
      SEIMON_TEST(a_letter_obliges_to_nothing_before_its_first_use),
      SEIMON_TEST(a_letters_code_is_taken_wherever_its_owner_is_asked_and_counts_from_then),
      SEIMON_TEST(a_letter_with_a_start_counts_from_that_day),
      SEIMON_TEST(whoever_has_a_letter_may_register_as_before_and_is_guarded_as_anybody),
      SEIMON_TEST(a_login_host_that_is_not_trusted_registers_nobody_and_has_a_budget_of_its_own),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

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

struct Bench {
  Bench() {
    Method method;
    method.label = "app";
    method.key = Secret(std::vector<std::uint8_t>(20, 5));
    method.mark = Step{static_cast<std::int64_t>(step_at(kNow, seconds(30))) - 2};
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

Ruling ruling(const Outcome& outcome) { return std::get<Verdict>(outcome.reply).ruling; }
std::string asked(const Outcome& outcome) { return std::get<Prompt>(outcome.reply).text; }

void what_the_module_keeps_back_is_not_compared_and_costs_no_budget() {
  const std::array<std::pair<Withheld, std::string>, 3> kept = {
      {{Withheld::kEmpty, "empty"}, {Withheld::kFiller, "refused-by-sshd"}, {Withheld::kTooLong, "not-a-code"}}};
  for (const auto& [reason, expected] : kept) {
    Bench bench;
    Conversation talk = bench.talk();
    (void)talk.begin(bench.policy, bench.records(), even(kNow));
    check(asked(talk.withhold(reason, bench.records(), even(kNow))).find("2 tries left") != std::string::npos);
    (void)talk.withhold(reason, bench.records(), even(kNow));
    const Outcome last = talk.withhold(reason, bench.records(), even(kNow));
    check(ruling(last) == Ruling::kExhausted && last.negative);
    check_equal(last.events.front().reason, expected);
    check(bench.store.account(alice()).standings.empty(), "nothing is held against the user");
  }
  Bench bench;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  for (int i = 0; i < 5; ++i)
    check(asked(talk.withhold(Withheld::kPassword, bench.records(), even(kNow))).find("That was your password") !=
          std::string::npos);
  check(ruling(talk.answer(bench.code(), bench.records(), even(kNow))) == Ruling::kAllow, "a typed password is no try");
  Conversation once = bench.talk();
  (void)once.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = once.withhold(Withheld::kPasswordMethod, bench.records(), even(kNow));
  check(ruling(outcome) == Ruling::kDeny, "sshd's password method has one question");
  check_equal(outcome.events.front().reason, "password-method");
}

void a_conversation_does_not_go_on_for_ever() {
  Bench bench;
  for (const bool typed : {true, false}) {
    Conversation talk = bench.talk();
    (void)talk.begin(bench.policy, bench.records(), even(kNow));
    Outcome outcome;
    int turns = 0;
    for (; !talk.is_concluded() && turns < 100; ++turns)
      outcome = typed ? talk.answer(turns % 2 == 0 ? "?" : "？", bench.records(), even(kNow))
                      : talk.withhold(Withheld::kPassword, bench.records(), even(kNow));
    check(turns < 60 && ruling(outcome) == Ruling::kExhausted);
    check_equal(outcome.events.front().reason, "too-many-turns");
  }
}

void what_breaks_outside_refuses_and_only_observing_goes_on() {
  Bench bench;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(talk.fail("store-unavailable", kNow)) == Ruling::kUnavailable);
  bench.manner.observe = true;
  bench.policy.observe = true;
  Conversation observed = bench.talk();
  const Outcome outcome = observed.fail("store-unavailable", kNow);
  check(ruling(outcome) == Ruling::kSkip);
  check_equal(outcome.events.back().would, "refuse");
  bench.policy.observe = false;
  Conversation switched = bench.talk();
  (void)switched.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(switched.fail("store-unavailable", kNow)) == Ruling::kUnavailable, "whoever was asked is not let in");
  check(Outcome().reply.index() == 0 && ruling(Outcome()) == Ruling::kDeny);
}

void only_whom_the_policy_exempts_is_let_in_unread() {
  for (const Action action : {Action::kSkip, Action::kRequire})
    for (const Unenrolled unenrolled : {Unenrolled::kDeny, Unenrolled::kAllow, Unenrolled::kRemind})
      for (const bool observe : {false, true}) {
        Bench bench;
        bench.policy.observe = observe;
        bench.policy.fallback.action = action;
        bench.policy.fallback.unenrolled = unenrolled;
        const bool reads = unenrolled == Unenrolled::kRemind && !observe;  // whom to remind
        const bool unread = bench.talk().is_exempt_unread(bench.policy, kNow);
        check_equal(unread, action == Action::kSkip && !reads);
        if (!unread) continue;
        Conversation talk = bench.talk();
        Conversation same = bench.talk();
        const Outcome outcome = talk.exempt(bench.policy, even(kNow));
        check(ruling(outcome) == Ruling::kSkip && talk.is_concluded());
        check_equal(outcome.events.back().reason,
                    same.begin(bench.policy, bench.records(), even(kNow)).events.back().reason);
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
    Bench bench;
    bench.facts.user = *UserName::parse(row.user);
    bench.policy.observe = true;
    bench.policy.fallback.action = row.action;
    bench.policy.fallback.unenrolled = row.unenrolled;
    const Outcome outcome = bench.talk().begin(bench.policy, bench.records(), even(kNow));
    check(ruling(outcome) == Ruling::kSkip);
    check_equal(outcome.events.back().would, row.would);
  }
}

void a_claim_is_named_and_has_a_budget_of_its_own() {
  Bench bench;
  bench.facts.trusted = false;
  bench.facts.peer_uid = 1000;
  bench.manner.codes.tries = 10;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  Outcome outcome;
  for (int i = 0; i < 5; ++i) outcome = talk.answer("000000", bench.records(), even(kNow));
  check(asked(outcome).find("two codes in a row") != std::string::npos);
  check_equal(outcome.events.front().actor, "uid 1000");
  check_equal(outcome.events.back().reason, "guarded");
  const auto standings = bench.store.account(alice()).standings;
  check(standings.contains(Claimant{1000}) && !standings.contains(Claimant::kTrusted));
  check(bench.store.failures_from(Sources::kEveryone).count == 0, "claims are no alarm");
}

void a_hundred_failures_over_all_users_are_an_alarm() {
  Bench bench;
  for (int i = 1; i < kFleetAlarm; ++i) (void)bench.store.add_failure(Sources::kEveryone, kDay, kNow);
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = talk.answer("000000", bench.records(), even(kNow));
  check_equal(outcome.events.back().reason, "many-failures");
  const Outcome next = talk.answer("000000", bench.records(), even(kNow));
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
    Bench bench;
    Racing racing(spend);
    Method method;
    method.label = "app";
    method.key = Secret(std::vector<std::uint8_t>(20, 5));
    method.mark = Step{1};
    (void)racing.add_method(alice(), 1000, method);
    Conversation talk = bench.talk();
    const Records records{racing, racing};
    (void)talk.begin(bench.policy, records, even(kNow));
    const Outcome outcome = talk.answer(bench.code(), records, even(kNow));
    check(outcome.reply.index() == 1, "asked again");
    check_equal(outcome.events.front().reason, reason);
  }
}

void one_failure_is_told_in_the_singular_and_in_each_language() {
  for (const auto& [language, part] : {std::pair(Language::kEnglish, "1 failed code since "),
                                       {Language::kJapanese, "誤ったコードが1回入力されました"},
                                       {Language::kBoth, "1 failed code since "}}) {
    Bench bench;
    bench.manner.language = language;
    Conversation other = bench.talk();
    (void)other.begin(bench.policy, bench.records(), even(kNow));
    (void)other.answer("000000", bench.records(), even(kNow));
    Conversation talk = bench.talk();
    (void)talk.begin(bench.policy, bench.records(), even(kNow));
    (void)talk.answer("000000", bench.records(), even(kNow));  // one's own of this login is no news
    const Outcome outcome = talk.answer(bench.code(), bench.records(), even(kNow));
    check(ruling(outcome) == Ruling::kAllow);
    check(std::get<Verdict>(outcome.reply).message.find(part) != std::string::npos,
          std::get<Verdict>(outcome.reply).message);
    check(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).find(": ") != std::string::npos);
  }
}

void what_a_condition_could_not_tell_stands_in_the_trail() {
  Bench bench;
  bench.facts.groups.reset();
  Rule rule;
  rule.name = "staff";
  rule.given.groups = {"staff"};
  rule.action = Action::kSkip;
  bench.policy.rules.push_back(rule);
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = talk.answer(bench.code(), bench.records(), even(kNow));
  check_equal(outcome.events.back().reason, "cannot-tell-groups");
}

void whoever_is_not_asked_hears_the_reminder_where_there_is_one() {
  Bench bench;
  bench.facts.user = *UserName::parse("carol");
  bench.policy.fallback.unenrolled = Unenrolled::kRemind;
  check(!std::get<Verdict>(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply).reminder.empty());
  bench.policy.fallback.unenrolled = Unenrolled::kAllow;
  check(std::get<Verdict>(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply).reminder.empty());
  bench.facts.exists = false;
  check(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply.index() == 1, "an unknown name is asked");
}

void a_removed_account_with_methods_is_still_judged_as_itself() {
  Bench bench;
  bench.facts.exists = false;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(talk.answer(bench.code(), bench.records(), even(kNow))) == Ruling::kAllow);
  for (const Method& method : bench.store.account(alice()).methods) (void)bench.store.remove_method(alice(), method.id);
  Conversation stripped = bench.talk();
  (void)stripped.begin(bench.policy, bench.records(), even(kNow));
  check_equal(stripped.answer("000000", bench.records(), even(kNow)).events.front().reason, "unknown-user");
  bench.facts.exists = true;
  Conversation known = bench.talk();
  (void)known.begin(bench.policy, bench.records(), even(kNow));
  check_equal(known.answer("000000", bench.records(), even(kNow)).events.front().reason, "stripped");
  bench.store.set_suspended(alice(), true);
  Conversation suspended = bench.talk();
  (void)suspended.begin(bench.policy, bench.records(), even(kNow));
  check_equal(suspended.answer("000000", bench.records(), even(kNow)).events.front().reason, "suspended");
}

void exhaust(Bench& bench) {
  for (int i = 0; i < 2; ++i) {
    Conversation talk = bench.talk();
    (void)talk.begin(bench.policy, bench.records(), even(kNow));
    for (int j = 0; j < 3; ++j) (void)talk.answer("000000", bench.records(), even(kNow));
  }
}

void two_codes_may_come_in_one_answer() {
  Bench bench;
  exhaust(bench);
  Conversation talk = bench.talk();
  check(asked(talk.begin(bench.policy, bench.records(), even(kNow))).find("two codes") != std::string::npos);
  check(ruling(talk.answer(bench.code(0) + " " + bench.code(1), bench.records(), even(kNow))) == Ruling::kAllow);
  Bench other;
  exhaust(other);
  Conversation again = other.talk();
  (void)again.begin(other.policy, other.records(), even(kNow));
  check_equal(again.answer("12345", other.records(), even(kNow)).events.front().reason, "not-a-code");
  (void)again.answer(other.code(0), other.records(), even(kNow));
  check_equal(again.answer("not a code", other.records(), even(kNow)).events.front().reason, "not-a-code");
}

void one_code_at_a_prompt_from_before_is_not_compared() {
  Bench bench;
  Conversation early = bench.talk();
  (void)early.begin(bench.policy, bench.records(), even(kNow));
  exhaust(bench);
  const Outcome outcome = early.answer(bench.code(), bench.records(), even(kNow));
  check_equal(outcome.events.front().reason, "guarded");
  check(asked(outcome).find("two codes") != std::string::npos, "and the next prompt asks for what is wanted");
  bench.manner.risk.lock = true;
  Conversation locked = bench.talk();
  check(asked(locked.begin(bench.policy, bench.records(), even(kNow))).find("two codes") == std::string::npos);
  check_equal(locked.answer(bench.code(), bench.records(), even(kNow)).events.front().reason, "over-limit");
}

void two_codes_are_taken_also_when_one_has_become_enough() {
  Bench bench;
  exhaust(bench);
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  for (const auto& [claimant, standing] : bench.store.account(alice()).standings)
    bench.store.record_standing(alice(), claimant, reset(standing));
  (void)talk.answer(bench.code(0), bench.records(), even(kNow));
  check(ruling(talk.answer(bench.code(1), bench.records(), even(kNow))) == Ruling::kAllow);
}

void two_codes_that_were_each_spent_alone_are_no_pair() {
  Bench bench;
  for (const std::int64_t step : {0, 1, 2}) {
    Conversation talk = bench.talk();
    const Moment at = even(kNow + seconds(30 * step));
    (void)talk.begin(bench.policy, bench.records(), at);
    check(ruling(talk.answer(bench.code(step), bench.records(), at)) == Ruling::kAllow);
  }
  // The clock goes back to where they were fresh.
  Conversation talk = bench.talk();
  const Moment back = even(kNow - seconds(30));
  check(asked(talk.begin(bench.policy, bench.records(), back)).find("two codes") != std::string::npos);
  (void)talk.answer(bench.code(0), bench.records(), back);
  check_equal(talk.answer(bench.code(1), bench.records(), back).events.front().outcome, "refused");
}

void whoever_typed_nothing_wrong_is_not_told_of_wrong_codes() {
  Bench bench;
  const Moment ahead = even(kNow + seconds(3600));
  Conversation then = bench.talk();
  (void)then.begin(bench.policy, bench.records(), ahead);
  check(ruling(then.answer(bench.code(120), bench.records(), ahead)) == Ruling::kAllow);
  Conversation talk = bench.talk();
  const std::string question = asked(talk.begin(bench.policy, bench.records(), even(kNow)));
  check(question.find("two codes in a row") != std::string::npos && question.find("wrong") == std::string::npos,
        "a clock that was ahead");
}

void a_site_that_locks_still_asks_for_two_codes_where_two_are_wanted() {
  Bench bench;
  bench.manner.risk.lock = true;
  const Moment ahead = even(kNow + seconds(3600));
  Conversation then = bench.talk();
  (void)then.begin(bench.policy, bench.records(), ahead);
  check(ruling(then.answer(bench.code(120), bench.records(), ahead)) == Ruling::kAllow);
  Conversation talk = bench.talk();
  check(asked(talk.begin(bench.policy, bench.records(), even(kNow))).find("two codes") != std::string::npos);
  (void)talk.answer(bench.code(0), bench.records(), even(kNow));
  check(ruling(talk.answer(bench.code(1), bench.records(), even(kNow))) == Ruling::kAllow);
}

void whoever_used_up_the_guarded_tries_is_asked_all_the_same_and_told_nothing() {
  Bench bench;
  exhaust(bench);
  std::string first;
  for (int i = 0; i < 12; ++i) {
    Conversation talk = bench.talk();
    const std::string question = asked(talk.begin(bench.policy, bench.records(), even(kNow)));
    if (first.empty()) first = question;
    check_equal(question, first);
    const Outcome outcome = talk.answer("000000111111", bench.records(), even(kNow));
    check_equal(outcome.events.front().reason, i < 10 ? "wrong-code" : "over-limit");
  }
}

void who_is_exempt_passes_suspended_or_denied_never() {
  Decision decision;
  Account account;
  const Situation here{true, true, true};
  check(prospect_of(decision, account, {}, here) == Prospect::kRefused, "the empty decision refuses");
  decision.action = Action::kSkip;
  check(prospect_of(decision, account, {}, here) == Prospect::kPasses);
  account.profile.suspended = true;
  check(prospect_of(decision, account, {}, here) == Prospect::kRefused);
}

// One key that stands there twice, as a store from before that was refused may have it.
void a_code_is_spent_in_every_method_that_it_matches() {
  Bench bench;
  Method twin;
  twin.label = "app-2";
  twin.key = Secret(std::vector<std::uint8_t>(20, 5));
  (void)bench.store.add_method(alice(), 1000, twin);
  Conversation first = bench.talk();
  (void)first.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(first.answer(bench.code(), bench.records(), even(kNow))) == Ruling::kAllow);
  Conversation second = bench.talk();
  (void)second.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = second.answer(bench.code(), bench.records(), even(kNow));
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
  Bench bench;
  OneOfTwo store;
  for (const char* label : {"app", "app-2"}) {
    Method method;
    method.label = label;
    method.key = Secret(std::vector<std::uint8_t>(20, 5));
    method.mark = Step{1};
    (void)store.add_method(alice(), 1000, method);
  }
  Conversation talk = bench.talk();
  const Records records{store, store};
  (void)talk.begin(bench.policy, records, even(kNow));
  const Outcome outcome = talk.answer(bench.code(), records, even(kNow));
  check(outcome.reply.index() == 1, "asked again");
  check_equal(outcome.events.front().reason, "spend-unknown");
}

void another_key_of_the_same_user_is_not_spent() {
  Bench bench;
  Method other;
  other.label = "tablet";
  other.key = Secret(std::vector<std::uint8_t>(20, 6));
  (void)bench.store.add_method(alice(), 1000, other);
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(talk.answer(bench.code(), bench.records(), even(kNow))) == Ruling::kAllow);
  check(bench.store.account(alice()).methods.back().mark == Step{-1});
}

// `sudo -p` shows a text of its own in the place of the question.
void sudo_is_told_what_is_asked_and_hides_what_is_typed() {
  for (const auto& [service, replaced] : {std::pair("sudo", true), {"sudo-i", true}, {"sshd", false}}) {
    Bench bench;
    bench.facts.service = service;
    const Outcome outcome = bench.talk().begin(bench.policy, bench.records(), even(kNow));
    const Prompt prompt = std::get<Prompt>(outcome.reply);
    check_equal(prompt.notice.find("Second step") != std::string::npos, replaced);
    check_equal(prompt.echo, !replaced);
  }
}

void a_service_that_is_out_of_order_names_the_help_desk() {
  Bench bench;
  bench.manner.help = "ext. 4567";
  Conversation talk = bench.talk();
  const Outcome outcome = talk.fail("store-unavailable", kNow);
  check(std::get<Verdict>(outcome.reply).message.find("this is not your password") != std::string::npos);
  check(std::get<Verdict>(outcome.reply).message.ends_with("\next. 4567"));
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
  old.mark = Step{1000};
  old.pair_mark = Step{900};
  Method fresh;
  fresh.mark = Step{-1};
  carry_over(old, fresh, 1);
  check(fresh.mark == Step{1000} && fresh.pair_mark == Step{900});
  Method later;
  later.mark = Step{2000};
  carry_over(old, later, 1);
  check(later.mark == Step{2000}, "the later mark stays");
  Method minute;
  minute.otp.period = seconds(60);
  carry_over(old, minute, 1);
  check(minute.mark == Step{500}, "1001 half minutes have begun 501 minutes");
  check(minute.pair_mark == Step{450});
  Method counter;
  counter.otp.period = seconds(0);
  counter.mark = Step{3};
  carry_over(old, counter, 1);
  check(counter.mark == Step{3}, "counters and times lie far apart");
  old.pair_mark = Step{-1};
  Method paired;
  paired.otp.period = seconds(60);
  carry_over(old, paired, 1);
  check(paired.pair_mark == Step{-1});
}

// What stands in the store for others tells a name; and whoever has no password changes nothing.
void a_language_is_kept_with_an_accepted_login_only() {
  Bench bench;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  (void)talk.answer("ja", bench.records(), even(kNow));
  check(!bench.store.account(alice()).profile.language);
  check(ruling(talk.answer(bench.code(), bench.records(), even(kNow))) == Ruling::kAllow);
  check(bench.store.account(alice()).profile.language == Language::kJapanese);
}

// Whoever sets the clock forward gets no new tries; the codes are still those of what the clock shows.
void a_clock_that_is_set_forward_relaxes_no_budget() {
  Bench bench;
  for (int i = 0; i < 2; ++i) {
    Conversation talk = bench.talk();
    (void)talk.begin(bench.policy, bench.records(), even(kNow));
    for (int j = 0; j < 3; ++j) (void)talk.answer("000000", bench.records(), even(kNow));
  }
  constexpr std::int64_t kSteps = 365 * 24 * 120;
  const Instant wall = kNow + kSteps * seconds(30);
  Conversation guarded = bench.talk();
  const Outcome asked_for = guarded.begin(bench.policy, bench.records(), {wall, kNow + seconds(10)});
  check(asked(asked_for).find("two codes") != std::string::npos);
  check(ruling(guarded.answer(bench.code(kSteps - 1) + bench.code(kSteps), bench.records(),
                              {wall, kNow + seconds(20)})) == Ruling::kAllow);
  Conversation later = bench.talk();
  check(asked(later.begin(bench.policy, bench.records(), even(wall + kMonth))).find("two codes") == std::string::npos,
        "the same clock, once it is accepted");
}

void sudo_takes_the_code_of_its_own_sessions_login_where_the_rule_lets_it() {
  const auto begun = [](const std::function<void(Bench&, Ticket&)>& change) {
    Bench bench;
    bench.manner.host = "web1";
    bench.facts.service = "sudo";
    bench.facts.session = "audit 7";
    bench.facts.boot = "boot";
    bench.policy.fallback.same_session = true;
    Ticket ticket;
    ticket.until = kNow + seconds(60);
    ticket.second_step = true;
    ticket.host = "web1";
    ticket.boot = "boot";
    ticket.session = "audit 7";
    change(bench, ticket);
    Profile profile = bench.store.account(alice()).profile;
    profile.tickets.push_back(ticket);
    bench.store.write_profile(alice(), profile);
    Conversation talk = bench.talk();
    return talk.begin(bench.policy, bench.records(), even(kNow));
  };
  const Outcome taken = begun([](Bench&, Ticket&) {});
  check(ruling(taken) == Ruling::kSkip);
  check_equal(taken.events.front().reason, "same-session");
  const std::vector<std::pair<const char*, std::function<void(Bench&, Ticket&)>>> asked_all_the_same = {
      {"the rule says nothing", [](Bench& bench, Ticket&) { bench.policy.fallback.same_session = false; }},
      {"the rule names kinds",
       [](Bench& bench, Ticket&) {
         bench.policy.fallback.kinds = Kinds();
         bench.policy.fallback.kinds.add(Kind::kApp);
       }},
      {"a user's own word", [](Bench& bench, Ticket&) { bench.facts.trusted = false; }},
      {"no session is known", [](Bench& bench, Ticket& ticket) { bench.facts.session = ticket.session = ""; }},
      {"no boot is known", [](Bench& bench, Ticket& ticket) { bench.facts.boot = ticket.boot = ""; }},
      {"a login", [](Bench& bench, Ticket&) { bench.facts.service = "sshd"; }},
      {"a login that no code was asked of", [](Bench&, Ticket& ticket) { ticket.second_step = false; }},
      {"another session", [](Bench&, Ticket& ticket) { ticket.session = "audit 8"; }},
      {"another boot", [](Bench&, Ticket& ticket) { ticket.boot = "before"; }},
      {"another host", [](Bench&, Ticket& ticket) { ticket.host = "web2"; }},
      {"ended", [](Bench&, Ticket& ticket) { ticket.until = kNow; }},
  };
  for (const auto& [why, change] : asked_all_the_same) check(begun(change).reply.index() == 1, why);
}

void whoever_has_no_method_is_told_where_the_site_wants_that() {
  const auto begun = [](const std::function<void(Bench&, Profile&)>& change) {
    Bench bench;
    bench.manner.enrolment.tell_unenrolled = true;
    bench.manner.help = "Room 7";
    bench.facts.user = *UserName::parse("carol");
    Profile profile;
    change(bench, profile);
    bench.store.write_profile(bench.facts.user, profile);
    Conversation talk = bench.talk();
    return talk.begin(bench.policy, bench.records(), even(kNow));
  };
  const Outcome told = begun([](Bench&, Profile&) {});
  check(ruling(told) == Ruling::kExhausted);
  const std::string message = std::get<Verdict>(told.reply).message;
  check(message.find("No sign-in method") != std::string::npos && message.find("Room 7") != std::string::npos);
  check_equal(told.events.front().reason, "not-enrolled");
  const Outcome unknown = begun([](Bench& bench, Profile&) { bench.facts.exists = false; });
  check_equal(std::get<Verdict>(unknown.reply).message, message);
  check_equal(unknown.events.front().reason, "unknown-user");
  check(ruling(begun([](Bench& bench, Profile&) { bench.facts.one_answer = true; })) == Ruling::kDeny);
  const std::vector<std::pair<const char*, std::function<void(Bench&, Profile&)>>> asked_all_the_same = {
      {"not by default", [](Bench& bench, Profile&) { bench.manner.enrolment.tell_unenrolled = false; }},
      {"who is suspended", [](Bench&, Profile& profile) { profile.suspended = true; }},
      {"who has a recovery code", [](Bench&, Profile& profile) { profile.recovery.unused = {"digest"}; }},
      {"whom a rule denies", [](Bench& bench, Profile&) { bench.policy.fallback.action = Action::kDeny; }},
      {"who has a method", [](Bench& bench, Profile&) { bench.facts.user = alice(); }},
  };
  for (const auto& [why, change] : asked_all_the_same) check(begun(change).reply.index() == 1, why);
}

void a_login_host_that_is_not_trusted_registers_nobody_and_has_a_budget_of_its_own() {
  Bench bench;
  bench.facts.untrusted_host = "web1";
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  for (int i = 0; i < 2; ++i) (void)talk.answer("000000", bench.records(), even(kNow));
  const Account account = bench.store.account(alice());
  check(!account.standings.contains(Claimant::kTrusted), "the fleet's budget is whole");
  check_equal(account.standings.size(), 1U);
  bench.facts.user = *UserName::parse("carol");
  bench.policy.fallback.unenrolled = Unenrolled::kEnrol;
  Conversation other = bench.talk();
  const Outcome outcome = other.begin(bench.policy, bench.records(), even(kNow));
  check(outcome.reply.index() == 1 && asked(outcome).find("Verification code") != std::string::npos,
        "asked, not shown a key");
  check(!other.situation().from_enrol_from && !other.situation().may_replace);
}

// Alice has a letter and nothing else.
struct LetterBench : Bench {
  explicit LetterBench(Unenrolled unenrolled, Instant counts_from = kFromFirstUse) {
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
    LetterBench bench(unenrolled);
    Conversation talk = bench.talk();
    const Outcome outcome = talk.begin(bench.policy, bench.records(), even(kNow));
    check(ruling(outcome) == Ruling::kSkip, "as before");
    check_equal(outcome.events.back().reason, "not-enrolled");
    const std::string reminder = std::get<Verdict>(outcome.reply).reminder;
    check_equal(reminder.find("by letter") != std::string::npos, unenrolled == Unenrolled::kRemind);
  }
  LetterBench asked_to_set_up(Unenrolled::kAsk);
  Conversation later = asked_to_set_up.talk();
  check(asked(later.begin(asked_to_set_up.policy, asked_to_set_up.records(), even(kNow))).find("[Y/n]") !=
        std::string::npos);
  check(ruling(later.answer("n", asked_to_set_up.records(), even(kNow))) == Ruling::kSkip);
  check(!asked_to_set_up.store.account(alice()).profile.enrolled_before, "its loss strips nobody");
  LetterBench removed(Unenrolled::kAllow);
  (void)removed.store.remove_method(alice(), removed.store.account(alice()).methods.front().id);
  Conversation talk = removed.talk();
  check(ruling(talk.begin(removed.policy, removed.records(), even(kNow))) == Ruling::kSkip);
}

void a_letters_code_is_taken_wherever_its_owner_is_asked_and_counts_from_then() {
  for (const Unenrolled unenrolled : {Unenrolled::kAsk, Unenrolled::kEnrol, Unenrolled::kDeny}) {
    LetterBench bench(unenrolled);
    Conversation talk = bench.talk();
    const std::string question = asked(talk.begin(bench.policy, bench.records(), even(kNow)));
    check_equal(question.find("by letter") != std::string::npos, unenrolled != Unenrolled::kDeny);
    const Outcome wrong = talk.answer("000000", bench.records(), even(kNow));
    check(wrong.reply.index() == 1 && wrong.negative);
    check(bench.store.account(alice()).standings.at(Claimant::kTrusted).failed == 1, "a guess is charged");
    const Outcome outcome = talk.answer(bench.code(), bench.records(), even(kNow));
    check(ruling(outcome) == Ruling::kAllow);
    check_equal(outcome.events.back().reason, "first-use");
    check(bench.store.account(alice()).profile.enrolled_before);
    Conversation next = bench.talk();
    check(asked(next.begin(bench.policy, bench.records(), even(kNow))).find("Verification code") != std::string::npos,
          "asked from then");
    check(next.answer(bench.code(), bench.records(), even(kNow)).negative, "and its code is spent");
  }
}

void a_letter_with_a_start_counts_from_that_day() {
  const Instant start = kNow + std::chrono::hours(24);
  LetterBench bench(Unenrolled::kAllow, start);
  Conversation before = bench.talk();
  check(ruling(before.begin(bench.policy, bench.records(), even(start - seconds(1)))) == Ruling::kSkip);
  Conversation ahead = bench.talk();
  const Moment set_forward{start + seconds(1), kNow};
  check(ruling(ahead.begin(bench.policy, bench.records(), set_forward)) == Ruling::kSkip,
        "a clock that was set forward brings no day nearer");
  Conversation from_then = bench.talk();
  check(asked(from_then.begin(bench.policy, bench.records(), even(start))).find("Verification code") !=
        std::string::npos);
  Account account = bench.store.account(alice());
  const seconds month = std::chrono::hours(24 * 30);
  check(!drop_ended(account, 1000, month, kNow + month) && account.methods.size() == 1,
        "its time begins with that day");
  (void)drop_ended(account, 1000, month, start + month);
  check(account.methods.empty());
}

void whoever_has_a_letter_may_register_as_before_and_is_guarded_as_anybody() {
  LetterBench bench(Unenrolled::kEnrol);
  Conversation talk = bench.talk();
  const std::string shown = asked(talk.begin(bench.policy, bench.records(), even(kNow)));
  check(shown.find("Key:") != std::string::npos);
  const auto pending = std::move(bench.store.account(alice()).pending);
  const auto digits = std::to_string(code_at(pending->key, Algorithm::kSha1, 6, step_at(kNow, seconds(30))));
  (void)talk.answer(std::string(6 - digits.size(), '0') + digits, bench.records(), even(kNow));
  check(ruling(talk.answer("", bench.records(), even(kNow))) == Ruling::kSkip);
  check_equal(*confirm_registration(bench.store, bench.store.account(alice()), alice(), 1000, "c", {}, kNow), "app");
  check_equal(bench.store.account(alice()).methods.size(), 2U);
  LetterBench other(Unenrolled::kEnrol);
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
  check(ruling(last.answer(other.code(1), other.records(), even(kNow + seconds(30)))) == Ruling::kAllow);
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

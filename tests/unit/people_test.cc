// SPDX-License-Identifier: Apache-2.0
// What is known of people besides methods: codes from a sheet, dates of a rollout, office hours, texts.
#include <set>

#include "core/login/conversation.h"
#include "tests/support/memory_store.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

const Instant kNow(seconds(1795262410));  // 2026-11-21 12:00:10 UTC, a Saturday

UserName alice() { return *UserName::parse("alice"); }

void a_recovery_code_has_80_bits_and_forgives_how_it_is_typed() {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string code = new_recovery_code();
    check(code.size() == 19 && code[4] == '-' && code[9] == '-' && code[14] == '-', code);
    check(code.find_first_of("ILOU") == std::string::npos, code);
    check(parse_recovery_code(code).has_value() && !parse_code(code) && !parse_pair(code), code);
    check(seen.insert(code).second, "each is another");
  }
  const auto plain = parse_recovery_code("AB12-CD34-EF56-GH78");
  check(plain == "AB12CD34EF56GH78");
  for (const char* typed : {"ab12 cd34 ef56 gh78", "AB12CD34EF56GH78", "ＡＢ１２－ＣＤ３４－ＥＦ５６－ＧＨ７８",
                            "abi2-cd34-ef56-gh78", "abl2-cd34-ef56-gh78"})
    check(parse_recovery_code(typed) == plain, typed);
  for (const char* typed : {"AB12-CD34-EF56", "AB12-CD34-EF56-GH78-9", "AB12-CD34-EF56-GH7!", "1234-5678-9012-3456", "",
                            "AB12-CD34-EF56-GH7U", "\xff"})
    check(!parse_recovery_code(typed), typed);
}

void a_bypass_code_has_nine_digits() {
  for (int i = 0; i < 100; ++i) {
    const std::string code = new_bypass_code();
    check(code.size() == 11 && parse_bypass_code(code).has_value(), code);
    check(!parse_code(code), "it is no code of an app");
  }
  check(parse_bypass_code("４８２ 109-375") == "482109375");
  for (const char* typed : {"48210937", "4821093755", "48210937a", "", "482 109 37?"})
    check(!parse_bypass_code(typed), typed);
}

void a_digest_is_found_wherever_it_stands() {
  const std::vector<std::string> digests{"aa", "bb", "cc"};
  for (std::size_t i = 0; i < digests.size(); ++i) check(find_digest(digests, digests[i]) == i);
  check(!find_digest(digests, "dd") && !find_digest(digests, "b") && !find_digest(digests, "") &&
        !find_digest({}, "aa"));
}

void what_ended_is_dropped_and_lists_are_bounded() {
  Profile profile;
  profile.bypass.push_back({1, "d", kNow, kNow, 1, 5, "root", ""});
  for (int i = 0; i < 100; ++i) {
    profile.tickets.push_back({std::to_string(i), kNow + seconds(i), true, false, false, "h", "b"});
    profile.remembered.push_back({kNow + seconds(i), "sshd", std::to_string(i)});
  }
  profile.tidy(kNow);
  check(profile.bypass.empty() && profile.tickets.size() == kMostTickets &&
        profile.remembered.size() == kMostRemembered);
  check_equal(profile.tickets.back().digest, "99");
  profile.revoke();
  check(profile.tickets.empty() && profile.remembered.empty());
}

void reminders_become_what_comes_after_on_their_day() {
  EnrolmentSettings settings;
  Profile profile;
  check(due_for(Unenrolled::kRemind, settings, profile, kNow).action == Unenrolled::kRemind,
        "without a date: for ever");
  check(!due_for(Unenrolled::kRemind, settings, profile, kNow).days_left);
  settings.not_before = kNow + kDay + seconds(1);
  settings.after = Unenrolled::kEnrol;
  check(due_for(Unenrolled::kAsk, settings, profile, kNow).days_left == 2);
  check(due_for(Unenrolled::kAsk, settings, profile, *settings.not_before).action == Unenrolled::kEnrol);
  for (const Unenrolled fixed : {Unenrolled::kDeny, Unenrolled::kAllow, Unenrolled::kEnrol})
    check(due_for(fixed, settings, profile, kNow + kMonth).action == fixed, "what is no reminder does not change");
  settings.grace = kDay;
  check(is_first_login(Unenrolled::kRemind, settings, profile) &&
        !is_first_login(Unenrolled::kDeny, settings, profile));
  profile.first_login = kNow + kMonth;
  check(due_for(Unenrolled::kRemind, settings, profile, kNow + kMonth).action == Unenrolled::kRemind, "a newcomer");
  check(due_for(Unenrolled::kRemind, settings, profile, kNow + kMonth + kDay).action == Unenrolled::kEnrol);
  check(!is_first_login(Unenrolled::kRemind, settings, profile));
  settings.max_skips = 1;
  profile.skips = 1;
  check(due_for(Unenrolled::kAsk, settings, profile, kNow).action == Unenrolled::kEnrol);
  check(due_for(Unenrolled::kRemind, settings, profile, kNow).action == Unenrolled::kRemind, "a reminder asks nothing");
}

void a_link_may_leave_out_what_every_app_assumes() {
  Method method;
  method.key = Secret(std::vector<std::uint8_t>(20, 1));
  check(otpauth_link("U", "a", method, Link::kShort).find("period") == std::string::npos);
  check(otpauth_link("U", "a", method).find("&period=30") != std::string::npos);
  method.otp = {Algorithm::kSha256, 8, seconds(60)};
  const std::string link = otpauth_link("U", "a", method, Link::kShort);
  for (const char* part : {"&algorithm=SHA256", "&digits=8", "&period=60"})
    check(link.find(part) != std::string::npos, part);
  check_equal(grouped_key(method.key).substr(0, 10), "AEAQ CAIB ");
}

void an_app_that_ignores_the_algorithm_is_recognised() {
  Method method;
  method.key = Secret(std::vector<std::uint8_t>(20, 1));
  const Code sha1{code_at(method.key, Algorithm::kSha1, 6, step_at(kNow, seconds(30))), 6};
  check(!is_made_with_sha1(method, sha1, kNow, 1), "where SHA1 was asked for it is right");
  method.otp.algorithm = Algorithm::kSha256;
  check(is_made_with_sha1(method, sha1, kNow, 1));
  check(!is_made_with_sha1(method, {sha1.value ^ 1, 6}, kNow, 1));
}

void hours_know_days_midnight_and_zones() {
  const auto contains = [](const char* text, Instant at, seconds zone = seconds(0)) {
    const auto hours = Hours::parse(text);
    check(hours.has_value(), text);
    return hours->contain(at, zone);
  };
  check(contains("Sat 12:00-13:00 Z", kNow) && !contains("Mon-Fri 12:00-13:00 Z", kNow));
  check(contains("09:00-24:00", kNow) && !contains("00:00-12:00", kNow), "every day; the end is outside");
  check(contains("Sat 21:00-22:00 +09:00", kNow) && contains("Sat 21:00-22:00", kNow, std::chrono::hours(9)));
  check(contains("Sat 08:30-09:00 -03:30", kNow));
  check(contains("Fri 22:00-13:00", kNow) && !contains("Sat 22:00-11:00", kNow), "past midnight, of the day it began");
  check(contains("Sat-Mon 10:00-14:00", kNow) && !contains("Mon-Wed 10:00-14:00", kNow));
  check(contains("Mon 01:00-02:00, Sat 12:00-13:00 Z", kNow));
  for (const char* text : {"", "Mon", "Mon-Fri", "25:00-26:00", "09:00", "9:00-18:00", "09:00-09:00", "Foo 09:00-10:00",
                           "Mon 09:00-10:00 +15:00", "Mon 09:00-10:00 09", "Mon-Foo 09:00-10:00", "09:60-10:00",
                           "Mon Tue 09:00-10:00", "09:00-10:00,", "09:0a-10:00", "09:00-10:00 X"})
    check(!Hours::parse(text), text);
}

void every_text_has_two_languages_and_the_same_places() {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const Text& row = text_row(static_cast<TextId>(i));
    check(row.id == static_cast<TextId>(i), "the table is in order");
    check(names.insert(row.name).second && text_named(row.name) == row.id, std::string(row.name));
    check(wording_problem(row.id, row.english).empty() && wording_problem(row.id, row.japanese).empty(),
          std::string(row.name));
    bool japanese = false;
    for (const char c : row.japanese) japanese = japanese || static_cast<unsigned char>(c) >= 0xE3;
    check(japanese, std::string(row.name) + " is not Japanese");
    check(text_of(row.id, Language::kJapanese, {"1", "2", "3"}).find('{') == std::string::npos, std::string(row.name));
  }
  check(!text_named("no-such-text"));
  check(!wording_problem(TextId::kPrompt, "Code").empty() && !wording_problem(TextId::kHelp, "{7}").empty());
  const Wordings own{{TextId::kPrompt, {"Campus code: ", ""}}};
  check_equal(text_of(TextId::kPrompt, Language::kEnglish, {"6"}, own), "Campus code: ");
  check_equal(text_of(TextId::kPrompt, Language::kJapanese, {"6"}, own), "確認コード: ");
  check(wording_problem(TextId::kPrompt, "{1}-digit code: ").empty(), "a site may say how many digits there are");
  check_equal(language_name(*parse_language("auto")), "both");
}

void a_name_of_another_uid_is_stripped_and_unused_methods_lapse() {
  MemoryStore store;
  Method issued;
  issued.label = "letter";
  issued.state = State::kIssued;
  issued.registered = kNow;
  issued.key = Secret(std::vector<std::uint8_t>(20, 1));
  (void)store.add_method(alice(), 1000, issued);
  Account account = store.account(alice());
  check(!drop_ended(account, 1000, kDay, kNow) && account.methods.size() == 1);
  check(!drop_ended(account, 1000, kDay, kNow + kDay) && account.methods.empty(), "unused in time");
  account = store.account(alice());
  check(drop_ended(account, 2000, kDay, kNow) && account.methods.empty() && account.profile.enrolled_before);
  for (const State state : {State::kProven, State::kIssued, State::kPending})
    check(parse_state(state_name(state)) == state);
  for (const Kind kind : {Kind::kApp, Kind::kToken, Kind::kRecovery, Kind::kBypass})
    check(parse_kind(kind_name(kind)) == kind);
  check(!parse_kind("sms") && !parse_state("gone"));
}

struct Bench {
  Bench() : facts(alice()) {
    facts.exists = facts.trusted = true;
    facts.service = "sshd";
    facts.uid = 1000;
    facts.groups.emplace();
    facts.origin.kind = Origin::Kind::kAddress;
    facts.origin.text = "203.0.113.9";
    policy.fallback.action = Action::kRequire;
    policy.fallback.unenrolled = Unenrolled::kEnrol;
    manner.language = Language::kEnglish;
    manner.issuer = "U";
  }
  Conversation talk() { return Conversation("c", facts, manner); }
  Records records() { return {store, store}; }
  void add(const char* label) {
    Method method;
    method.label = label;
    method.key = Secret::random(kNewKeyBytes);
    (void)store.add_method(alice(), 1000, method);
  }
  std::string code(std::int64_t later = 0) {
    const Account account = store.account(alice());
    const Method& method = account.pending ? *account.pending : account.methods.at(0);
    const Step step{static_cast<std::int64_t>(step_at(kNow, seconds(30))) + later};
    std::string text = std::to_string(code_at(method.key, Algorithm::kSha1, 6, step));
    return text.insert(0, 6 - text.size(), '0');
  }
  Facts facts;
  Policy policy;
  Manner manner;
  MemoryStore store;
};

Ruling ruling(const Outcome& outcome) { return std::get<Verdict>(outcome.reply).ruling; }
const Prompt& asked(const Outcome& outcome) { return std::get<Prompt>(outcome.reply); }

void a_registration_is_nothing_until_the_account_hook_confirms_it() {
  Bench bench;
  Conversation talk = bench.talk();
  check(!asked(talk.begin(bench.policy, bench.records(), even(kNow))).link.empty());
  check(!asked(talk.answer("?", bench.records(), even(kNow))).link.empty());
  check(asked(talk.answer("i", bench.records(), even(kNow))).square == Square::kInverted);
  check(asked(talk.answer("ja", bench.records(), even(kNow))).text.find("キー: ") != std::string::npos);
  check(asked(talk.withhold(Withheld::kEmpty, bench.records(), even(kNow))).text.find("一致しません") !=
        std::string::npos);
  check(asked(talk.answer(bench.code(), bench.records(), even(kNow))).text.find("回復コード") != std::string::npos);
  const Outcome last = talk.withhold(Withheld::kEmpty, bench.records(), even(kNow));
  check(ruling(last) == Ruling::kSkip, "nothing was checked that was known before");
  const auto confirm = [&](const char* id, Instant now) {
    return confirm_registration(bench.store, bench.store.account(alice()), alice(), 1000, id, bench.manner.enrolment,
                                now);
  };
  check(!confirm("other", kNow) && !confirm("", kNow) && !confirm("c", kNow + kDay),
        "another conversation, or too late");
  check(bench.store.account(alice()).methods.empty());
  check(confirm("c", kNow) == "app");
  const Account account = bench.store.account(alice());
  check(account.methods.size() == 1 && !account.pending && account.profile.recovery.unused.size() == 10);
  check(account.profile.square == Square::kInverted && account.profile.language == Language::kJapanese);
  check(!confirm("c", kNow), "once");
}

void what_has_ended_stays_ended_when_the_clock_goes_back() {
  Bench bench;
  bench.add("app");
  Profile profile = bench.store.account(alice()).profile;
  const std::string code = new_bypass_code();
  profile.bypass.push_back(
      {1, bypass_digest(bench.store, alice(), *parse_bypass_code(code)), kNow - kHour, kNow, 5, 5, "uid 0", ""});
  bench.store.write_profile(alice(), profile);
  Conversation talk = bench.talk();
  const Moment later{kNow - seconds(600), kNow + seconds(60)};
  (void)talk.begin(bench.policy, bench.records(), later);
  check(!asked(talk.answer(code, bench.records(), later)).text.empty(), "refused");
  Conversation before("b", bench.facts, bench.manner);
  (void)before.begin(bench.policy, bench.records(), even(kNow - seconds(600)));
  check(ruling(before.answer(code, bench.records(), even(kNow - seconds(600)))) == Ruling::kAllow,
        "until then it was right");
}

// Somebody with the password leaves a login open, and waits.
void a_question_that_was_left_open_opens_no_account_that_has_a_method_by_now() {
  for (const char* answer : {"y", "n", "what"}) {
    for (const bool exempt : {false, true}) {
      Bench bench;
      bench.policy.fallback.unenrolled = Unenrolled::kAsk;
      if (exempt) bench.policy.fallback.action = Action::kSkip;
      Conversation talk = bench.talk();
      check(asked(talk.begin(bench.policy, bench.records(), even(kNow))).text.find("[Y/n]") != std::string::npos);
      bench.add("app");
      const Outcome outcome = talk.answer(answer, bench.records(), even(kNow));
      if (exempt) check(ruling(outcome) == Ruling::kSkip, "who need not register passes");
      else check(asked(outcome).link.empty() && asked(outcome).text.starts_with("Verification code"), answer);
      check(!bench.store.account(alice()).pending && bench.store.account(alice()).profile.skips == 0);
      if (!exempt)
        check(ruling(talk.answer(bench.code(), bench.records(), even(kNow))) == Ruling::kAllow, "its code does");
    }
  }
}

void a_key_that_was_left_open_becomes_no_second_method() {
  Bench bench;
  Conversation shown = bench.talk();
  (void)shown.begin(bench.policy, bench.records(), even(kNow));
  Conversation proven = bench.talk();
  (void)proven.begin(bench.policy, bench.records(), even(kNow));
  const std::string code = bench.code();
  check(asked(proven.answer(code, bench.records(), even(kNow))).text.find("Recovery codes") != std::string::npos);
  bench.add("mine");
  const auto ended = [](const Outcome& outcome) {
    check(ruling(outcome) == Ruling::kDeny);
    check_equal(outcome.events.back().reason, "registration-ended");
  };
  ended(shown.answer(code, bench.records(), even(kNow)));
  ended(proven.withhold(Withheld::kEmpty, bench.records(), even(kNow)));
  check(!confirm_registration(bench.store, bench.store.account(alice()), alice(), 1000, "c", {}, kNow));
  check_equal(bench.store.account(alice()).methods.size(), 1U);
  check(bench.store.account(alice()).profile.recovery.unused.empty(), "nor does its sheet count");
}

void who_is_exempt_is_kept_out_by_no_registration_that_ended() {
  for (const bool at_the_sheet : {false, true}) {
    Bench bench;
    bench.policy.fallback.action = Action::kSkip;
    Conversation talk = bench.talk();
    check(!asked(talk.begin(bench.policy, bench.records(), even(kNow))).link.empty());
    if (at_the_sheet) (void)talk.answer(bench.code(), bench.records(), even(kNow));
    bench.add("mine");
    const Outcome outcome = talk.answer("", bench.records(), even(kNow));
    check(ruling(outcome) == Ruling::kSkip && !talk.has_registered());
    check_equal(outcome.events.back().reason, "exempt");
  }
}

void of_two_logins_that_prove_one_key_the_later_registers() {
  Bench bench;
  Conversation first = bench.talk();
  (void)first.begin(bench.policy, bench.records(), even(kNow));
  Conversation second("d", bench.facts, bench.manner);
  (void)second.begin(bench.policy, bench.records(), even(kNow));
  (void)first.answer(bench.code(), bench.records(), even(kNow));
  (void)second.answer(bench.code(1), bench.records(), even(kNow));
  const Outcome outcome = first.withhold(Withheld::kEmpty, bench.records(), even(kNow));
  check(ruling(outcome) == Ruling::kDeny, "it could not be confirmed");
  check_equal(outcome.events.back().reason, "registration-ended");
  check(ruling(second.withhold(Withheld::kEmpty, bench.records(), even(kNow))) == Ruling::kSkip);
}

void so_many_open_questions_are_no_more_skips() {
  Bench bench;
  bench.policy.fallback.unenrolled = Unenrolled::kAsk;
  bench.manner.enrolment.max_skips = 1;
  bench.manner.enrolment.after = Unenrolled::kEnrol;
  Conversation first = bench.talk();
  Conversation second = bench.talk();
  (void)first.begin(bench.policy, bench.records(), even(kNow));
  (void)second.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(first.answer("n", bench.records(), even(kNow))) == Ruling::kSkip);
  check(!asked(second.answer("n", bench.records(), even(kNow))).link.empty(), "has to register now");
}

void a_registration_is_ended_by_a_revocation_meanwhile() {
  Bench bench;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  check(bench.store.remove_method(alice(), bench.store.account(alice()).pending->id));
  const Outcome outcome = talk.answer("123456", bench.records(), even(kNow));
  check(ruling(outcome) == Ruling::kDeny);
  check_equal(outcome.events.back().reason, "registration-ended");
}

void a_code_that_was_proven_already_proves_nothing() {
  Bench bench;
  Conversation first = bench.talk();
  (void)first.begin(bench.policy, bench.records(), even(kNow));
  Conversation second = bench.talk();
  (void)second.begin(bench.policy, bench.records(), even(kNow));
  const std::string code = bench.code();
  check(asked(first.answer(code, bench.records(), even(kNow))).link.empty(), "the sheet");
  check(!asked(second.answer(code, bench.records(), even(kNow))).link.empty(), "asked again");
}

void an_old_pending_key_is_not_shown_again() {
  Bench bench;
  const std::string first = asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).link;
  check_equal(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow + kHour))).link, first);
  check(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow + kDay))).link != first, "a day later");
  bench.manner.enrolment.recovery_codes = 0;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow + kDay));
  bench.manner.codes.algorithm = Algorithm::kSha256;
}

void whoever_may_not_register_here_is_asked_like_anybody() {
  Bench bench;
  for (int i = 0; i < 4; ++i) {
    Bench other;
    if (i == 0) other.facts.trusted = false;
    if (i == 1) other.facts.purpose = Purpose::kPassword;
    if (i == 2) other.facts.one_answer = true;
    if (i == 3) other.manner.enrolment.enrol_from = {"campus"};
    const Outcome outcome = other.talk().begin(other.policy, other.records(), even(kNow));
    check(asked(outcome).link.empty(), std::to_string(i));
    check(!other.store.account(alice()).pending, "nothing was written");
  }
  bench.policy.fallback.unenrolled = Unenrolled::kAsk;
  bench.facts.trusted = false;
  check(ruling(bench.talk().begin(bench.policy, bench.records(), even(kNow))) == Ruling::kSkip,
        "and not asked to register");
}

void the_question_may_be_answered_in_many_ways() {
  Bench bench;
  bench.policy.fallback.unenrolled = Unenrolled::kAsk;
  bench.manner.language = Language::kBoth;
  Conversation talk = bench.talk();
  check(asked(talk.begin(bench.policy, bench.records(), even(kNow))).text.find("[Y/n]") != std::string::npos);
  check(asked(talk.answer("en", bench.records(), even(kNow))).text.starts_with("English"));
  check(asked(talk.answer("what", bench.records(), even(kNow))).text.starts_with("Please answer y or n."));
  check(!asked(talk.withhold(Withheld::kEmpty, bench.records(), even(kNow))).link.empty(), "Enter is yes");
  Conversation later = bench.talk();
  (void)later.begin(bench.policy, bench.records(), even(kNow));
  const Outcome no = later.answer("n", bench.records(), even(kNow));
  check(ruling(no) == Ruling::kSkip && !std::get<Verdict>(no.reply).reminder.empty());
  check_equal(bench.store.account(alice()).profile.skips, 1);
}

void people_on_the_campus_are_registered_where_the_rule_says_so_and_never_kept_out() {
  Bench bench;
  bench.policy.fallback.action = Action::kSkip;
  Conversation talk = bench.talk();
  check(!asked(talk.begin(bench.policy, bench.records(), even(kNow))).link.empty());
  bench.store.set_away(true);
  Conversation away = bench.talk();
  try {
    (void)away.begin(bench.policy, bench.records(), even(kNow));
    check(false, "the store was read");
  } catch (const StoreUnavailable&) {
    check(away.is_exempt() && ruling(away.fail("store-unavailable", kNow)) == Ruling::kSkip);
  }
  bench.store.set_away(false);
  Conversation gone = bench.talk();
  (void)gone.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(gone.fail("disconnected", kNow)) == Ruling::kUnavailable, "whoever is gone is not let in");
  bench.policy.fallback.unenrolled = Unenrolled::kRemind;
  check(!std::get<Verdict>(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply).reminder.empty());
}

void the_reminder_names_the_places_where_people_may_register() {
  Bench bench;
  bench.policy.fallback.action = Action::kSkip;
  bench.policy.fallback.unenrolled = Unenrolled::kRemind;
  Network dorms;
  dorms.set = NetworkSet({parse_prefix("203.0.113.0/24").range}, {});
  bench.policy.networks.emplace("dorms", std::move(dorms));
  const auto reminder = [&] {
    return std::get<Verdict>(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply).reminder;
  };
  bench.manner.enrolment.enrol_from = {"dorms"};
  bench.facts.origin.address = *parse_address("203.0.113.9");
  check(reminder().find("Run: seimon enroll") != std::string::npos, "here");
  bench.manner.enrolment.enrol_from = {"campus", "library"};
  check(reminder().find("Log in from campus, library") != std::string::npos, "not here");
  bench.manner.enrolment.not_before = kNow + kDay;
  check(reminder().find("Days left: 1. Log in from campus, library") != std::string::npos);
  bench.manner.enrolment.enrol_from.clear();
  check(reminder().find("Days left: 1. Run:") != std::string::npos);
}

void one_answer_has_one_question() {
  Bench bench;
  Method method;
  method.label = "app";
  method.key = Secret(std::vector<std::uint8_t>(20, 5));
  (void)bench.store.add_method(alice(), 1000, method);
  bench.facts.one_answer = true;
  Conversation talk = bench.talk();
  const Prompt question = asked(talk.begin(bench.policy, bench.records(), even(kNow)));
  check(!question.echo && question.text == "Password and verification code: ");
  check(ruling(talk.answer("000000", bench.records(), even(kNow))) == Ruling::kDeny);
  Conversation help = bench.talk();
  (void)help.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(help.answer("?", bench.records(), even(kNow))) == Ruling::kDeny, "no help text");
  for (int i = 0; i < 4; ++i) {
    Conversation wrong = bench.talk();
    (void)wrong.begin(bench.policy, bench.records(), even(kNow));
    (void)wrong.answer("000000", bench.records(), even(kNow));
  }
  Conversation guarded = bench.talk();
  (void)guarded.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = guarded.answer(bench.code(), bench.records(), even(kNow));
  check(ruling(outcome) == Ruling::kDeny);
  check_equal(outcome.events.front().reason, "guarded");
  Conversation pair = bench.talk();
  (void)pair.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(pair.answer(bench.code() + bench.code(1), bench.records(), even(kNow))) == Ruling::kAllow);
}

void root_changes_a_password_without_a_code_and_that_is_recorded() {
  Bench bench;
  bench.facts.purpose = Purpose::kPassword;
  Conversation talk = bench.talk();
  Profile profile;
  profile.remembered.push_back({kNow + kDay, "sshd", "203.0.113.9"});
  bench.store.write_profile(alice(), profile);
  const Outcome outcome = talk.let_change("by-root", bench.records(), even(kNow));
  check(outcome.durable && bench.store.account(alice()).profile.remembered.empty(), "remembered hosts end with it");
  check(!bench.talk().let_change("by-root", bench.records(), even(kNow)).durable);
  check(ruling(outcome) == Ruling::kSkip);
  check_equal(outcome.events.back().event, "password");
  check_equal(outcome.events.back().reason, "by-root");
}

void languages_go_by_group_until_one_is_chosen() {
  Bench bench;
  bench.policy.fallback.unenrolled = Unenrolled::kDeny;
  bench.manner.languages = {{"students", Language::kJapanese}, {"staff", Language::kEnglish}};
  bench.facts.groups = {{"staff", "students"}};
  check(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).text.starts_with("確認コード"),
        "the first that fits");
  Profile profile;
  profile.language = Language::kEnglish;
  bench.store.write_profile(alice(), profile);
  Conversation talk = bench.talk();
  check(asked(talk.begin(bench.policy, bench.records(), even(kNow))).text.starts_with("Verification"));
  Bench unknown;
  unknown.facts.exists = false;
  unknown.policy.fallback.unenrolled = Unenrolled::kDeny;
  Conversation stranger = unknown.talk();
  (void)stranger.begin(unknown.policy, unknown.records(), even(kNow));
  check(asked(stranger.answer("ja", unknown.records(), even(kNow))).text.starts_with("今後は"));
  check(!unknown.store.account(alice()).profile.language, "nothing is kept of a name that nobody has");
}

void codes_without_a_phone_are_refused_where_nothing_can_be_right() {
  Bench bench;
  bench.policy.fallback.unenrolled = Unenrolled::kDeny;
  for (const bool suspended : {true, false}) {
    bench.store.set_suspended(alice(), suspended);
    if (!suspended) bench.policy.fallback.kinds = Kinds();
    for (const char* typed : {"AB12-CD34-EF56-GH78", "482 109 375"}) {
      Conversation talk = bench.talk();
      (void)talk.begin(bench.policy, bench.records(), even(kNow));
      const std::string reason = talk.answer(typed, bench.records(), even(kNow)).events.front().reason;
      check(suspended ? reason == "suspended" : reason == "method-not-allowed" || reason == "wrong-bypass-code",
            reason);
    }
  }
}

void what_the_module_keeps_back_while_registering_is_a_wrong_proof() {
  Bench bench;
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  check(!asked(talk.withhold(Withheld::kPassword, bench.records(), even(kNow))).link.empty());
  const Outcome method = talk.withhold(Withheld::kPasswordMethod, bench.records(), even(kNow));
  check(ruling(method) == Ruling::kDeny, "sshd's password method registers nobody");
}

Method app() {
  Method method;
  method.label = "app";
  method.key = Secret(std::vector<std::uint8_t>(20, 5));
  return method;
}

struct Enrolled : Bench {
  Enrolled() {
    (void)store.add_method(alice(), 1000, app());
    policy.fallback.unenrolled = Unenrolled::kDeny;
    manner.remember = {kHour, {"sshd"}, {}};
  }
  Outcome log_in() {
    Conversation talk = this->talk();
    Outcome outcome = talk.begin(policy, records(), even(kNow));
    return outcome.reply.index() == 1 ? talk.answer(code(), records(), even(kNow)) : std::move(outcome);
  }
  bool remembers() { return !store.account(alice()).profile.remembered.empty(); }
};

void only_a_place_that_the_site_named_is_remembered() {
  using Change = void (*)(Enrolled&);
  const Change changes[] = {
      [](Enrolled& b) { b.manner.remember.length = seconds(0); },
      [](Enrolled& b) { b.facts.trusted = false; },
      [](Enrolled& b) { b.facts.purpose = Purpose::kPassword; },
      [](Enrolled& b) { b.facts.origin.kind = Origin::Kind::kLocal; },
      [](Enrolled& b) { b.facts.service = "vpn"; },
      [](Enrolled& b) { b.facts.service = "su", b.manner.remember.services = {"su"}; },
      [](Enrolled& b) { b.manner.remember.networks = {"campus"}; },
  };
  for (const Change change : changes) {
    Enrolled bench;
    change(bench);
    check(ruling(bench.log_in()) == Ruling::kAllow && !bench.remembers());
  }
  Enrolled named;
  named.manner.remember.networks = {"campus"};
  Network network;
  network.set = NetworkSet({{Address(), Address()}}, {});
  named.policy.networks.emplace("campus", std::move(network));
  check(ruling(named.log_in()) == Ruling::kAllow && named.remembers());
  Enrolled bench;
  check(ruling(bench.log_in()) == Ruling::kAllow && bench.remembers());
  const Outcome spared = bench.talk().begin(bench.policy, bench.records(), even(kNow));
  check_equal(spared.events.back().reason, "remembered");
  Enrolled six;
  six.facts.origin.address = *parse_address("2001:db8::1");
  check(ruling(six.log_in()) == Ruling::kAllow && six.remembers());
  check(six.talk().begin(six.policy, six.records(), even(kNow)).reply.index() == 0);
  six.facts.origin.address = *parse_address("2001:db8::2");
  check(six.talk().begin(six.policy, six.records(), even(kNow)).reply.index() == 1, "its neighbour is asked");
  bench.manner.remember.services.emplace_back("vpn");
  bench.facts.service = "vpn";
  check(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply.index() == 1, "another service is asked");
  bench.facts.service = "sshd";
  bench.policy.fallback.action = Action::kDeny;
  check(bench.talk().begin(bench.policy, bench.records(), even(kNow)).reply.index() == 1,
        "who is denied is not spared");
  bench.policy.fallback.action = Action::kRequire;
  bench.facts.purpose = Purpose::kPassword;
  Conversation change = bench.talk();
  (void)change.begin(bench.policy, bench.records(), even(kNow));
  check(ruling(change.answer(bench.code(1), bench.records(), even(kNow))) == Ruling::kAllow);
  check(!bench.remembers(), "whoever changes the password ends it");
}

void whoever_is_exempt_and_has_a_method_is_neither_asked_nor_reminded() {
  Enrolled bench;
  bench.policy.fallback.action = Action::kSkip;
  for (const Unenrolled unenrolled : {Unenrolled::kDeny, Unenrolled::kAllow, Unenrolled::kRemind, Unenrolled::kAsk}) {
    bench.policy.fallback.unenrolled = unenrolled;
    const Outcome outcome = bench.talk().begin(bench.policy, bench.records(), even(kNow));
    check(ruling(outcome) == Ruling::kSkip && std::get<Verdict>(outcome.reply).reminder.empty());
  }
  Bench other;
  other.policy.fallback.action = Action::kSkip;
  other.policy.fallback.unenrolled = Unenrolled::kAsk;
  check(asked(other.talk().begin(other.policy, other.records(), even(kNow))).text.find("[Y/n]") != std::string::npos);
  other.facts.exists = false;
  other.policy.fallback.unenrolled = Unenrolled::kRemind;
  check(ruling(other.talk().begin(other.policy, other.records(), even(kNow))) == Ruling::kSkip,
        "a name that nobody has");
  check(ruling(other.talk().fail("timeout", kNow)) == Ruling::kUnavailable);
  Conversation gone = other.talk();
  (void)gone.begin(other.policy, other.records(), even(kNow));
  check(ruling(gone.fail("timeout", kNow)) == Ruling::kUnavailable, "whoever is gone is not let in");
}

void the_help_desk_s_code_is_refused_where_a_rule_wants_another_kind() {
  Enrolled bench;
  Profile profile = bench.store.account(alice()).profile;
  profile.bypass.push_back({1, bench.store.digest("bypass alice 482109375"), kNow, kNow + kHour, 1, 5, "root", ""});
  bench.store.write_profile(alice(), profile);
  bench.policy.fallback.kinds = Kinds();
  bench.policy.fallback.kinds.add(Kind::kApp);
  Conversation refused = bench.talk();
  (void)refused.begin(bench.policy, bench.records(), even(kNow));
  check_equal(refused.answer("482 109 375", bench.records(), even(kNow)).events.front().reason, "wrong-bypass-code");
  bench.policy.fallback.kinds = Kinds::all();
  Conversation taken = bench.talk();
  (void)taken.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = taken.answer("482 109 375", bench.records(), even(kNow));
  check(ruling(outcome) == Ruling::kAllow);
}

void a_recovery_code_tells_what_failed_and_what_is_left_and_leaves_counters_alone() {
  Bench bench;
  Method token = app();
  token.kind = Kind::kToken;
  token.otp.period = seconds(0);
  (void)bench.store.add_method(alice(), 1000, token);
  RecoverySheet sheet = new_recovery_sheet(bench.store, alice(), 2, kNow);
  Profile profile = bench.store.account(alice()).profile;
  profile.recovery = sheet.codes;
  bench.store.write_profile(alice(), profile);
  const auto fail_elsewhere = [&] {
    Conversation other = bench.talk();
    (void)other.begin(bench.policy, bench.records(), even(kNow));
    (void)other.answer("000000", bench.records(), even(kNow));
  };
  fail_elsewhere();
  Conversation talk = bench.talk();
  (void)talk.begin(bench.policy, bench.records(), even(kNow));
  const Outcome outcome = talk.answer(sheet.shown[0], bench.records(), even(kNow));
  const std::string message = std::get<Verdict>(outcome.reply).message;
  check(message.find("1 failed code") != std::string::npos && message.find("left: 1") != std::string::npos, message);
  check(bench.store.account(alice()).methods[0].mark == Step{-1}, "a counter does not rise by itself");
  // Without any method the failures have no "since".
  check(bench.store.remove_method(alice(), bench.store.account(alice()).methods[0].id));
  fail_elsewhere();
  Conversation bare = bench.talk();
  (void)bare.begin(bench.policy, bench.records(), even(kNow));
  check(std::get<Verdict>(bare.answer(sheet.shown[1], bench.records(), even(kNow)).reply).message.find("since ?") !=
        std::string::npos);
}

void small_choices_of_a_conversation() {
  Enrolled bench;
  bench.manner.codes.echo = false;
  check(!asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).echo);
  bench.manner.languages = {{"students", Language::kJapanese}};
  bench.facts.groups = {{"staff"}};
  check(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).text.starts_with("Verification"));
  bench.facts.groups.reset();
  check(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).text.starts_with("Verification"));
  bench.policy.fallback.asks = Asks::kTarget;
  check(asked(bench.talk().begin(bench.policy, bench.records(), even(kNow))).text.starts_with("Verification"),
        "no target");
  bench.facts.trusted = false;
  Conversation claimed = bench.talk();
  (void)claimed.begin(bench.policy, bench.records(), even(kNow));
  check(asked(claimed.answer("ja", bench.records(), even(kNow))).text.starts_with("今後は"));
  check(!bench.store.account(alice()).profile.language, "a claim chooses nothing for good");
  // In preparation: one answer leaves no room for a reason.
  Enrolled preparing;
  preparing.facts.one_answer = true;
  Rule campus;
  campus.name = "campus";
  campus.action = Action::kSkip;
  campus.given.networks = {{"campus"}};
  Network network;
  network.set = NetworkSet({{Address(), Address()}}, {});
  network.state = NetworkState::kPreparing;
  preparing.policy.networks.emplace("campus", std::move(network));
  preparing.policy.rules.push_back(campus);
  check(asked(preparing.talk().begin(preparing.policy, preparing.records(), even(kNow)))
            .text.starts_with("Password and"));
  // Failures from nowhere in particular.
  Enrolled nowhere;
  nowhere.facts.origin.kind = Origin::Kind::kUnknown;
  Conversation failing = nowhere.talk();
  (void)failing.begin(nowhere.policy, nowhere.records(), even(kNow));
  (void)failing.answer("000000", nowhere.records(), even(kNow));
  Conversation later = nowhere.talk();
  (void)later.begin(nowhere.policy, nowhere.records(), even(kNow));
  check(std::get<Verdict>(later.answer(nowhere.code(), nowhere.records(), even(kNow)).reply).message.find("from ?.") !=
        std::string::npos);
  // The sheet is kept when anything at all was typed.
  Bench keeps;
  Conversation talk = keeps.talk();
  (void)talk.begin(keeps.policy, keeps.records(), even(kNow));
  (void)talk.answer(keeps.code(), keeps.records(), even(kNow));
  check(ruling(talk.answer("yes", keeps.records(), even(kNow))) == Ruling::kSkip);
}

void a_rule_may_look_at_how_ssh_and_su_were_called() {
  Bench bench;
  Rule rule;
  rule.name = "rule";
  rule.action = Action::kSkip;
  bench.policy.rules.push_back(rule);
  const auto decides = [&] { return decide(bench.policy, bench.facts, kNow).rule == "rule"; };
  Rule& first = bench.policy.rules.front();
  using Condition = std::optional<std::vector<std::string>> Conditions::*;
  const auto both = [&](Condition condition, const char* pattern, bool wanted) {
    first.given = first.negated = Conditions();
    first.given.*condition = {{pattern}};
    check(decides() == wanted, pattern);
    first.given = Conditions();
    first.negated.*condition = {{pattern}};
    check(decides() != wanted, pattern);
  };
  both(&Conditions::ssh_auth, "publickey", false);
  bench.facts.ssh_auth = {"publickey"};
  both(&Conditions::ssh_auth, "publickey", true);
  both(&Conditions::caller, "bob", false);
  both(&Conditions::target, "root", false);
  bench.facts.caller = "bob";
  both(&Conditions::caller, "bob", false);  // whatever sshd says: su and sudo alone know it
  bench.facts.service = "su";
  bench.facts.target = UserName::parse("root");
  both(&Conditions::caller, "b*", true);
  both(&Conditions::target, "root", true);
  bench.facts.trusted = false;
  both(&Conditions::ssh_auth, "publickey", false);
  both(&Conditions::caller, "bob", false);
  both(&Conditions::target, "root", false);
  first.given = first.negated = Conditions();
  first.negated.hours = Hours::parse("Sat 00:00-24:00 Z");
  check(!decides());
  first.negated.hours = Hours::parse("Mon 00:00-24:00 Z");
  check(decides());
  first.not_after = kNow - seconds(1);
  check(!decides());
  Rule wide;
  wide.action = Action::kSkip;
  check(would_match_everyone(wide, bench.policy), "hours narrow nothing");
  wide.given.ssh_auth = {{"publickey"}};
  check(!would_match_everyone(wide, bench.policy));
  wide.given = Conditions();
  wide.given.caller = {{"bob"}};
  check(!would_match_everyone(wide, bench.policy));
  wide.given = Conditions();
  wide.given.target = {{"bob"}};
  check(!would_match_everyone(wide, bench.policy));
  const Policy nothing;
  check(!is_in_networks(nothing, {"campus"}, bench.facts.origin, kNow), "a network that is not there");
  bench.facts.origin.kind = Origin::Kind::kUnknown;
  check(!is_in_networks(nothing, {"campus"}, bench.facts.origin, kNow));
}

void stripped_accounts_and_strangers_register_only_where_that_is_said() {
  Decision decision;
  decision.action = Action::kRequire;
  Account account;
  account.profile.enrolled_before = true;
  const Situation named{true, true, true};
  const Situation anywhere{true, true, false};
  const Due enrol{Unenrolled::kEnrol, {}};
  check(prospect_of(decision, account, enrol, named) == Prospect::kRegisters);
  check(prospect_of(decision, account, {Unenrolled::kAsk, {}}, named) == Prospect::kRegisters);
  check(prospect_of(decision, account, enrol, anywhere) == Prospect::kRefused);
  check(prospect_of(decision, account, {Unenrolled::kDeny, {}}, named) == Prospect::kRefused);
  check(prospect_of(decision, account, enrol, {true, false, true}) == Prospect::kRefused);
  account.profile.recovery.unused = {"d"};
  check(prospect_of(decision, account, enrol, named) == Prospect::kAsked, "whoever has a sheet is asked");
  account.profile.recovery.unused.clear();
  account.profile.bypass.emplace_back();
  check(prospect_of(decision, account, enrol, named) == Prospect::kAsked);
  decision.action = Action::kSkip;
  check(prospect_of(decision, account, enrol, {}) == Prospect::kPasses && prospect_name(Prospect::kAsked) == "require");
  check(prospect_of(decision, account, enrol, anywhere) == Prospect::kPasses);
  account = Account();
  check(prospect_of(decision, account, {Unenrolled::kDeny, {}}, anywhere) == Prospect::kPasses);
  check(prospect_of(decision, account, {Unenrolled::kAsk, {}}, {true, false, false}) == Prospect::kPasses);
}

void a_registration_of_another_uid_leaves_nothing_of_the_one_before() {
  Bench bench;
  (void)bench.store.add_method(alice(), 2000, app());
  Conversation talk = bench.talk();
  // The name is known under another uid: stripped, and this place may register.
  bench.manner.enrolment.enrol_from = {"campus"};
  Network network;
  network.set = NetworkSet({{Address(), Address()}}, {});
  bench.policy.networks.emplace("campus", std::move(network));
  Conversation again = bench.talk();
  check(!asked(again.begin(bench.policy, bench.records(), even(kNow))).link.empty());
  (void)again.answer(bench.code(), bench.records(), even(kNow));
  check(confirm_registration(bench.store, bench.store.account(alice()), alice(), 1000, "c", {}, kNow).has_value());
  const Account account = bench.store.account(alice());
  check(account.methods.size() == 1 && account.profile.uid == 1000);
  bench.manner.enrolment.recovery_codes = 0;
  Bench none;
  none.manner.enrolment.recovery_codes = 0;
  Conversation quick = none.talk();
  (void)quick.begin(none.policy, none.records(), even(kNow));
  check(ruling(quick.answer(none.code(), none.records(), even(kNow))) == Ruling::kSkip, "no sheet, no question");
  none.manner.codes.algorithm = Algorithm::kSha256;
  Bench other;
  other.manner.codes.algorithm = Algorithm::kSha256;
  Conversation sha = other.talk();
  (void)sha.begin(other.policy, other.records(), even(kNow));
  const Outcome outcome = sha.answer(other.code(), other.records(), even(kNow));
  check(asked(outcome).text.find("SHA1") != std::string::npos);
  check_equal(outcome.events.back().reason, "made-with-sha1");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_recovery_code_has_80_bits_and_forgives_how_it_is_typed),
      SEIMON_TEST(a_bypass_code_has_nine_digits),
      SEIMON_TEST(a_digest_is_found_wherever_it_stands),
      SEIMON_TEST(what_ended_is_dropped_and_lists_are_bounded),
      SEIMON_TEST(reminders_become_what_comes_after_on_their_day),
      SEIMON_TEST(a_link_may_leave_out_what_every_app_assumes),
      SEIMON_TEST(an_app_that_ignores_the_algorithm_is_recognised),
      SEIMON_TEST(hours_know_days_midnight_and_zones),
      SEIMON_TEST(every_text_has_two_languages_and_the_same_places),
      SEIMON_TEST(a_name_of_another_uid_is_stripped_and_unused_methods_lapse),
      SEIMON_TEST(a_registration_is_nothing_until_the_account_hook_confirms_it),
      SEIMON_TEST(what_has_ended_stays_ended_when_the_clock_goes_back),
      SEIMON_TEST(a_question_that_was_left_open_opens_no_account_that_has_a_method_by_now),
      SEIMON_TEST(a_key_that_was_left_open_becomes_no_second_method),
      SEIMON_TEST(who_is_exempt_is_kept_out_by_no_registration_that_ended),
      SEIMON_TEST(of_two_logins_that_prove_one_key_the_later_registers),
      SEIMON_TEST(so_many_open_questions_are_no_more_skips),
      SEIMON_TEST(a_registration_is_ended_by_a_revocation_meanwhile),
      SEIMON_TEST(a_code_that_was_proven_already_proves_nothing),
      SEIMON_TEST(an_old_pending_key_is_not_shown_again),
      SEIMON_TEST(whoever_may_not_register_here_is_asked_like_anybody),
      SEIMON_TEST(the_question_may_be_answered_in_many_ways),
      SEIMON_TEST(people_on_the_campus_are_registered_where_the_rule_says_so_and_never_kept_out),
      SEIMON_TEST(one_answer_has_one_question),
      SEIMON_TEST(root_changes_a_password_without_a_code_and_that_is_recorded),
      SEIMON_TEST(languages_go_by_group_until_one_is_chosen),
      SEIMON_TEST(codes_without_a_phone_are_refused_where_nothing_can_be_right),
      SEIMON_TEST(what_the_module_keeps_back_while_registering_is_a_wrong_proof),
      SEIMON_TEST(only_a_place_that_the_site_named_is_remembered),
      SEIMON_TEST(the_reminder_names_the_places_where_people_may_register),
      SEIMON_TEST(whoever_is_exempt_and_has_a_method_is_neither_asked_nor_reminded),
      SEIMON_TEST(the_help_desk_s_code_is_refused_where_a_rule_wants_another_kind),
      SEIMON_TEST(a_recovery_code_tells_what_failed_and_what_is_left_and_leaves_counters_alone),
      SEIMON_TEST(small_choices_of_a_conversation),
      SEIMON_TEST(a_rule_may_look_at_how_ssh_and_su_were_called),
      SEIMON_TEST(stripped_accounts_and_strangers_register_only_where_that_is_said),
      SEIMON_TEST(a_registration_of_another_uid_leaves_nothing_of_the_one_before),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

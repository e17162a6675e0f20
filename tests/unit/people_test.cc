// SPDX-License-Identifier: Apache-2.0
// Data of users besides methods: recovery codes, dates of a rollout, office hours, texts.
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
    check(text_of(row.id, Language::kJapanese, {"1", "2", "3", "4"}).find('{') == std::string::npos,
          std::string(row.name));
  }
  check(!text_named("no-such-text"));
  check(!wording_problem(TextId::kPrompt, "Code").empty() && !wording_problem(TextId::kHelp, "{7}").empty());
  const Wordings own{{TextId::kPrompt, {"Campus code: ", ""}}};
  check_equal(text_of(TextId::kPrompt, Language::kEnglish, {"6"}, own), "Campus code: ");
  check_equal(text_of(TextId::kPrompt, Language::kJapanese, {"6"}, own), "確認コード: ");
  check(wording_problem(TextId::kPrompt, "{1}-digit code: ").empty(), "a site may say how many digits there are");
  check_equal(language_name(*parse_language("auto")), "both");
}

void a_name_of_another_uid_is_reset_and_unused_methods_lapse() {
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
  for (const Kind kind : {Kind::kApp, Kind::kToken, Kind::kRecovery, Kind::kBypass, Kind::kSms, Kind::kEmail,
                          Kind::kApprove, Kind::kCall})
    check(parse_kind(kind_name(kind)) == kind);
  check(!parse_kind("fax") && !parse_state("gone"));
}

struct Fixture {
  Fixture() : facts(alice()) {
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

Verdict verdict(const Outcome& outcome) { return std::get<Conclusion>(outcome.reply).verdict; }
const Prompt& asked(const Outcome& outcome) { return std::get<Prompt>(outcome.reply); }

void a_registration_is_nothing_until_the_account_hook_confirms_it() {
  Fixture fixture;
  Conversation talk = fixture.talk();
  check(!asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).link.empty());
  check(!asked(talk.answer("?", fixture.records(), even(kNow))).link.empty());
  check(asked(talk.answer("i", fixture.records(), even(kNow))).qr_style == QrStyle::kInverted);
  check(asked(talk.answer("ja", fixture.records(), even(kNow))).text.find("キー: ") != std::string::npos);
  check(asked(talk.withhold(Withheld::kEmpty, fixture.records(), even(kNow))).text.find("一致しません") !=
        std::string::npos);
  check(asked(talk.answer(fixture.code(), fixture.records(), even(kNow))).text.find("回復コード") != std::string::npos);
  const Outcome last = talk.withhold(Withheld::kEmpty, fixture.records(), even(kNow));
  check(verdict(last) == Verdict::kSkip, "nothing was checked that was known before");
  const auto confirm = [&](const char* id, Instant now) {
    return confirm_registration(fixture.store, fixture.store.account(alice()), alice(), 1000, id,
                                fixture.manner.enrolment, now);
  };
  check(!confirm("other", kNow) && !confirm("", kNow) && !confirm("c", kNow + kDay),
        "another conversation, or too late");
  check(fixture.store.account(alice()).methods.empty());
  check(confirm("c", kNow) == "app");
  const Account account = fixture.store.account(alice());
  check(account.methods.size() == 1 && !account.pending && account.profile.recovery.unused.size() == 10);
  check(account.profile.qr_style == QrStyle::kInverted && account.profile.language == Language::kJapanese);
  check(!confirm("c", kNow), "once");
}

void what_has_ended_stays_ended_when_the_clock_goes_back() {
  Fixture fixture;
  fixture.add("app");
  Profile profile = fixture.store.account(alice()).profile;
  const std::string code = new_bypass_code();
  profile.bypass.push_back(
      {1, bypass_digest(fixture.store, alice(), *parse_bypass_code(code)), kNow - kHour, kNow, 5, 5, "uid 0", ""});
  fixture.store.write_profile(alice(), profile);
  Conversation talk = fixture.talk();
  const Moment later{kNow - seconds(600), kNow + seconds(60)};
  (void)talk.begin(fixture.policy, fixture.records(), later);
  check(!asked(talk.answer(code, fixture.records(), later)).text.empty(), "refused");
  Conversation before("b", fixture.facts, fixture.manner);
  (void)before.begin(fixture.policy, fixture.records(), even(kNow - seconds(600)));
  check(verdict(before.answer(code, fixture.records(), even(kNow - seconds(600)))) == Verdict::kAllow,
        "until then it was right");
}

// Somebody with the password leaves a login open, and waits.
void a_question_that_was_left_open_opens_no_account_that_has_a_method_by_now() {
  for (const char* answer : {"y", "n", "what"}) {
    for (const bool exempt : {false, true}) {
      Fixture fixture;
      fixture.policy.fallback.unenrolled = Unenrolled::kAsk;
      if (exempt) fixture.policy.fallback.action = Action::kSkip;
      Conversation talk = fixture.talk();
      check(asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).text.find("[Y/n]") != std::string::npos);
      fixture.add("app");
      const Outcome outcome = talk.answer(answer, fixture.records(), even(kNow));
      if (exempt) check(verdict(outcome) == Verdict::kSkip, "who need not register passes");
      else check(asked(outcome).link.empty() && asked(outcome).text.starts_with("Verification code"), answer);
      check(!fixture.store.account(alice()).pending && fixture.store.account(alice()).profile.skips == 0);
      if (!exempt)
        check(verdict(talk.answer(fixture.code(), fixture.records(), even(kNow))) == Verdict::kAllow, "its code does");
    }
  }
}

void a_key_that_was_left_open_becomes_no_second_method() {
  Fixture fixture;
  Conversation shown = fixture.talk();
  (void)shown.begin(fixture.policy, fixture.records(), even(kNow));
  Conversation proven = fixture.talk();
  (void)proven.begin(fixture.policy, fixture.records(), even(kNow));
  const std::string code = fixture.code();
  check(asked(proven.answer(code, fixture.records(), even(kNow))).text.find("Recovery codes") != std::string::npos);
  fixture.add("mine");
  const auto ended = [](const Outcome& outcome) {
    check(verdict(outcome) == Verdict::kDeny);
    check_equal(outcome.events.back().reason, "registration-ended");
  };
  ended(shown.answer(code, fixture.records(), even(kNow)));
  ended(proven.withhold(Withheld::kEmpty, fixture.records(), even(kNow)));
  check(!confirm_registration(fixture.store, fixture.store.account(alice()), alice(), 1000, "c", {}, kNow));
  check_equal(fixture.store.account(alice()).methods.size(), 1U);
  check(fixture.store.account(alice()).profile.recovery.unused.empty(), "nor do its recovery codes count");
}

void who_is_exempt_is_kept_out_by_no_registration_that_ended() {
  for (const bool at_the_recovery_codes : {false, true}) {
    Fixture fixture;
    fixture.policy.fallback.action = Action::kSkip;
    Conversation talk = fixture.talk();
    check(!asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).link.empty());
    if (at_the_recovery_codes) (void)talk.answer(fixture.code(), fixture.records(), even(kNow));
    fixture.add("mine");
    const Outcome outcome = talk.answer("", fixture.records(), even(kNow));
    check(verdict(outcome) == Verdict::kSkip && !talk.has_registered());
    check_equal(outcome.events.back().reason, "exempt");
  }
}

void of_two_logins_that_prove_one_key_the_later_registers() {
  Fixture fixture;
  Conversation first = fixture.talk();
  (void)first.begin(fixture.policy, fixture.records(), even(kNow));
  Conversation second("d", fixture.facts, fixture.manner);
  (void)second.begin(fixture.policy, fixture.records(), even(kNow));
  (void)first.answer(fixture.code(), fixture.records(), even(kNow));
  (void)second.answer(fixture.code(1), fixture.records(), even(kNow));
  const Outcome outcome = first.withhold(Withheld::kEmpty, fixture.records(), even(kNow));
  check(verdict(outcome) == Verdict::kDeny, "it could not be confirmed");
  check_equal(outcome.events.back().reason, "registration-ended");
  check(verdict(second.withhold(Withheld::kEmpty, fixture.records(), even(kNow))) == Verdict::kSkip);
}

void so_many_open_questions_are_no_more_skips() {
  Fixture fixture;
  fixture.policy.fallback.unenrolled = Unenrolled::kAsk;
  fixture.manner.enrolment.max_skips = 1;
  fixture.manner.enrolment.after = Unenrolled::kEnrol;
  Conversation first = fixture.talk();
  Conversation second = fixture.talk();
  (void)first.begin(fixture.policy, fixture.records(), even(kNow));
  (void)second.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(first.answer("n", fixture.records(), even(kNow))) == Verdict::kSkip);
  check(!asked(second.answer("n", fixture.records(), even(kNow))).link.empty(), "has to register now");
}

void a_registration_is_ended_by_a_revocation_meanwhile() {
  Fixture fixture;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  check(fixture.store.remove_method(alice(), fixture.store.account(alice()).pending->id));
  const Outcome outcome = talk.answer("123456", fixture.records(), even(kNow));
  check(verdict(outcome) == Verdict::kDeny);
  check_equal(outcome.events.back().reason, "registration-ended");
}

void a_code_that_was_proven_already_proves_nothing() {
  Fixture fixture;
  Conversation first = fixture.talk();
  (void)first.begin(fixture.policy, fixture.records(), even(kNow));
  Conversation second = fixture.talk();
  (void)second.begin(fixture.policy, fixture.records(), even(kNow));
  const std::string code = fixture.code();
  check(asked(first.answer(code, fixture.records(), even(kNow))).link.empty(), "the recovery codes");
  check(!asked(second.answer(code, fixture.records(), even(kNow))).link.empty(), "asked again");
}

void an_old_pending_key_is_not_shown_again() {
  Fixture fixture;
  const std::string first = asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).link;
  check_equal(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow + kHour))).link, first);
  check(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow + kDay))).link != first, "a day later");
  fixture.manner.enrolment.recovery_codes = 0;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow + kDay));
  fixture.manner.codes.algorithm = Algorithm::kSha256;
}

void whoever_may_not_register_here_is_asked_like_anybody() {
  Fixture fixture;
  for (int i = 0; i < 4; ++i) {
    Fixture other;
    if (i == 0) other.facts.trusted = false;
    if (i == 1) other.facts.purpose = Purpose::kPassword;
    if (i == 2) other.facts.one_answer = true;
    if (i == 3) other.manner.enrolment.enrol_from = {"campus"};
    const Outcome outcome = other.talk().begin(other.policy, other.records(), even(kNow));
    check(asked(outcome).link.empty(), std::to_string(i));
    check(!other.store.account(alice()).pending, "nothing was written");
  }
  fixture.policy.fallback.unenrolled = Unenrolled::kAsk;
  fixture.facts.trusted = false;
  check(verdict(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))) == Verdict::kSkip,
        "and not asked to register");
}

void the_question_may_be_answered_in_many_ways() {
  Fixture fixture;
  fixture.policy.fallback.unenrolled = Unenrolled::kAsk;
  fixture.manner.language = Language::kBoth;
  Conversation talk = fixture.talk();
  check(asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).text.find("[Y/n]") != std::string::npos);
  check(asked(talk.answer("en", fixture.records(), even(kNow))).text.starts_with("English"));
  check(asked(talk.answer("what", fixture.records(), even(kNow))).text.starts_with("Please answer y or n."));
  check(!asked(talk.withhold(Withheld::kEmpty, fixture.records(), even(kNow))).link.empty(), "Enter is yes");
  Conversation later = fixture.talk();
  (void)later.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome no = later.answer("n", fixture.records(), even(kNow));
  check(verdict(no) == Verdict::kSkip && !std::get<Conclusion>(no.reply).reminder.empty());
  check_equal(fixture.store.account(alice()).profile.skips, 1);
}

void people_on_the_campus_are_registered_where_the_rule_says_so_and_never_kept_out() {
  Fixture fixture;
  fixture.policy.fallback.action = Action::kSkip;
  Conversation talk = fixture.talk();
  check(!asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).link.empty());
  fixture.store.set_away(true);
  Conversation away = fixture.talk();
  try {
    (void)away.begin(fixture.policy, fixture.records(), even(kNow));
    check(false, "the store was read");
  } catch (const StoreUnavailable&) {
    check(away.is_exempt() && verdict(away.fail("store-unavailable", kNow)) == Verdict::kSkip);
  }
  fixture.store.set_away(false);
  Conversation gone = fixture.talk();
  (void)gone.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(gone.fail("disconnected", kNow)) == Verdict::kUnavailable, "whoever is gone is not let in");
  fixture.policy.fallback.unenrolled = Unenrolled::kRemind;
  check(!std::get<Conclusion>(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply)
             .reminder.empty());
}

void the_reminder_names_the_places_where_people_may_register() {
  Fixture fixture;
  fixture.policy.fallback.action = Action::kSkip;
  fixture.policy.fallback.unenrolled = Unenrolled::kRemind;
  Network dorms;
  dorms.set = NetworkSet({parse_prefix("203.0.113.0/24").range}, {});
  fixture.policy.networks.emplace("dorms", std::move(dorms));
  const auto reminder = [&] {
    return std::get<Conclusion>(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply).reminder;
  };
  fixture.manner.enrolment.enrol_from = {"dorms"};
  fixture.facts.origin.address = *parse_address("203.0.113.9");
  check(reminder().find("Run: seimon enroll") != std::string::npos, "here");
  fixture.manner.enrolment.enrol_from = {"campus", "library"};
  check(reminder().find("Log in from campus, library") != std::string::npos, "not here");
  fixture.manner.enrolment.not_before = kNow + kDay;
  check(reminder().find("Days left: 1. Log in from campus, library") != std::string::npos);
  fixture.manner.enrolment.enrol_from.clear();
  check(reminder().find("Days left: 1. Run:") != std::string::npos);
}

void one_answer_has_one_question() {
  Fixture fixture;
  Method method;
  method.label = "app";
  method.key = Secret(std::vector<std::uint8_t>(20, 5));
  (void)fixture.store.add_method(alice(), 1000, method);
  fixture.facts.one_answer = true;
  Conversation talk = fixture.talk();
  const Prompt question = asked(talk.begin(fixture.policy, fixture.records(), even(kNow)));
  check(!question.echo && question.text == "Password and verification code: ");
  check(verdict(talk.answer("000000", fixture.records(), even(kNow))) == Verdict::kDeny);
  Conversation help = fixture.talk();
  (void)help.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(help.answer("?", fixture.records(), even(kNow))) == Verdict::kDeny, "no help text");
  for (int i = 0; i < 4; ++i) {
    Conversation wrong = fixture.talk();
    (void)wrong.begin(fixture.policy, fixture.records(), even(kNow));
    (void)wrong.answer("000000", fixture.records(), even(kNow));
  }
  Conversation guarded = fixture.talk();
  (void)guarded.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = guarded.answer(fixture.code(), fixture.records(), even(kNow));
  check(verdict(outcome) == Verdict::kDeny);
  check_equal(outcome.events.front().reason, "guarded");
  Conversation pair = fixture.talk();
  (void)pair.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(pair.answer(fixture.code() + fixture.code(1), fixture.records(), even(kNow))) == Verdict::kAllow);
}

void root_changes_a_password_without_a_code_and_that_is_recorded() {
  Fixture fixture;
  fixture.facts.purpose = Purpose::kPassword;
  Conversation talk = fixture.talk();
  Profile profile;
  profile.remembered.push_back({kNow + kDay, "sshd", "203.0.113.9"});
  fixture.store.write_profile(alice(), profile);
  const Outcome outcome = talk.let_change("by-root", fixture.records(), even(kNow));
  check(outcome.durable && fixture.store.account(alice()).profile.remembered.empty(), "remembered hosts end with it");
  check(!fixture.talk().let_change("by-root", fixture.records(), even(kNow)).durable);
  check(verdict(outcome) == Verdict::kSkip);
  check_equal(outcome.events.back().event, "password");
  check_equal(outcome.events.back().reason, "by-root");
}

void languages_go_by_group_until_one_is_chosen() {
  Fixture fixture;
  fixture.policy.fallback.unenrolled = Unenrolled::kDeny;
  fixture.manner.languages = {{"students", Language::kJapanese}, {"staff", Language::kEnglish}};
  fixture.facts.groups = {{"staff", "students"}};
  check(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).text.starts_with("確認コード"),
        "the first that fits");
  Profile profile;
  profile.language = Language::kEnglish;
  fixture.store.write_profile(alice(), profile);
  Conversation talk = fixture.talk();
  check(asked(talk.begin(fixture.policy, fixture.records(), even(kNow))).text.starts_with("Verification"));
  Fixture unknown;
  unknown.facts.exists = false;
  unknown.policy.fallback.unenrolled = Unenrolled::kDeny;
  Conversation stranger = unknown.talk();
  (void)stranger.begin(unknown.policy, unknown.records(), even(kNow));
  check(asked(stranger.answer("ja", unknown.records(), even(kNow))).text.starts_with("今後は"));
  check(!unknown.store.account(alice()).profile.language, "nothing is kept of a name that nobody has");
}

void codes_without_a_phone_are_refused_where_nothing_can_be_right() {
  Fixture fixture;
  fixture.policy.fallback.unenrolled = Unenrolled::kDeny;
  for (const bool suspended : {true, false}) {
    fixture.store.set_suspended(alice(), suspended);
    if (!suspended) fixture.policy.fallback.kinds = Kinds();
    for (const char* typed : {"AB12-CD34-EF56-GH78", "482 109 375"}) {
      Conversation talk = fixture.talk();
      (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
      const std::string reason = talk.answer(typed, fixture.records(), even(kNow)).events.front().reason;
      check(suspended ? reason == "suspended" : reason == "method-not-allowed" || reason == "wrong-bypass-code",
            reason);
    }
  }
}

void what_the_module_keeps_back_while_registering_is_a_wrong_proof() {
  Fixture fixture;
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  check(!asked(talk.withhold(Withheld::kPassword, fixture.records(), even(kNow))).link.empty());
  const Outcome method = talk.withhold(Withheld::kPasswordMethod, fixture.records(), even(kNow));
  check(verdict(method) == Verdict::kDeny, "sshd's password method registers nobody");
}

Method app() {
  Method method;
  method.label = "app";
  method.key = Secret(std::vector<std::uint8_t>(20, 5));
  return method;
}

struct Enrolled : Fixture {
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
    Enrolled fixture;
    change(fixture);
    check(verdict(fixture.log_in()) == Verdict::kAllow && !fixture.remembers());
  }
  Enrolled named;
  named.manner.remember.networks = {"campus"};
  Network network;
  network.set = NetworkSet({{Address(), Address()}}, {});
  named.policy.networks.emplace("campus", std::move(network));
  check(verdict(named.log_in()) == Verdict::kAllow && named.remembers());
  Enrolled fixture;
  check(verdict(fixture.log_in()) == Verdict::kAllow && fixture.remembers());
  const Outcome spared = fixture.talk().begin(fixture.policy, fixture.records(), even(kNow));
  check_equal(spared.events.back().reason, "remembered");
  Enrolled six;
  six.facts.origin.address = *parse_address("2001:db8::1");
  check(verdict(six.log_in()) == Verdict::kAllow && six.remembers());
  check(six.talk().begin(six.policy, six.records(), even(kNow)).reply.index() == 0);
  six.facts.origin.address = *parse_address("2001:db8::2");
  check(six.talk().begin(six.policy, six.records(), even(kNow)).reply.index() == 1, "its neighbour is asked");
  fixture.manner.remember.services.emplace_back("vpn");
  fixture.facts.service = "vpn";
  check(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply.index() == 1,
        "another service is asked");
  fixture.facts.service = "sshd";
  fixture.policy.fallback.action = Action::kDeny;
  check(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow)).reply.index() == 1,
        "who is denied is not spared");
  fixture.policy.fallback.action = Action::kRequire;
  fixture.facts.purpose = Purpose::kPassword;
  Conversation change = fixture.talk();
  (void)change.begin(fixture.policy, fixture.records(), even(kNow));
  check(verdict(change.answer(fixture.code(1), fixture.records(), even(kNow))) == Verdict::kAllow);
  check(!fixture.remembers(), "whoever changes the password ends it");
}

void whoever_is_exempt_and_has_a_method_is_neither_asked_nor_reminded() {
  Enrolled fixture;
  fixture.policy.fallback.action = Action::kSkip;
  for (const Unenrolled unenrolled : {Unenrolled::kDeny, Unenrolled::kAllow, Unenrolled::kRemind, Unenrolled::kAsk}) {
    fixture.policy.fallback.unenrolled = unenrolled;
    const Outcome outcome = fixture.talk().begin(fixture.policy, fixture.records(), even(kNow));
    check(verdict(outcome) == Verdict::kSkip && std::get<Conclusion>(outcome.reply).reminder.empty());
  }
  Fixture other;
  other.policy.fallback.action = Action::kSkip;
  other.policy.fallback.unenrolled = Unenrolled::kAsk;
  check(asked(other.talk().begin(other.policy, other.records(), even(kNow))).text.find("[Y/n]") != std::string::npos);
  other.facts.exists = false;
  other.policy.fallback.unenrolled = Unenrolled::kRemind;
  check(verdict(other.talk().begin(other.policy, other.records(), even(kNow))) == Verdict::kSkip,
        "a name that nobody has");
  check(verdict(other.talk().fail("timeout", kNow)) == Verdict::kUnavailable);
  Conversation gone = other.talk();
  (void)gone.begin(other.policy, other.records(), even(kNow));
  check(verdict(gone.fail("timeout", kNow)) == Verdict::kUnavailable, "whoever is gone is not let in");
}

void the_help_desk_s_code_is_refused_where_a_rule_wants_another_kind() {
  Enrolled fixture;
  Profile profile = fixture.store.account(alice()).profile;
  profile.bypass.push_back({1, fixture.store.digest("bypass alice 482109375"), kNow, kNow + kHour, 1, 5, "root", ""});
  fixture.store.write_profile(alice(), profile);
  fixture.policy.fallback.kinds = Kinds();
  fixture.policy.fallback.kinds.add(Kind::kApp);
  Conversation refused = fixture.talk();
  (void)refused.begin(fixture.policy, fixture.records(), even(kNow));
  check_equal(refused.answer("482 109 375", fixture.records(), even(kNow)).events.front().reason, "wrong-bypass-code");
  fixture.policy.fallback.kinds = Kinds::all();
  Conversation taken = fixture.talk();
  (void)taken.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = taken.answer("482 109 375", fixture.records(), even(kNow));
  check(verdict(outcome) == Verdict::kAllow);
}

void a_recovery_code_tells_what_failed_and_what_is_left_and_leaves_counters_alone() {
  Fixture fixture;
  Method token = app();
  token.kind = Kind::kToken;
  token.otp.period = seconds(0);
  (void)fixture.store.add_method(alice(), 1000, token);
  NewRecoveryCodes recovery_codes = new_recovery_codes(fixture.store, alice(), 2, kNow);
  Profile profile = fixture.store.account(alice()).profile;
  profile.recovery = recovery_codes.codes;
  fixture.store.write_profile(alice(), profile);
  const auto fail_elsewhere = [&] {
    Conversation other = fixture.talk();
    (void)other.begin(fixture.policy, fixture.records(), even(kNow));
    (void)other.answer("000000", fixture.records(), even(kNow));
  };
  fail_elsewhere();
  Conversation talk = fixture.talk();
  (void)talk.begin(fixture.policy, fixture.records(), even(kNow));
  const Outcome outcome = talk.answer(recovery_codes.shown[0], fixture.records(), even(kNow));
  const std::string message = std::get<Conclusion>(outcome.reply).message;
  check(message.find("1 failed code") != std::string::npos && message.find("left: 1") != std::string::npos, message);
  check(fixture.store.account(alice()).methods[0].last_step == Step{-1}, "a counter does not rise by itself");
  // Without any method the failures have no "since".
  check(fixture.store.remove_method(alice(), fixture.store.account(alice()).methods[0].id));
  fail_elsewhere();
  Conversation bare = fixture.talk();
  (void)bare.begin(fixture.policy, fixture.records(), even(kNow));
  check(std::get<Conclusion>(bare.answer(recovery_codes.shown[1], fixture.records(), even(kNow)).reply)
            .message.find("since ?") != std::string::npos);
}

void small_choices_of_a_conversation() {
  Enrolled fixture;
  fixture.manner.codes.echo = false;
  check(!asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).echo);
  fixture.manner.languages = {{"students", Language::kJapanese}};
  fixture.facts.groups = {{"staff"}};
  check(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).text.starts_with("Verification"));
  fixture.facts.groups.reset();
  check(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).text.starts_with("Verification"));
  fixture.policy.fallback.asks = Asks::kTarget;
  check(asked(fixture.talk().begin(fixture.policy, fixture.records(), even(kNow))).text.starts_with("Verification"),
        "no target");
  fixture.facts.trusted = false;
  Conversation claimed = fixture.talk();
  (void)claimed.begin(fixture.policy, fixture.records(), even(kNow));
  check(asked(claimed.answer("ja", fixture.records(), even(kNow))).text.starts_with("今後は"));
  check(!fixture.store.account(alice()).profile.language, "a claim chooses nothing for good");
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
  check(
      std::get<Conclusion>(later.answer(nowhere.code(), nowhere.records(), even(kNow)).reply).message.find("from ?.") !=
      std::string::npos);
  // The recovery codes are kept when anything at all was typed.
  Fixture keeps;
  Conversation talk = keeps.talk();
  (void)talk.begin(keeps.policy, keeps.records(), even(kNow));
  (void)talk.answer(keeps.code(), keeps.records(), even(kNow));
  check(verdict(talk.answer("yes", keeps.records(), even(kNow))) == Verdict::kSkip);
}

void a_rule_may_look_at_how_ssh_and_su_were_called() {
  Fixture fixture;
  Rule rule;
  rule.name = "rule";
  rule.action = Action::kSkip;
  fixture.policy.rules.push_back(rule);
  const auto decides = [&] { return decide(fixture.policy, fixture.facts, kNow).rule == "rule"; };
  Rule& first = fixture.policy.rules.front();
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
  fixture.facts.ssh_auth = {"publickey"};
  both(&Conditions::ssh_auth, "publickey", true);
  both(&Conditions::caller, "bob", false);
  both(&Conditions::target, "root", false);
  fixture.facts.caller = "bob";
  both(&Conditions::caller, "bob", false);  // whatever sshd says: su and sudo alone know it
  fixture.facts.service = "su";
  fixture.facts.target = UserName::parse("root");
  both(&Conditions::caller, "b*", true);
  both(&Conditions::target, "root", true);
  fixture.facts.trusted = false;
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
  check(would_match_everyone(wide, fixture.policy), "hours narrow nothing");
  wide.given.ssh_auth = {{"publickey"}};
  check(!would_match_everyone(wide, fixture.policy));
  wide.given = Conditions();
  wide.given.caller = {{"bob"}};
  check(!would_match_everyone(wide, fixture.policy));
  wide.given = Conditions();
  wide.given.target = {{"bob"}};
  check(!would_match_everyone(wide, fixture.policy));
  const Policy nothing;
  check(!is_in_networks(nothing, {"campus"}, fixture.facts.origin, kNow), "a network that is not there");
  fixture.facts.origin.kind = Origin::Kind::kUnknown;
  check(!is_in_networks(nothing, {"campus"}, fixture.facts.origin, kNow));
}

void reset_accounts_and_unknown_users_register_only_where_that_is_said() {
  Decision decision;
  decision.action = Action::kRequire;
  Account account;
  account.profile.enrolled_before = true;
  const Situation named{true, true, true};
  const Situation anywhere{true, true, false};
  const Due enrol{Unenrolled::kEnrol, {}};
  check(expected_outcome_of(decision, account, enrol, named) == ExpectedOutcome::kRegisters);
  check(expected_outcome_of(decision, account, {Unenrolled::kAsk, {}}, named) == ExpectedOutcome::kRegisters);
  check(expected_outcome_of(decision, account, enrol, anywhere) == ExpectedOutcome::kRefused);
  check(expected_outcome_of(decision, account, {Unenrolled::kDeny, {}}, named) == ExpectedOutcome::kRefused);
  check(expected_outcome_of(decision, account, enrol, {true, false, true}) == ExpectedOutcome::kRefused);
  account.profile.recovery.unused = {"d"};
  check(expected_outcome_of(decision, account, enrol, named) == ExpectedOutcome::kAsked,
        "whoever has recovery codes is asked");
  account.profile.recovery.unused.clear();
  account.profile.bypass.emplace_back();
  check(expected_outcome_of(decision, account, enrol, named) == ExpectedOutcome::kAsked);
  decision.action = Action::kSkip;
  check(expected_outcome_of(decision, account, enrol, {}) == ExpectedOutcome::kPasses &&
        expected_name(ExpectedOutcome::kAsked) == "require");
  check(expected_outcome_of(decision, account, enrol, anywhere) == ExpectedOutcome::kPasses);
  account = Account();
  check(expected_outcome_of(decision, account, {Unenrolled::kDeny, {}}, anywhere) == ExpectedOutcome::kPasses);
  check(expected_outcome_of(decision, account, {Unenrolled::kAsk, {}}, {true, false, false}) ==
        ExpectedOutcome::kPasses);
}

void a_registration_of_another_uid_leaves_nothing_of_the_one_before() {
  Fixture fixture;
  (void)fixture.store.add_method(alice(), 2000, app());
  Conversation talk = fixture.talk();
  // The name is known under another uid: reset, and this place may register.
  fixture.manner.enrolment.enrol_from = {"campus"};
  Network network;
  network.set = NetworkSet({{Address(), Address()}}, {});
  fixture.policy.networks.emplace("campus", std::move(network));
  Conversation again = fixture.talk();
  check(!asked(again.begin(fixture.policy, fixture.records(), even(kNow))).link.empty());
  (void)again.answer(fixture.code(), fixture.records(), even(kNow));
  check(confirm_registration(fixture.store, fixture.store.account(alice()), alice(), 1000, "c", {}, kNow).has_value());
  const Account account = fixture.store.account(alice());
  check(account.methods.size() == 1 && account.profile.uid == 1000);
  fixture.manner.enrolment.recovery_codes = 0;
  Fixture none;
  none.manner.enrolment.recovery_codes = 0;
  Conversation quick = none.talk();
  (void)quick.begin(none.policy, none.records(), even(kNow));
  check(verdict(quick.answer(none.code(), none.records(), even(kNow))) == Verdict::kSkip,
        "no recovery codes, no question");
  none.manner.codes.algorithm = Algorithm::kSha256;
  Fixture other;
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
      SEIMON_TEST(a_name_of_another_uid_is_reset_and_unused_methods_lapse),
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
      SEIMON_TEST(reset_accounts_and_unknown_users_register_only_where_that_is_said),
      SEIMON_TEST(a_registration_of_another_uid_leaves_nothing_of_the_one_before),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// SPDX-License-Identifier: Apache-2.0
// Names, characters, secrets, events, failure windows: the small types.
#include "core/types.h"

#include "base/characters.h"
#include "core/account/risk.h"
#include "core/login/conversation.h"
#include "core/login/enrolment.h"
#include "core/login/event.h"
#include "core/secret.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

void user_names_that_could_mislead_are_none() {
  for (const char* good : {"alice", "a", "DOM\\alice", "alice@example.org", "o.k-1_2$", "ユーザ"})
    check(UserName::parse(good).has_value(), good);
  for (const char* bad : {"", "-f root", "-froot", " alice", "alice ", "a/b", "../etc", "a:b", "a\nb", "a\tb", "a\x7f",
                          "a\x1b[2J", "\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80",
                          "a\xe2\x80\xae"
                          "b"})
    check(!UserName::parse(bad).has_value(), seimon::base::escaped(bad));
  check(UserName::parse(std::string(255, 'a')).has_value());
  check(!UserName::parse(std::string(256, 'a')).has_value());
  check(!UserName::parse(std::string_view("a\0b", 3)).has_value());
}

void nothing_from_outside_can_end_a_quote_or_move_a_cursor() {
  check_equal(seimon::base::escaped("plain text, 日本語"), "plain text, 日本語");
  check_equal(seimon::base::escaped("a\"b\\c"), "a\\\"b\\\\c");
  check_equal(seimon::base::escaped("a\nb\rc\x1b[2J"), "a\\u{a}b\\u{d}c\\u{1b}[2J");
  check_equal(seimon::base::escaped("\xc2\x9b\xe2\x80\xae\xe2\x81\xa6"), "\\u{9b}\\u{202e}\\u{2066}");
  check_equal(seimon::base::escaped("a\xff\xc3"), "a\\xff\\xc3");
}

void an_event_is_one_line_with_quoted_values() {
  Event event;
  event.event = "login";
  event.user = "eve\" outcome=\"accepted\"\nevent=\"login";
  check_equal(event_line(event), "event=\"login\" user=\"eve\\\" outcome=\\\"accepted\\\"\\u{a}event=\\\"login\"");
}

void secrets_are_equal_only_when_all_bytes_are() {
  const std::uint8_t a[] = {1, 2, 3};
  const std::uint8_t b[] = {1, 2, 4};
  check(Secret(a) == Secret(a));
  check(!(Secret(a) == Secret(b)));
  check(!(Secret(a) == Secret()));
  Secret moved(a);
  const Secret taken = std::move(moved);
  check(taken.size() == 3);
  check(!(Secret::random(20) == Secret::random(20)));
}

void a_wiped_text_holds_nothing_in_its_whole_capacity() {
  std::string text(200, 'x');
  text.resize(3);
  const char* bytes = text.data();
  wipe(text);
  for (int i = 0; i < 200; ++i) check(bytes[i] == '\0', std::to_string(i));
}

void no_flipped_bit_makes_a_refusal_an_admission() {
  const Verdict others[] = {Verdict::kDeny, Verdict::kExhausted, Verdict::kUnavailable};
  for (Verdict verdict : others)
    for (Verdict good : {Verdict::kAllow, Verdict::kSkip})
      check(__builtin_popcount(static_cast<unsigned>(verdict) ^ static_cast<unsigned>(good)) >= 16);
  for (Admission other : {Admission::kClosed, Admission::kGuarded})
    check(__builtin_popcount(static_cast<unsigned>(Admission::kOpen) ^ static_cast<unsigned>(other)) >= 16);
  check(__builtin_popcount(static_cast<unsigned>(Spend::kWon) ^ static_cast<unsigned>(Spend::kAlready)) >= 16);
  check(std::get<Conclusion>(Outcome().reply).verdict == Verdict::kDeny, "a default outcome denies");
}

void labels_are_short_printable_and_no_options() {
  for (const char* good : {"app", "電話", "my phone", "a-b", "😀"}) check(is_valid_label(good), good);
  for (const char* bad : {"", "-x", " x", "x ", "a\nb", "a\x1b", "\xff", "a\xe2\x80\xae"})
    check(!is_valid_label(bad), bad);
  check(!is_valid_label(std::string(65, 'x')) && is_valid_label(std::string(64, 'x')));
}

void only_valid_utf8_is_characters() {
  for (std::string_view good : {"a", "é", "京", "😀"}) {
    check(seimon::base::take_character(good).has_value() && good.empty());
  }
  for (std::string_view bad : {"", "\x80", "\xc0\x80", "\xc3", "\xc3(", "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                               "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    check(!seimon::base::take_character(bad));
  check_equal(seimon::base::escaped("\xff\xc3(\x01\xe2\x80\xae"), "\\xff\\xc3(\\u{1}\\u{202e}");
}

void names_of_kinds_and_languages_and_free_labels() {
  check(parse_kind("app") == Kind::kApp && parse_kind("token") == Kind::kToken && !parse_kind("x"));
  check(parse_language("en") == Language::kEnglish && parse_language("ja") == Language::kJapanese);
  check(parse_language("auto") == Language::kBoth && parse_language("both") == Language::kBoth && !parse_language("x"));
  std::vector<Method> methods(2);
  check_equal(free_label(methods, Kind::kToken), "token");
  methods[0].label = "app";
  methods[1].label = "app-2";
  check_equal(free_label(methods, Kind::kApp), "app-3");
  Method method;
  method.key = Secret(std::vector<std::uint8_t>(20, 1));
  check(otpauth_link("Z z0.-_~/", "aZ09", method).starts_with("otpauth://totp/Z%20z0.-_~%2F:aZ09?"));
}

void secrets_move_and_are_compared() {
  Secret a(std::vector<std::uint8_t>(4, 1));
  Secret& same = a;
  a = std::move(same);
  check_equal(a.size(), 4U);
  Secret b;
  b = std::move(a);
  check(b.size() == 4 && !(b == Secret(std::vector<std::uint8_t>(3, 1))));
  check(!from_base32("mfrggzdf").empty() && from_base32("MFRGG===X").empty() && from_base32("MF=======").empty());
}

void a_code_may_be_typed_in_many_ways_and_only_as_digits() {
  for (const char* good : {"123456", "１２３４５６", "123 456", "123-456", "123　456", "123－456", "123\u00A0456",
                           "\uFEFF123456", "123\u200B456", "123456\u200E"})
    check(parse_code(good) && parse_code(good)->value == 123456, good);
  for (const char* bad : {"", "12345", "123456789", "12345a", "12345\xff", "+123456", "１２３４５：", "123456\n"})
    check(!parse_code(bad), bad);
  check(parse_pair("123456 654321") && parse_pair("1234567812345678"));
  for (const char* bad : {"123456", "1234567890123", "12345678123456781", "x"}) check(!parse_pair(bad), bad);
}

void a_link_always_names_everything_and_is_encoded() {
  Method method;
  const std::uint8_t key[] = {'f', 'o', 'o', 'b', 'a', 'r', '1', '2', '3', '4'};
  method.key = Secret(key);
  check_equal(otpauth_link("Example: Univ & 京", "a@b", method),
              "otpauth://totp/Example%20%20Univ%20%26%20%E4%BA%AC:a%40b?secret=MZXW6YTBOIYTEMZU&issuer="
              "Example%20%20Univ%20%26%20%E4%BA%AC&algorithm=SHA1&digits=6&period=30");
  method.otp.period = seconds(0);
  method.last_step = Step{6};
  check(otpauth_link("I", "a", method).ends_with("&counter=7"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(user_names_that_could_mislead_are_none),
      SEIMON_TEST(nothing_from_outside_can_end_a_quote_or_move_a_cursor),
      SEIMON_TEST(an_event_is_one_line_with_quoted_values),
      SEIMON_TEST(secrets_are_equal_only_when_all_bytes_are),
      SEIMON_TEST(a_wiped_text_holds_nothing_in_its_whole_capacity),
      SEIMON_TEST(no_flipped_bit_makes_a_refusal_an_admission),
      SEIMON_TEST(labels_are_short_printable_and_no_options),
      SEIMON_TEST(only_valid_utf8_is_characters),
      SEIMON_TEST(names_of_kinds_and_languages_and_free_labels),
      SEIMON_TEST(secrets_move_and_are_compared),
      SEIMON_TEST(a_code_may_be_typed_in_many_ways_and_only_as_digits),
      SEIMON_TEST(a_link_always_names_everything_and_is_encoded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

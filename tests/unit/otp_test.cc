// SPDX-License-Identifier: Apache-2.0
// RFC 4226 Appendix D, RFC 6238 Appendix B, RFC 4648 §10; and what a typed code may look like.
#include "core/factors/otp.h"

#include <fstream>
#include <vector>

#include "core/account/methods.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

std::vector<std::vector<std::string>> rows_of(const std::string& name) {
  std::ifstream file(std::string(SEIMON_TEST_DATA) + "/" + name);
  check(file.good(), name);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::vector<std::string> row(1);
    for (char c : line)
      if (c == '\t') row.emplace_back();
      else row.back() += c;
    rows.push_back(row);
  }
  check(!rows.empty(), name);
  return rows;
}

Secret from_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return Secret(bytes);
}

Secret from_text(const std::string& text) {
  return from_hex([&] {
    std::string hex;
    for (char c : text) {
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return hex;
  }());
}

void codes_are_those_of_rfc_4226() {
  for (const auto& row : rows_of("rfc4226-hotp.tsv"))
    check_equal(code_at(from_hex(row[0]), Algorithm::kSha1, std::stoi(row[2]), Step{std::stoll(row[1])}),
                std::stoul(row[3]));
}

void codes_are_those_of_rfc_6238() {
  for (const auto& row : rows_of("rfc6238-totp.tsv")) {
    const Step step = step_at(Instant(seconds(std::stoll(row[2]))), seconds(std::stoll(row[3])));
    check_equal(code_at(from_hex(row[1]), *parse_algorithm(row[0]), std::stoi(row[4]), step), std::stoul(row[5]));
  }
}

void base32_is_that_of_rfc_4648() {
  for (const auto& row : rows_of("rfc4648-base32.tsv")) {
    const std::string padded = row.size() > 1 ? row[1] : "";
    const std::string bare = padded.substr(0, padded.find('='));
    check_equal(base32(from_text(row[0])), bare);
    check(from_base32(padded) == from_text(row[0]), padded);
    check(from_base32(bare) == from_text(row[0]), bare);
  }
}

void base32_forgives_case_blanks_and_hyphens_and_nothing_else() {
  check(from_base32("mzxw 6ytb-oi") == from_text("foobar"));
  // Left-over bits are dropped, as apps, oathtool and google-authenticator do: keys of 18, 20 or 26 letters have them.
  check(from_base32("MZXW6YTBOJ") == from_text("foobar"));
  check_equal(from_base32("ABCDEFGHIJKLMNOPQRSTUVWXYZ").size(), 16U);
  for (const char* bad :
       {"MZXW6YTB0I", "MZXW6YTBO1", "MZXW6YTB8I", "MZ=XW", "MZXW6Y!", "M", "MZX", "MZXW6Y", "MZXW6===X", "ÄÖ"})
    check(from_base32(bad).empty(), bad);
}

void a_typed_code_may_hold_blanks_hyphens_and_full_width_digits() {
  for (const char* good :
       {"012345", "012 345", "012-345", " 012345 ", "０１２３４５", "０12　345", "0 1 2 3 4 5", "012－345"}) {
    const auto code = parse_code(good);
    check(code.has_value(), good);
    check_equal(code->value, 12345U);
    check_equal(code->digits, 6);
  }
}

void anything_else_is_no_code() {
  for (const char* bad : {"", "12345", "123456789", "12345a", "+123456", "-", "123456\r", "123\n456", "0x1234",
                          "１２３４５", "١٢٣٤٥٦", "12345\xFF", "123456\xE3\x80", "12.3456", "password"})
    check(!parse_code(bad).has_value(), bad);
}

Method method_of(const char* key, int digits = 6) {
  Method method;
  method.key = from_text(key);
  method.otp.digits = digits;
  return method;
}

void a_code_counts_in_its_window_and_not_outside() {
  const Method method = method_of("12345678901234567890");
  const Instant now(seconds(1111111109));
  const auto here = static_cast<std::int64_t>(step_at(now, seconds(30)));
  for (std::int64_t off = -4; off <= 4; ++off) {
    const Code code{code_at(method.key, Algorithm::kSha1, 6, Step{here + off}), 6};
    const Found found = find_code(method.key, method.otp, window_of(method, now, 1), Step{-1}, code);
    check_equal(found.fresh.has_value(), off >= -1 && off <= 1);
    if (found.fresh) check(*found.fresh == Step{here + off});
  }
}

void a_spent_step_is_told_from_a_wrong_code() {
  const Method method = method_of("12345678901234567890");
  const Instant now(seconds(1111111109));
  const Step here = step_at(now, seconds(30));
  const Code code{code_at(method.key, Algorithm::kSha1, 6, here), 6};
  const Found found = find_code(method.key, method.otp, window_of(method, now, 1), here, code);
  check(!found.fresh && found.spent);
  const Found wrong = find_code(method.key, method.otp, window_of(method, now, 1), here, {code.value ^ 1, 6});
  check(!wrong.fresh && !wrong.spent);
}

void a_code_of_another_length_never_matches() {
  const Method method = method_of("12345678901234567890", 8);
  const Instant now(seconds(59));
  check(find_code(method.key, method.otp, window_of(method, now, 1), Step{-1}, {94287082, 8}).fresh.has_value());
  check(!find_code(method.key, method.otp, window_of(method, now, 1), Step{-1}, {94287082, 7}).fresh.has_value());
}

// A key whose codes of two neighbouring steps are equal, found by search.
void of_two_equal_codes_the_newest_fresh_step_is_taken() {
  Method method = method_of("12345678901234567890");
  std::int64_t twin = 0;
  for (std::int64_t step = 1; twin == 0 && step < 4000000; ++step)
    if (code_at(method.key, Algorithm::kSha1, 6, Step{step}) ==
        code_at(method.key, Algorithm::kSha1, 6, Step{step + 1}))
      twin = step;
  check(twin != 0, "no twin steps found");
  const Code code{code_at(method.key, Algorithm::kSha1, 6, Step{twin}), 6};
  const Window window{Step{twin - 1}, Step{twin + 1}};
  const Found first = find_code(method.key, method.otp, window, Step{-1}, code);
  check(first.fresh == Step{twin + 1}, "the newest step is spent, so that neither works again");
  const Found again = find_code(method.key, method.otp, window, *first.fresh, code);
  check(!again.fresh && again.spent);
  const Found after_old = find_code(method.key, method.otp, window, Step{twin}, code);
  check(after_old.fresh == Step{twin + 1}, "a fresh code is not refused for its spent twin");
}

void a_counter_looks_ahead_ten() {
  Method method = method_of("12345678901234567890");
  method.otp.period = seconds(0);
  method.last_step = Step{4};
  const Window window = window_of(method, Instant(seconds(0)), 1);
  check(window.first == Step{5} && window.last == Step{14});
}

void drift_follows_three_equal_logins_and_no_single_one() {
  Drift drift;
  drift = learned(drift, -1);
  drift = learned(drift, -1);
  check_equal(drift.steps, 0);
  check_equal(learned(drift, 1).steps, 0);
  drift = learned(drift, -1);
  check_equal(drift.steps, -1);
  for (int i = 0; i < 3; ++i) drift = learned(drift, 0);
  check_equal(drift.steps, 0);
}

void drift_is_bounded() {
  Drift drift;
  for (std::int64_t i = 0; i < 100; ++i) drift = learned(drift, 1000);
  check_equal(drift.steps, Drift::kMostDrift);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(codes_are_those_of_rfc_4226),
      SEIMON_TEST(codes_are_those_of_rfc_6238),
      SEIMON_TEST(base32_is_that_of_rfc_4648),
      SEIMON_TEST(base32_forgives_case_blanks_and_hyphens_and_nothing_else),
      SEIMON_TEST(a_typed_code_may_hold_blanks_hyphens_and_full_width_digits),
      SEIMON_TEST(anything_else_is_no_code),
      SEIMON_TEST(a_code_counts_in_its_window_and_not_outside),
      SEIMON_TEST(a_spent_step_is_told_from_a_wrong_code),
      SEIMON_TEST(a_code_of_another_length_never_matches),
      SEIMON_TEST(of_two_equal_codes_the_newest_fresh_step_is_taken),
      SEIMON_TEST(a_counter_looks_ahead_ten),
      SEIMON_TEST(drift_follows_three_equal_logins_and_no_single_one),
      SEIMON_TEST(drift_is_bounded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

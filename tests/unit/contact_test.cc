// SPDX-License-Identifier: Apache-2.0
// Telephone numbers and mail addresses as people type them.
#include "core/factors/contact.h"

#include "tests/support/test.h"

namespace seimon::core {

using tests::check;
using tests::check_equal;

namespace {

std::string number(std::string_view typed, std::string_view country = "81") {
  const auto parsed = PhoneNumber::parse(typed, country);
  return parsed ? parsed->text() : "";
}

void a_number_is_stored_as_e164_however_it_is_typed() {
  for (const char* typed :
       {"090-1234-5678", "09012345678", "０９０１２３４５６７８", "+81 (0)90-1234-5678", "+81 90 1234 5678",
        "+819012345678", "0081 090-1234-5678", "0081(0)90-1234-5678", "+81 0090 1234 5678",
        "＋８１（０）９０－１２３４－５６７８", "0081 90 1234 5678", "090.1234.5678", "090 1234 5678",
        "(090) 1234-5678", "090ー1234ー5678", "090‐1234−5678", "　090 1234 5678　", "+81 090-1234-5678"})
    check_equal(number(typed), std::string("+819012345678"));
  check_equal(number("060-1234-5678"), std::string("+816012345678"));
  check_equal(number("+49 (0)30/1234567"), std::string("+49301234567"));
  check_equal(number("020 7946 0018", "44"), std::string("+442079460018"));
}

void what_is_no_number_is_refused() {
  for (const char* typed : {"",
                            "+",
                            "110",
                            "119",
                            "0",
                            "00",
                            "000",
                            "+0901234567",
                            "12345678",
                            "+81901234567890123",
                            "+123456",
                            "090-1234-567x",
                            "tel:+819012345678",
                            "+81 90 1234 5678 ext. 4",
                            "+81;90",
                            "+81+9012345678",
                            "٠٩٠١٢٣٤٥٦٧٨",
                            "090-1234-5678\n",
                            "090\t12345678",
                            "+810000000000",
                            "(0)",
                            "+81\xff"})
    check_equal(number(typed), std::string());
  check_equal(number("090-1234-5678", ""), std::string());
}

void a_number_in_its_stored_form_stays_as_it_is() {
  for (const char* typed : {"090-1234-5678", "+1 (201) 555-0123", "+4930123456"}) {
    const std::string once = number(typed);
    check(!once.empty());
    check_equal(number(once, ""), once);
    check_equal(number(once, "49"), once);
  }
}

void a_masked_number_shows_country_and_two_digits() {
  const auto masked = [](const char* typed) { return PhoneNumber::parse(typed, "")->masked(); };
  check_equal(masked("+819012345678"), std::string("+81 •••• ••78"));
  check_equal(masked("+12015550123"), std::string("+1 •••• ••23"));
  check_equal(masked("+79161234567"), std::string("+7 •••• ••67"));
  check_equal(masked("+989121234567"), std::string("+98 •••• ••67"));
  check_equal(masked("+358401234567"), std::string("+358 •••• ••67"));
}

void the_longest_prefix_decides() {
  const NumberPlan plan{.prefixes = {"+81", "+8150123"}, .never = {"+8150", "+81570"}};
  const auto allows = [&](const char* text) { return plan.allows(*PhoneNumber::parse(text, "")); };
  check(allows("+819012345678"));
  check(allows("+815012399999"));
  check(!allows("+815099999999"));
  check(!allows("+81570123456"));
  check(!allows("+12015550123"));
  check(!NumberPlan{}.allows(*PhoneNumber::parse("+819012345678", "")));
  // A carrier may drop the zero: "+81 0570" is "+81570", and "+44 0870" is "+44870".
  check(!allows("+810570123456"));
  const NumberPlan abroad{.prefixes = {"+44"}, .never = {"+44870"}};
  check(!abroad.allows(*PhoneNumber::parse("+44 0870 123456", "81")));
  check(abroad.allows(*PhoneNumber::parse("+44 7700 900123", "81")));
}

void an_address_is_plain() {
  const auto address = [](std::string_view typed) {
    const auto parsed = MailAddress::parse(typed);
    return parsed ? parsed->text() : std::string();
  };
  check_equal(address("Alice.B+x@Example.AC.jp"), std::string("Alice.B+x@example.ac.jp"));
  check_equal(MailAddress::parse("alice@example.ac.jp")->masked(), std::string("a••••@example.ac.jp"));
  for (const char* typed :
       {"", "alice", "@example.jp", "alice@", "alice@localhost", "a b@example.jp", "alice@example.jp\n",
        "-f@example.jp", ".a@example.jp", "a..b@example.jp", "a@example..jp", "a@.jp", "a@jp.", "a@b@example.jp",
        "\"a\"@example.jp", "a@[192.0.2.1]", "ａ@example.jp", "a,b@example.jp", "a@example.jp,b@example.jp"})
    check_equal(address(typed), std::string());
  check_equal(address(std::string(64, 'a') + "@example.jp").size(), 75U);
  check_equal(address(std::string(65, 'a') + "@example.jp"), std::string());
  check_equal(address("a@" + std::string(252, 'b') + ".c"), std::string());
  check_equal(address("A-Z_0+9@Sub-Domain.EXAMPLE.jp"), std::string("A-Z_0+9@sub-domain.example.jp"));
  for (const char* typed : {"a@-example.jp", "a@exa_mple.jp", "a!@example.jp", "a.@example.jp"})
    check_equal(address(typed), std::string());
}

void a_browser_is_notified_at_its_maker_s_service_alone() {
  for (const char* url :
       {"https://fcm.googleapis.com/fcm/send/a:b_c-d", "https://web.push.apple.com/Q",
        "https://updates.push.services.mozilla.com/wpush/v2/x=", "https://db5p.notify.windows.com/w/?token=a%2b"})
    check(PushEndpoint::parse(url).has_value(), url);
  check_equal(PushEndpoint::parse("https://fcm.googleapis.com/a/b")->origin(), "https://fcm.googleapis.com");
  for (const char* url : {"", "https://", "http://fcm.googleapis.com/a", "https://fcm.googleapis.com",
                          "https://fcm.googleapis.com:8443/a", "https://a@fcm.googleapis.com/a",
                          "https://evil.example/fcm.googleapis.com/", "https://xfcm.googleapis.com/a",
                          "https://fcm.googleapis.com.evil.example/a", "https://127.0.0.1/.notify.windows.com",
                          "https://a/.notify.windows.com/", "https://a?.notify.windows.com/a",
                          "https://fcm.googleapis.com/a b", "https://fcm.googleapis.com/a\nHost: b",
                          "https://fcm.googleapis.com/{@/etc/shadow}", "HTTPS://fcm.googleapis.com/a"})
    check(!PushEndpoint::parse(url).has_value(), url);
  check(!PushEndpoint::parse("https://fcm.googleapis.com/" + std::string(500, 'a')).has_value(), "too long");
}

}  // namespace

}  // namespace seimon::core

int main() {
  using namespace seimon::core;
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_number_is_stored_as_e164_however_it_is_typed),
      SEIMON_TEST(what_is_no_number_is_refused),
      SEIMON_TEST(a_number_in_its_stored_form_stays_as_it_is),
      SEIMON_TEST(a_masked_number_shows_country_and_two_digits),
      SEIMON_TEST(the_longest_prefix_decides),
      SEIMON_TEST(an_address_is_plain),
      SEIMON_TEST(a_browser_is_notified_at_its_maker_s_service_alone),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

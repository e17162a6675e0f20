// SPDX-License-Identifier: Apache-2.0
// The page: how requests are taken apart, and what becomes of text from outside in HTML.
#include <cstdint>
#include <fstream>

#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "web/frame.h"
#include "web/html.h"
#include "web/http.h"

using namespace seimon::tests;
using namespace seimon::web;

namespace {

RawRequest get(std::string target) {
  RawRequest raw;
  raw.method = "GET";
  raw.target = std::move(target);
  raw.address = "203.0.113.7";
  return raw;
}

RawRequest post(std::string body) {
  RawRequest raw = get("/info");
  raw.method = "POST";
  raw.content_type = "application/x-www-form-urlencoded";
  raw.body = std::move(body);
  return raw;
}

// The status with which it is refused; 0: it is not.
int refusal_of(RawRequest raw) {
  try {
    (void)parse_request(std::move(raw));
    return 0;
  } catch (const BadRequest& bad) {
    return bad.status;
  }
}

void a_target_is_its_path_and_its_query() {
  const Request request = parse_request(get("/t/%E6%9C%AC/a%2Fb?x=1+2&y=%26"));
  check(request.path == std::vector<std::string>{"t", "本", "a/b"});
  check(request.query.at("x") == "1 2" && request.query.at("y") == "&");
  check(request.is_at({"t", "本", "a/b"}) && !request.is_at({"t"}));
}

void an_ipv6_network_is_counted_as_one() {
  check(source_of("203.0.113.7") == "203.0.113.7");
  check(source_of("2001:db8:40::beef") == source_of("2001:db8:40:0:ffff::1"));
  check(source_of("2001:db8:40::beef") != source_of("2001:db8:40:1::beef"));
}

void a_form_has_each_field_once() {
  check(parse_request(post("a=1&b=%E3%81%82+b&c=")).field("b") == "あ b");
  check(refusal_of(post("a=1&a=2")) == 400);
  check(refusal_of(post("a=%00")) == 400);
  check(refusal_of(post("a=%FF")) == 400);
  check(refusal_of(post("a=%4")) == 400);
  check(refusal_of(post("a=%zz")) == 400);
  check(refusal_of(post("a=" + std::string(kMostValue + 1, 'x'))) == 413);
  std::string many;
  for (std::size_t i = 0; i <= kMostFields; ++i) many += "f" + std::to_string(i) + "=1&";
  check(refusal_of(post(many)) == 400);
  RawRequest other = post("a=1");
  other.content_type = "application/json";
  check(refusal_of(other) == 415);
}

void the_client_address_is_a_numeric_one() {
  for (const char* address : {"", "campus.example.org", "10.0.0.1, 10.0.0.2", "10.1", "fe80::1%eth0", "010.0.0.1"}) {
    RawRequest raw = get("/");
    raw.address = address;
    check(refusal_of(raw) == 400);
  }
  RawRequest raw = get("/");
  raw.address = "2001:db8::7";
  check(refusal_of(raw) == 0);
}

void other_methods_and_places_are_refused() {
  RawRequest raw = get("/");
  raw.method = "DELETE";
  check(refusal_of(raw) == 405);
  check(refusal_of(get("*")) == 400);
  check(refusal_of(get("/%00")) == 400);
  check(refusal_of(get("/a/b/c/d/e/f/g/h/i")) == 404);
}

void of_two_cookies_of_one_name_the_first_counts() {
  RawRequest raw = get("/");
  raw.cookie = "a=1; b=x=y;a=2; =3; c";
  const Request request = parse_request(raw);
  check(request.cookies.at("a") == "1" && request.cookies.at("b") == "x=y");
}

void text_from_outside_is_text_in_html() {
  check(escaped_html("<b a=\"'\">&") == "&lt;b a=&quot;&#39;&quot;&gt;&amp;");
  check(escaped_html("携帯 📱\nzwei") == "携帯 📱\nzwei");
  check(escaped_html("a\u202eb\x1b[1m\x7f").find_first_of("\x1b\x7f") == std::string::npos);
  check(escaped_html("a\u202eb") == "a\uFFFDb");
  check(escaped_html("\xFF") == "\uFFFD");
  const Words words(Language::kEnglish, Catalogue());
  check(words.html("Remove {1}?", {"<x>{1}"}) == "Remove &lt;x&gt;{1}?");
}

void a_frame_has_its_length() {
  const std::string frame = frame_of('P', "code");
  check(frame.size() == kFrameHead + 4 && frame_length(frame.substr(0, kFrameHead)) == std::size_t{4});
  check(!frame_length(std::string("P\xFF\xFF\xFF\xFF", kFrameHead)));
  check(!frame_length(std::string("P\0\0\x80\x01", kFrameHead)));
}

void what_is_no_catalogue_is_refused() {
  const Folder folder;
  const std::string path = folder.path() + "/x.mo";
  std::string head("\xde\x12\x04\x95\0\0\0\0\xff\xff\xff\0\x1c\0\0\0\x1c\0\0\0", 20);
  for (const std::string& bytes : {std::string(), std::string("text"), head}) {
    std::ofstream(path, std::ios::binary) << bytes;
    bool is_refused = false;
    try {
      const Catalogue catalogue(path);
    } catch (const std::runtime_error&) {
      is_refused = true;
    }
    check(is_refused);
  }
  check(Catalogue().find("Sign in") == "Sign in");
}

void the_cookie_of_a_phone_names_its_owner() {
  const auto round = parse_phone_cookie(phone_cookie("a.b 本", "0123456789abcdef"));
  check(round.first == "a.b 本" && round.second == "0123456789abcdef");
  for (const char* bad : {"", ".", "alice", "alice.", ".0123", "alice.xyz", "alice.ABCD", "%zz.01", "alice.01 ",
                          "alice.00000000000000000000000000000000000000000"})
    check(parse_phone_cookie(bad).first.empty(), bad);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_target_is_its_path_and_its_query),   SEIMON_TEST(a_form_has_each_field_once),
      SEIMON_TEST(an_ipv6_network_is_counted_as_one),    SEIMON_TEST(the_client_address_is_a_numeric_one),
      SEIMON_TEST(other_methods_and_places_are_refused), SEIMON_TEST(of_two_cookies_of_one_name_the_first_counts),
      SEIMON_TEST(text_from_outside_is_text_in_html),    SEIMON_TEST(a_frame_has_its_length),
      SEIMON_TEST(what_is_no_catalogue_is_refused),      SEIMON_TEST(the_cookie_of_a_phone_names_its_owner),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

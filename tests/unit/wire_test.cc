// SPDX-License-Identifier: Apache-2.0
// Valid and invalid messages.
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/test.h"
#include "wire/codec.h"
#include "wire/relay.h"

using namespace seimon::wire;
using namespace seimon::tests;

namespace {

bool reads(std::string_view text, Answer& answer) {
  Envelope envelope;
  return read_envelope(text, envelope) && envelope.method.view() == Answer::kMethod &&
         read_parameters(envelope.parameters, answer);
}

std::string call(const std::string& parameters) {
  return "{\"method\":\"io.seimon.Login.Answer\",\"parameters\":" + parameters + "}";
}

void a_message_comes_back_as_it_was_written() {
  Open open;
  check(open.user.assign("al\"ice\\\n\x7f ünïcode 日本"));
  check(open.service.assign("sshd") && open.ssh_auth_info.assign(std::string(1024, 'x')));
  char buffer[kMaxLogin];
  const std::string_view written = write_call(open, buffer, sizeof buffer);
  check(!written.empty() && written.back() == '\0');
  Envelope envelope;
  Open back;
  check(read_envelope(written.substr(0, written.size() - 1), envelope));
  check_equal(envelope.method.view(), Open::kMethod);
  check(read_parameters(envelope.parameters, back));
  check_equal(back.user.view(), open.user.view());
  check_equal(back.ssh_auth_info.size(), 1024U);
  check_equal(back.version, kVersion);
}

void a_message_that_does_not_fit_is_not_written() {
  Open open;
  check(open.ssh_auth_info.assign(std::string(1024, '"')));
  char buffer[1024];
  check(write_call(open, buffer, sizeof buffer).empty());
}

void escapes_are_read_after_rfc_8259() {
  Answer answer;
  check(reads(call(R"({"conversation":"c","answer":"\"\\\/\b\f\n\r\t\u00e9\u65e5\ud83d\ude00"})"), answer));
  check_equal(answer.answer.view(), "\"\\/\b\f\n\r\t\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80");
}

void a_call_has_what_is_required_and_each_field_once() {
  Answer answer;
  check(reads(call(R"({ "answer" : "1" , "conversation" : "c" })"), answer), "order and blanks do not matter");
  for (const char* bad : {R"({"conversation":"c"})",
                          R"({"conversation":"c","answer":"1","answer":"2"})",
                          R"({"conversation":"c","answer":1})",
                          R"({"conversation":"c","answer":true})",
                          R"({"conversation":"c","answer":null})",
                          R"({"conversation":"c","answer":["1"]})",
                          R"({"conversation":"c","answer":{"a":"1"}})",
                          "[]",
                          "\"x\"",
                          "1",
                          "",
                          R"({"conversation":"c","answer":"1",})",
                          R"({"conversation":"c" "answer":"1"})",
                          R"({"conversation":"c","answer":"1"}})",
                          R"({"conversation":"c","answer":"\u0000"})",
                          R"({"conversation":"c","answer":"\ud800"})",
                          R"({"conversation":"c","answer":"\udc00x"})",
                          R"({"conversation":"c","answer":"\x"})",
                          R"({"conversation":"c","answer":"\u12g4"})",
                          "{\"conversation\":\"c\",\"answer\":\"a\nb\"}",
                          R"({"conversation":"c","answer":"1)",
                          R"({'conversation':'c','answer':'1'})",
                          R"({"conversation":"c","answer":"1"} x)"})
    check(!reads(call(bad), answer), bad);
  check(!reads(call(R"({"conversation":"c","answer":")" + std::string(600, '1') + "\"}"), answer), "too long");
}

void a_sender_of_another_age_is_understood() {
  Answer answer;
  check(reads(call(R"({"conversation":"c","more":{"a":["x",1]},"answer":"1","more":2})"), answer), "a newer one");
  check_equal(answer.answer.view(), "1");
  Open open;
  check(read_parameters(R"({"version":1,"user":"alice","service":"sshd"})", open), "an older one");
  check_equal(open.uid, -1);
  check(!open.one_answer && open.rhost.empty());
  for (const char* bad : {R"({"version":1,"user":"alice"})", R"({"user":"alice","service":"sshd"})", "{}"})
    check(!read_parameters(bad, open), bad);
  check(!read_parameters(R"({"version":1,"user":"a","service":"s","more":)" + std::string(50, '[') + "}", open),
        "deep");
  Reply reply;
  check(read_parameters("{}", reply) && verdict_of(reply.verdict.view()) == Verdict::kUnavailable,
        "nothing admits nobody");
}

void versions_meet_where_their_ranges_do() {
  check(is_compatible(kVersion, kOldestVersion) && is_compatible(kVersion + 5, kVersion) && is_compatible(kVersion, 1),
        "in common");
  check(is_compatible(kVersion, 0) && !is_compatible(kVersion + 1, 0), "only one");
  check(!is_compatible(kVersion + 5, kVersion + 1), "all too new");
  check(!is_compatible(kOldestVersion - 1, kOldestVersion - 1), "all too old");
  for (const auto& [version, oldest] :
       {std::pair<std::int64_t, std::int64_t>{1, 2}, {0, 0}, {1, -1}, {-1, -1}, {INT64_MIN, 1}})
    check(!is_compatible(version, oldest), "no range");
}

void an_envelope_has_nothing_unknown_and_is_not_both_call_and_error() {
  Envelope envelope;
  check(read_envelope(R"({"method":"a"})", envelope));
  check_equal(envelope.parameters, "{}");
  for (const char* bad :
       {R"({"method":"a","method":"a"})", R"({"method":"a","error":"b"})", R"({"method":"a","more":true})",
        R"({"method":1})", "{", "", "null", R"({"method":"a"}{)", R"(["method"])"})
    check(!read_envelope(bad, envelope), bad);
}

void deep_nesting_is_refused_before_it_is_followed() {
  Envelope envelope;
  check(!read_envelope(R"({"method":"a","parameters":)" + std::string(50000, '[') + "}", envelope));
  check(!read_envelope(R"({"method":"a","parameters":)" + std::string(9, '[') + std::string(9, ']') + "}", envelope));
  check(read_envelope(R"({"method":"a","parameters":[[[]]]})", envelope));
}

void whole_numbers_do_not_overflow() {
  Open open;
  const auto version = [&](const std::string& number) {
    return read_parameters("{\"version\":" + number + ",\"user\":\"\",\"service\":\"\"}", open);
  };
  check(version("9223372036854775807"));
  check_equal(open.version, INT64_MAX);
  check(version("-3"));
  check_equal(open.version, -3);
  for (const char* bad : {"9223372036854775808", "01", "1.5", "1e3", "-", "+1", "0x1", ""}) check(!version(bad), bad);
}

void every_prefix_of_a_message_is_refused() {
  const std::string whole = call(R"({"conversation":"c","answer":"\u00e9 123456"})");
  Answer answer;
  check(reads(whole, answer));
  for (std::size_t size = 0; size < whole.size(); ++size)
    check(!reads(whole.substr(0, size), answer), whole.substr(0, size));
}

void an_unknown_verdict_is_no_verdict() {
  for (const char* name : {"", "accept", "ACCEPTED", "accepted ", "skippe", "ok", "0"})
    check(verdict_of(name) == Verdict::kUnavailable, name);
  check(verdict_of("accepted") == Verdict::kAccepted);
  check(Verdict() == Verdict::kRefused);
}

// The document is the interface of record: it names every field of every message in the structs' order.
void the_interface_file_names_what_the_structs_hold() {
  std::stringstream text;
  for (const char* name : {"Login", "Relay"})
    text << std::ifstream(std::string(SEIMON_SOURCE "/docs/io.seimon.") + name + ".varlink").rdbuf();
  const std::string document = text.str();
  const auto fields = [](auto message) {
    std::string line;
    int number = 0;
    decltype(message)::each_field(message, [&]<class T>(std::string_view name, T&) {
      const bool is_optional = number++ >= decltype(message)::kRequired;
      line += (line.empty() ? "" : ", ") + std::string(name) + (is_optional ? ": ?" : ": ");
      line += std::is_same_v<T, bool> ? "bool" : std::is_same_v<T, std::int64_t> ? "int" : "string";
    });
    return "(" + line + ")";
  };
  for (const std::string& line :
       {"method Open" + fields(Open()) + " -> (step: Step)", "method Answer" + fields(Answer()) + " -> (step: Step)",
        "method Void" + fields(Void()) + " -> (step: Step)", "method Account" + fields(Account()) + " -> (step: Step)",
        "type Step " + fields(Reply()), "method Host" + fields(RelayHost()), "method Begin" + fields(RelayBegin()),
        "method Events" + fields(RelayEvents())})
    check(document.find(line.substr(0, line.find(" ->"))) != std::string::npos, line);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_message_comes_back_as_it_was_written),
      SEIMON_TEST(a_message_that_does_not_fit_is_not_written),
      SEIMON_TEST(escapes_are_read_after_rfc_8259),
      SEIMON_TEST(a_call_has_what_is_required_and_each_field_once),
      SEIMON_TEST(a_sender_of_another_age_is_understood),
      SEIMON_TEST(versions_meet_where_their_ranges_do),
      SEIMON_TEST(an_envelope_has_nothing_unknown_and_is_not_both_call_and_error),
      SEIMON_TEST(deep_nesting_is_refused_before_it_is_followed),
      SEIMON_TEST(whole_numbers_do_not_overflow),
      SEIMON_TEST(every_prefix_of_a_message_is_refused),
      SEIMON_TEST(an_unknown_verdict_is_no_verdict),
      SEIMON_TEST(the_interface_file_names_what_the_structs_hold),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

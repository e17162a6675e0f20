// SPDX-License-Identifier: Apache-2.0
// Messages on their way to a gateway: who has them, what becomes of them, and how they are written.
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdio>
#include <fstream>

#include "daemon/config/message_template.h"
#include "daemon/work/outbox.h"
#include "delivery/driver.h"
#include "delivery/mail_text.h"
#include "delivery/push.h"
#include "passkey/passkey.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

namespace seimon::daemon {

using core::seconds;
using tests::check;
using tests::check_equal;

namespace {

Message message_to(const std::string& to) {
  Message message;
  message.channel = "sms";
  message.to = to;
  return message;
}

using Kind = DeliveryOutcome::Kind;

void a_message_is_handed_out_once() {
  Outbox outbox;
  std::vector<Kind> told;
  check(outbox.put(message_to("+819012345678"), seconds(100), "login",
                   [&](const DeliveryOutcome& o) { told.push_back(o.kind); }));
  const auto taken = outbox.take(1, seconds(0));
  check(taken.has_value() && !outbox.take(2, seconds(0)).has_value());
  check(!outbox.note_outcome(2, taken->id, {.kind = Kind::kSent}), "another worker does not have it");
  check(outbox.note_outcome(1, taken->id, {.kind = Kind::kSent}));
  check(!outbox.note_outcome(1, taken->id, {.kind = Kind::kSent}), "nor has it the first one any more");
  check_equal(told.size(), 1U);
}

void a_worker_that_goes_away_takes_its_message_along() {
  Outbox outbox;
  std::vector<Kind> told;
  check(outbox.put(message_to("+819012345678"), seconds(100), "login",
                   [&](const DeliveryOutcome& o) { told.push_back(o.kind); }));
  (void)outbox.take(1, seconds(0));
  outbox.forget_worker(1);
  check(told == std::vector<Kind>{Kind::kLost}, "its outcome is not known");
  check(!outbox.take(2, seconds(0)).has_value(), "and nobody sends it again");
}

void what_nobody_takes_in_time_is_not_sent_later() {
  Outbox outbox;
  std::vector<Kind> told;
  check(outbox.put(message_to("+819012345678"), seconds(10), "login",
                   [&](const DeliveryOutcome& o) { told.push_back(o.kind); }));
  check(!outbox.take(1, seconds(10)).has_value());
  check(told == std::vector<Kind>{Kind::kNotTaken});
}

void one_waiting_worker_is_called_for_each_message() {
  Outbox outbox;
  int called = 0;
  for (const Outbox::Worker worker : {1U, 2U, 3U}) outbox.wait(worker, [&] { ++called; });
  for (int i = 0; i < 2; ++i)
    check(outbox.put(message_to("+819012345678"), seconds(10), "login", [](const DeliveryOutcome&) {}));
  check_equal(called, 2);
  check_equal(outbox.counts().idle, 1U);
  outbox.forget_worker(3);
  check_equal(outbox.counts().idle, 0U);
}

void of_the_messages_to_one_address_one_is_under_way() {
  Outbox outbox;
  const auto ignore = [](const DeliveryOutcome&) {};
  for (const char* to : {"+819012345678", "+819012345678", "+819087654321"})
    check(outbox.put(message_to(to), seconds(10), "login", ignore));
  const auto first = outbox.take(1, seconds(0));
  const auto other = outbox.take(2, seconds(0));
  check(first && other && other->to == "+819087654321", "another address does not wait");
  check(!outbox.take(3, seconds(0)), "the second message to the first address does");
  check(outbox.note_outcome(1, first->id, {.kind = Kind::kSent}));
  const auto second = outbox.take(3, seconds(0));
  check(second && second->to == "+819012345678" && second->id != first->id);
}

void a_full_outbox_takes_no_more() {
  Outbox outbox;
  for (std::size_t i = 0; i < Outbox::kMost; ++i)
    check(outbox.put(message_to("+819012345678"), seconds(10), "login", [](const DeliveryOutcome&) {}));
  check(!outbox.put(message_to("+819012345678"), seconds(10), "login", [](const DeliveryOutcome&) { check(false); }));
}

void the_words_of_outcomes_are_read_back() {
  for (const Kind kind : {Kind::kSent, Kind::kBadAddress, Kind::kRefused, Kind::kFailed, Kind::kUnknown})
    check(parse_outcome(outcome_name(kind)) == kind);
  // The program that sends has the same words.
  using Result = delivery::Attempt::Result;
  for (const auto& [result, kind] : {std::pair(Result::kSent, Kind::kSent),
                                     {Result::kBadAddress, Kind::kBadAddress},
                                     {Result::kRefused, Kind::kRefused},
                                     {Result::kFailed, Kind::kFailed},
                                     {Result::kUnknown, Kind::kUnknown}})
    check(parse_outcome(delivery::result_name(result)) == kind);
  for (const char* other : {"lost", "not-taken", "", "SENT"}) check(!parse_outcome(other), "a worker cannot say so");
}

std::string filled(std::string_view text, const Message& message,
                   MessageTemplate::Encoding encoding = MessageTemplate::Encoding::kJson) {
  return MessageTemplate(text, encoding).filled(message, [](const std::string& file) { return "<" + file + ">"; });
}

void values_are_encoded_for_where_they_stand() {
  Message message = message_to("+819012345678");
  message.text = "a \"b\"\n\\正門&c=d";
  check_equal(filled("{\"t\":\"{text}\"}", message), "{\"t\":\"a \\\"b\\\"\\n\\\\\\u6b63\\u9580&c=d\"}");
  check_equal(filled("t={text:form}", message), "t=a%20%22b%22%0A%5C%E6%AD%A3%E9%96%80%26c%3Dd");
  check_equal(filled("{to}", message, MessageTemplate::Encoding::kForm), "%2B819012345678");
}

void a_secret_comes_from_its_file() {
  const Message message = message_to("x");
  const auto form = MessageTemplate::Encoding::kForm;
  check_equal(filled("p={@/etc/a b}&to={to}", message, form), "p=%3C%2Fetc%2Fa%20b%3E&to=x");
  check_equal(filled("{\"p\":\"{@/a}\",\"q\":\"{@/b:form}\"}", message), "{\"p\":\"</a>\",\"q\":\"%3C%2Fb%3E\"}");
  check(MessageTemplate("{@/a}{to}{@/b:json}", form).secret_files() == std::vector<std::string>{"/a", "/b"});
  check(MessageTemplate("{@a} {@} a@/b", form).secret_files().empty());
}

void braces_that_are_no_place_are_text() {
  const Message message = message_to("x");
  check_equal(filled("{}{ }{1}{\"a\":{\"b\":\"{to}\"}}{to", message), "{}{ }{1}{\"a\":{\"b\":\"x\"}}{to");
}

void a_place_that_is_none_is_refused() {
  for (const char* wrong : {"{number}", "{to:raw}", "{to:}", "{user}", "{text:json:form}", "{@/etc/x:raw}"}) {
    bool refused = false;
    try {
      (void)MessageTemplate(wrong, MessageTemplate::Encoding::kJson);
    } catch (const std::invalid_argument& error) {
      refused = std::string(error.what()).find(wrong) == 0;
    }
    check(refused, wrong);
  }
}

void what_nobody_waits_for_is_dropped() {
  Outbox outbox;
  std::vector<Kind> told;
  const auto note = [&](const DeliveryOutcome& outcome) { told.push_back(outcome.kind); };
  check(outbox.put(message_to("+819012345678"), seconds(100), "ended", note));
  check(outbox.put(message_to("+819012345679"), seconds(100), "ended", note));
  check(outbox.put(message_to("+819012345670"), seconds(100), "open", note));
  const auto taken = outbox.take(1, seconds(0));
  outbox.drop("ended");
  check(told == std::vector<Kind>{Kind::kLoginEnded}, "the one that a worker has may have been sent");
  check_equal(outbox.take(2, seconds(0)).value().to, "+819012345670");
  check(!outbox.take(3, seconds(0)));
  check(outbox.note_outcome(1, taken.value().id, {.kind = Kind::kSent}));
  check(outbox.tally("sms").failed == 0);
}

void calls_leave_workers_for_others() {
  Outbox outbox;
  for (int i = 0; i < 6; ++i) {
    Message call = message_to("+8131234567" + std::to_string(i));
    call.channel = "call";
    check(outbox.put(call, seconds(100), "login", [](const DeliveryOutcome&) {}));
  }
  check(outbox.put(message_to("+819012345678"), seconds(100), "login", [](const DeliveryOutcome&) {}));
  std::string first;
  for (Outbox::Worker worker = 1; worker <= 4; ++worker) {
    const auto taken = outbox.take(worker, seconds(0));
    check_equal(taken.value().channel, "call");
    if (worker == 1) first = taken->id;
  }
  check_equal(outbox.take(5, seconds(0)).value().channel, "sms");
  check(!outbox.take(6, seconds(0)), "a fifth call waits");
  check(outbox.note_outcome(1, first, {.kind = Kind::kSent}));
  check_equal(outbox.take(6, seconds(0)).value().channel, "call");
}

void what_a_driver_prints_is_nothing_or_an_object() {
  for (const char* good : {"", "\n", "{}", "{\"id\":\"x\"}\n", "{\"id\":1,\"answered\":true}"})
    check(delivery::is_driver_output(good), good);
  for (const char* bad : {"ok", "[]", "{\"id\":{}}", "{\"id\":[1]}", "{} {}", "{", "\"x\""})
    check(!delivery::is_driver_output(bad), bad);
  check(!delivery::is_driver_output(std::string(4000, '[')));
}

void a_call_has_keys_or_was_not_answered() {
  using Result = delivery::Attempt::Result;
  const auto read = [](const std::string& output) {
    delivery::Attempt attempt{Result::kSent, "sip", ""};
    delivery::read_call_output(output, attempt);
    return attempt;
  };
  check_equal(read(R"({"answered": true, "keys": "42"})").keys, "42");
  check(read(R"({"answered": false})").result == Result::kNotAnswered);
  check_equal(read(R"({"answered": false, "keys": "42"})").keys, "");
  for (const char* nothing : {"", "{}", R"({"keys": 42})", R"({"keys": "4 2"})", R"({"keys": "42\n"})",
                              R"({"keys": "12345678901234567"})", R"({"answered": null})"}) {
    check_equal(read(nothing).keys, "");
    check(read(nothing).result == Result::kSent, nothing);
  }
}

void a_push_message_is_signed_for_its_service() {
  const tests::Folder folder;
  const std::string path = folder.path() + "/webpush.key";
  EVP_PKEY* key = EVP_EC_gen("P-256");
  std::FILE* file = std::fopen(path.c_str(), "w");
  check(PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  (void)std::fclose(file);
  const std::string header =
      delivery::vapid_header(path, "https://fcm.googleapis.com", "https://gate.example.org", 1800003600);
  check(header.starts_with("vapid t="));
  const std::string token = header.substr(8, header.find(',') - 8);
  const std::string text = token.substr(0, token.rfind('.'));
  const auto decoded = [](const std::string& part) {
    const passkey::Bytes bytes = passkey::from_base64url(part).value();
    return std::string(bytes.begin(), bytes.end());
  };
  check_equal(decoded(text.substr(0, text.find('.'))), R"({"alg":"ES256","typ":"JWT"})");
  check_equal(decoded(text.substr(text.find('.') + 1)),
              R"({"aud":"https://fcm.googleapis.com","exp":1800003600,"sub":"https://gate.example.org"})");
  // r and s, for OpenSSL as DER.
  const std::string raw = decoded(token.substr(token.rfind('.') + 1));
  check_equal(raw.size(), 64U);
  ECDSA_SIG* pair = ECDSA_SIG_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  check(ECDSA_SIG_set0(pair, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr)) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  check(EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1);
  check(EVP_DigestVerify(context, der, static_cast<std::size_t>(size),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  EVP_PKEY_free(key);
  check_equal(decoded(header.substr(header.find("k=") + 2)).size(), 65U);
  std::ofstream(path) << "no key";
  Delivery settings;
  settings.push_key = path;
  Message message = message_to("https://fcm.googleapis.com/a");
  message.channel = "notify";
  check(delivery::send(settings, message).front().result == delivery::Attempt::Result::kFailed);
  message.to = "https://10.0.0.1/a";
  check(delivery::send(settings, message).front().result == delivery::Attempt::Result::kBadAddress);
}

void a_line_for_the_log_shows_no_digits() {
  check_equal(delivery::first_line("line 0: +819012345678 busy\nsecond"), "line #: +############ busy");
  check_equal(delivery::first_line("\x1b[2J\xff"), "\\u{#b}[#J\\xff");
  check(delivery::first_line(std::string(5000, 'x')).size() < 200);
}

void codes_and_statuses_have_their_meaning() {
  using Result = delivery::Attempt::Result;
  for (const auto& [code, result] : {std::pair(0, Result::kSent),
                                     {65, Result::kBadAddress},
                                     {67, Result::kBadAddress},
                                     {77, Result::kRefused},
                                     {69, Result::kFailed},
                                     {75, Result::kFailed},
                                     {1, Result::kFailed},
                                     {127, Result::kFailed},
                                     {-1, Result::kFailed}})
    check(delivery::result_of_exit(code, false) == result, std::to_string(code));
  // msmtp says 77 when its own password is wrong.
  for (const int code : {65, 77}) check(delivery::result_of_exit(code, true) == Result::kFailed);
  check(delivery::result_of_exit(67, true) == Result::kBadAddress);
  for (const auto& [status, result] : {std::pair(200L, Result::kSent),
                                       {202L, Result::kSent},
                                       {301L, Result::kFailed},
                                       {400L, Result::kFailed},
                                       {401L, Result::kFailed},
                                       {403L, Result::kFailed},
                                       {404L, Result::kFailed},
                                       {410L, Result::kBadAddress},
                                       {422L, Result::kBadAddress},
                                       {429L, Result::kFailed},
                                       {500L, Result::kUnknown},
                                       {503L, Result::kFailed},
                                       {0L, Result::kFailed}})
    check(delivery::result_of_status(status) == result, std::to_string(status));
}

void a_mail_has_no_header_but_its_own() {
  Message message = message_to("alice@example.org");
  message.subject = "Zeile\nBcc: eve@example.org 正門";
  message.text = "one\ntwo";
  const std::string mail = delivery::mail_text(message, "Seimon <seimon@example.org>");
  const std::string headers = mail.substr(0, mail.find("\n\n"));
  check(headers.find("Bcc:") == std::string::npos, headers);
  check(headers.find("From: Seimon <seimon@example.org>\nTo: alice@example.org\nSubject: =?UTF-8?B?") == 0, headers);
  check(mail.ends_with("\n\none\ntwo\n"));
  for (const char* wrong : {"", "-oQ/tmp", "a b", "a\nBcc: x", "a,b", "a|b", "\"a\"@b"})
    check(!delivery::is_plain_recipient(wrong), wrong);
}

}  // namespace

}  // namespace seimon::daemon

int main() {
  using namespace seimon::daemon;
  const CMUnitTest tests[] = {
      SEIMON_TEST(calls_leave_workers_for_others),
      SEIMON_TEST(a_push_message_is_signed_for_its_service),
      SEIMON_TEST(a_call_has_keys_or_was_not_answered),
      SEIMON_TEST(a_message_is_handed_out_once),
      SEIMON_TEST(a_worker_that_goes_away_takes_its_message_along),
      SEIMON_TEST(what_nobody_takes_in_time_is_not_sent_later),
      SEIMON_TEST(one_waiting_worker_is_called_for_each_message),
      SEIMON_TEST(of_the_messages_to_one_address_one_is_under_way),
      SEIMON_TEST(a_full_outbox_takes_no_more),
      SEIMON_TEST(the_words_of_outcomes_are_read_back),
      SEIMON_TEST(values_are_encoded_for_where_they_stand),
      SEIMON_TEST(a_secret_comes_from_its_file),
      SEIMON_TEST(braces_that_are_no_place_are_text),
      SEIMON_TEST(what_nobody_waits_for_is_dropped),
      SEIMON_TEST(a_place_that_is_none_is_refused),
      SEIMON_TEST(what_a_driver_prints_is_nothing_or_an_object),
      SEIMON_TEST(a_line_for_the_log_shows_no_digits),
      SEIMON_TEST(codes_and_statuses_have_their_meaning),
      SEIMON_TEST(a_mail_has_no_header_but_its_own),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

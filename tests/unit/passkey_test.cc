// SPDX-License-Identifier: Apache-2.0
// Passkeys (WebAuthn): a good answer is taken, and each field of it that was altered is refused.
#include <functional>
#include <vector>

#include "base/text.h"
#include "passkey/passkey.h"
#include "tests/support/authenticator.h"
#include "tests/support/test.h"

using namespace seimon::passkey;
using namespace seimon::tests;

namespace {

const Site kSite{"gate.example.org", "https://gate.example.org"};
const Bytes kChallenge = sha256("a request");

std::optional<Passkey> registered_by(const Authenticator& phone, const Bytes& challenge = kChallenge) {
  std::string problem;
  return registered(phone.make(challenge), kSite, challenge, problem);
}

std::string problem_of(const Assertion& assertion, const Passkey& passkey, const Site& site = kSite,
                       const Bytes& challenge = kChallenge) {
  std::string problem;
  const auto counter = verified(assertion, passkey, site, challenge, problem);
  check_equal(counter.has_value(), problem.empty());
  return problem;
}

void a_phone_is_registered_and_says_yes() {
  for (const int algorithm : {-7, -257}) {
    Authenticator phone(algorithm);
    phone.counter = 9;
    const auto passkey = registered_by(phone);
    check(passkey.has_value());
    check_equal(passkey->algorithm, algorithm);
    check(passkey->id == phone.id && !passkey->is_synced);
    const Assertion yes = phone.sign(kChallenge);
    check(phone.has_signed(yes), "the second verifier agrees");
    check_equal(problem_of(yes, *passkey), "");
    std::string problem;
    check_equal(verified(yes, *passkey, kSite, kChallenge, problem).value_or(0), 9U);
  }
}

void each_altered_field_of_a_yes_is_refused() {
  Authenticator phone;
  const Passkey passkey = *registered_by(phone);
  // Said and signed by a browser and an authenticator that lie.
  struct Case {
    const char* what;
    std::function<void(Authenticator&)> change;
    const char* problem;
  };
  const std::vector<Case> signed_cases = {
      {"another origin", [](Authenticator& a) { a.origin = "https://gate.example.org.evil.test"; }, "client-data"},
      {"http", [](Authenticator& a) { a.origin = "http://gate.example.org"; }, "client-data"},
      {"another port", [](Authenticator& a) { a.origin = "https://gate.example.org:8443"; }, "client-data"},
      {"in a frame of another site", [](Authenticator& a) { a.end = R"(,"crossOrigin":true})"; }, "client-data"},
      {"no end", [](Authenticator& a) { a.end = R"(,"crossOrigin":false)"; }, "client-data"},
      {"other members first", [](Authenticator& a) { a.end = R"(,"topOrigin":"x","crossOrigin":false})"; },
       "client-data"},
      {"another site's passkey", [](Authenticator& a) { a.host = "evil.test"; }, "signature"},
      {"nobody touched it", [](Authenticator& a) { a.flags = 0x04; }, "signature"},
      {"nobody was recognised", [](Authenticator& a) { a.flags = 0x01; }, "signature"},
      {"extensions that were not asked for", [](Authenticator& a) { a.flags = 0x85; }, "authenticator-data"},
  };
  for (const Case& one : signed_cases) {
    const Authenticator kept = phone;  // the key is shared
    Authenticator altered = phone;
    one.change(altered);
    const Assertion assertion = altered.sign(kChallenge);
    check(kept.has_signed(assertion), std::string(one.what) + ": the signature itself is right");
    check_equal(std::string(one.what) + ": " + problem_of(assertion, passkey),
                std::string(one.what) + ": " + one.problem);
  }
  check_equal(problem_of(phone.sign(kChallenge, "webauthn.create"), passkey), "client-data");
  check_equal(problem_of(phone.sign(sha256("another request")), passkey), "client-data");
  check_equal(problem_of(phone.sign(kChallenge), *registered_by(Authenticator())), "signature");
  // Changed on the way.
  const Assertion good = phone.sign(kChallenge);
  for (std::size_t i = 0; i < good.authenticator_data.size(); ++i) {
    Assertion bad = good;
    bad.authenticator_data[i] ^= 1;
    check(!phone.has_signed(bad) && !problem_of(bad, passkey).empty());
  }
  for (std::size_t i = 0; i < good.signature.size(); ++i) {
    Assertion bad = good;
    bad.signature[i] ^= 1;
    check(!problem_of(bad, passkey).empty());
  }
  for (std::size_t i = 0; i < good.client_data.size(); ++i) {
    Assertion bad = good;
    bad.client_data[i] ^= 1;
    check(!phone.has_signed(bad) && !problem_of(bad, passkey).empty());
  }
  for (std::size_t size = 0; size < good.authenticator_data.size(); ++size) {
    Assertion bad = good;
    bad.authenticator_data.resize(size);
    check(!problem_of(bad, passkey).empty());
  }
  Assertion longer = good;
  longer.authenticator_data.push_back(0);
  check(!problem_of(longer, passkey).empty());
  Assertion none = good;
  none.signature.clear();
  check(!problem_of(none, passkey).empty());
  Passkey broken = passkey;
  broken.key.pop_back();
  check(!problem_of(good, broken).empty());
  broken = passkey;
  broken.algorithm = -8;
  check(!problem_of(good, broken).empty());
}

void browsers_write_their_client_data_in_few_ways() {
  Authenticator phone;
  const Passkey passkey = *registered_by(phone);
  for (const char* end :
       {"}", R"(,"crossOrigin":false})", R"(,"crossOrigin":false,"other_keys_can_be_added_here":1})"}) {
    phone.end = end;
    check_equal(problem_of(phone.sign(kChallenge), passkey), "");
  }
}

void a_registration_is_for_this_site_and_challenge() {
  const auto problem_with = [](const std::function<void(Authenticator&)>& change, const Bytes& challenge = kChallenge,
                               const std::string& type = "webauthn.create") {
    Authenticator phone;
    change(phone);
    std::string problem;
    const auto passkey = registered(phone.make(challenge, type), kSite, kChallenge, problem);
    check_equal(passkey.has_value(), problem.empty());
    return problem;
  };
  const auto nothing = [](Authenticator&) {};
  check_equal(problem_with(nothing), "");
  check_equal(problem_with(nothing, sha256("another")), "client-data");
  check_equal(problem_with(nothing, kChallenge, "webauthn.get"), "client-data");
  check_equal(problem_with([](Authenticator& a) { a.origin = "https://evil.test"; }), "client-data");
  check_equal(problem_with([](Authenticator& a) { a.host = "evil.test"; }), "site");
  check_equal(problem_with([](Authenticator& a) { a.flags = 0x01; }), "not-verified");
  check_equal(problem_with([](Authenticator& a) { a.flags = 0x04; }), "not-verified");
  check_equal(problem_with([](Authenticator& a) { a.id.clear(); }), "key");
  Authenticator synced;
  synced.flags = 0x0D;
  check(registered_by(synced)->is_synced);
  const Registration good = Authenticator().make(kChallenge);
  for (std::size_t size = 0; size < good.authenticator_data.size(); ++size) {
    Registration bad = good;
    bad.authenticator_data.resize(size);
    std::string problem;
    check(!registered(bad, kSite, kChallenge, problem));
  }
  Registration longer = good;
  longer.authenticator_data.push_back(0);
  std::string problem;
  check(!registered(longer, kSite, kChallenge, problem));
}

void a_passkey_is_kept_as_one_line() {
  const Passkey passkey = *registered_by(Authenticator());
  const std::string text = text_of(passkey);
  const auto again = parse(text);
  check(again && again->id == passkey.id && again->key == passkey.key && again->algorithm == passkey.algorithm);
  for (const std::string& bad : {std::string(), text + " ", text + " x", text.substr(0, text.rfind(' ')), "x" + text,
                                 std::string("-7 synced !! AA"), std::string("-7 else AA AA")})
    check(!parse(bad), bad);
}

void base64url_has_one_spelling() {
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 37 + size));
    check(from_base64url(seimon::base::base64url(bytes)) == bytes);
  }
  for (const char* bad : {"A", "AB", "AAAAA", "AA==", "AA+A", "AA/A", "AA A", "A\n", "AAB"})
    check(!from_base64url(bad).has_value() || std::string(bad) == "AA", bad);
}

void the_site_is_taken_from_its_url() {
  check_equal(site_of("https://gate.example.org").host, "gate.example.org");
  check_equal(site_of("https://gate.example.org:8443").host, "gate.example.org");
  check_equal(site_of("https://gate.example.org:8443").origin, "https://gate.example.org:8443");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_phone_is_registered_and_says_yes),
      SEIMON_TEST(each_altered_field_of_a_yes_is_refused),
      SEIMON_TEST(browsers_write_their_client_data_in_few_ways),
      SEIMON_TEST(a_registration_is_for_this_site_and_challenge),
      SEIMON_TEST(a_passkey_is_kept_as_one_line),
      SEIMON_TEST(base64url_has_one_spelling),
      SEIMON_TEST(the_site_is_taken_from_its_url),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

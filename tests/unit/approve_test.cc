// SPDX-License-Identifier: Apache-2.0
// The calls of a phone, with a store in memory and an authenticator by OpenSSL: registration, what waits, the answers,
// and every answer that is none.
#include <functional>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "core/login/conversation.h"
#include "daemon/admin/admin.h"
#include "daemon/admin/approver.h"
#include "daemon/admin/page_owner.h"
#include "daemon/system/clock.h"
#include "tests/support/authenticator.h"
#include "tests/support/fake_service.h"
#include "tests/support/test.h"

using namespace seimon::tests;
using namespace seimon::daemon;
namespace core = seimon::core;
namespace passkey = seimon::passkey;
namespace wire = seimon::wire;
using nlohmann::json;

namespace {

constexpr uid_t kOwner = 65534;  // "nobody", whom every system has

Config configured() {
  Config config;
  config.page.account = 1;
  config.page.url = "https://gate.example.org";
  config.approve.page = "https://gate.example.org/ok";
  return config;
}

struct Fixture {
  explicit Fixture(const Config& config = configured()) : service(config) {
    connection.peer().is_page = true;
    core::Profile profile = service.store.account(owner).profile;
    core::Ticket ticket;
    ticket.digest = core::ticket_digest(service.store, "ticket");
    ticket.until = core::Instant::max();
    ticket.second_step = true;
    ticket.session = core::kPageSession;
    profile.tickets.push_back(ticket);
    service.store.write_profile(owner, profile);
  }

  json call(const std::string& method, json parameters) {
    parameters["user"] = "nobody";
    if (method == "Enroll") parameters["ticket"] = "ticket";
    check(admin.call("io.seimon.Admin." + method, parameters.dump()), "the call is understood");
    service.run_until_reply(connection);
    return json::parse(connection.take());
  }
  json done(const std::string& method, json parameters = json::object()) {
    const json reply = call(method, std::move(parameters));
    check(reply.contains("parameters") && !reply.contains("error"), reply.dump());
    return reply.at("parameters");
  }
  std::string refused(const std::string& method, json parameters = json::object()) {
    const json reply = call(method, std::move(parameters));
    check(reply.contains("error"), reply.dump());
    return reply.at("parameters").value("message", reply.dump());
  }

  // The phone is registered; the reply of Confirm.
  json add(const Authenticator& phone, const std::string& label = "phone") {
    const json offer = done("Enroll", {{"kind", "approve"}, {"label", label}});
    const passkey::Registration made =
        phone.make(passkey::from_base64url(offer.at("challenge").get<std::string>()).value());
    return done("Confirm", sent(made));
  }
  static json sent(const passkey::Registration& made) {
    return {{"client_data", seimon::base::base64url(made.client_data)},
            {"authenticator_data", seimon::base::base64url(made.authenticator_data)}};
  }

  // A login of `user` that shows a number.
  core::Conversation login() {
    core::Facts facts{owner};
    facts.exists = facts.trusted = true;
    facts.uid = kOwner;
    facts.service = "sshd";
    facts.groups.emplace();
    facts.origin = {core::Origin::Kind::kAddress, *core::parse_address("203.0.113.9"), "203.0.113.9"};
    core::Policy policy;
    policy.fallback.action = core::Action::kRequire;
    core::Conversation talk(std::to_string(++logins), facts, manner_of(service.config, "login1"));
    (void)talk.begin(policy, {service.store, service.store}, even(now()));
    (void)talk.withhold(core::Withheld::kEmpty, {service.store, service.store}, even(now()));
    check(talk.has_request());
    return talk;
  }
  bool lets_in(core::Conversation& talk) {
    const core::Outcome outcome = talk.withhold(core::Withheld::kEmpty, {service.store, service.store}, even(now()));
    const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply);
    return conclusion != nullptr && conclusion->verdict == core::Verdict::kAllow;
  }
  core::Approvals approvals() { return service.store.account(owner).profile.approvals; }
  std::string number() { return approvals().request->number; }

  json yes(const Authenticator& phone, const std::string& typed) {
    return yes_with(phone, typed, phone.sign(challenge(typed)));
  }
  passkey::Bytes challenge(const std::string& typed) {
    return passkey::sha256(core::approval_text(*approvals().request, "nobody", typed));
  }
  json yes_with(const Authenticator& phone, const std::string& typed, const passkey::Assertion& given) {
    return {{"id", approvals().request->id},
            {"answer", "yes"},
            {"number", typed},
            {"credential", seimon::base::base64url(phone.id)},
            {"client_data", seimon::base::base64url(given.client_data)},
            {"authenticator_data", seimon::base::base64url(given.authenticator_data)},
            {"signature", seimon::base::base64url(given.signature)}};
  }

  core::UserName owner = *core::UserName::parse("nobody");
  FakeService service;
  AdminCalls calls{.service = service.service, .reload = [] { return std::string(); }};
  FakeConnection connection{kOwner};
  Admin admin{calls, connection};
  int logins = 0;
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void a_phone_is_registered_and_approves() {
  Fixture fixture;
  const Authenticator phone;
  const json confirmed = fixture.add(phone);
  check_equal(confirmed.at("label").get<std::string>(), "phone");
  check(!confirmed.at("phone").get<std::string>().empty() && !confirmed.at("recovery").empty());
  const json list = fixture.done("List");
  check_equal(list.at("methods").at(0).at("kind").get<std::string>(), "approve");
  check(!holds(list.dump(), confirmed.at("phone").get<std::string>()), "its token is shown once");
  check(fixture.done("Pending").at("requests").empty());
  core::Conversation talk = fixture.login();
  const json waiting = fixture.done("Pending").at("requests").at(0);
  check_equal(waiting.at("host").get<std::string>(), "login1");
  check_equal(waiting.at("source").get<std::string>(), "203.0.113.9");
  check(!waiting.contains("number"), "the number is on the other screen");
  check(!fixture.lets_in(talk));
  check_equal(fixture.done("Approve", fixture.yes(phone, fixture.number())).at("state").get<std::string>(), "approved");
  check(fixture.done("Pending").at("requests").empty());
  check(fixture.lets_in(talk));
  check(fixture.service.store.account(fixture.owner).methods.front().last_used.has_value());
}

void a_wrong_number_ends_it() {
  Fixture fixture;
  const Authenticator phone;
  (void)fixture.add(phone);
  core::Conversation talk = fixture.login();
  const std::string number = fixture.number();
  const std::string wrong = number == "42" ? "43" : "42";
  const json right = fixture.yes(phone, number);
  check(holds(fixture.refused("Approve", fixture.yes(phone, wrong)), "not the number"));
  check(holds(fixture.refused("Approve", right), "not waiting"), "the right one comes too late");
  check(!fixture.lets_in(talk));
}

void answers_for_something_else_are_refused() {
  Fixture fixture;
  const Authenticator phone;
  Authenticator second;
  second.id = passkey::Bytes(16, 8);
  (void)fixture.add(phone);
  (void)fixture.add(second, "second");
  core::Conversation before = fixture.login();
  const json replay = fixture.yes(phone, fixture.number());
  (void)fixture.done("Approve", replay);
  check(fixture.lets_in(before));
  core::Conversation talk = fixture.login();
  const std::string number = fixture.number();
  const std::string id = fixture.approvals().request->id;

  check(holds(fixture.refused("Approve", replay), "not waiting"), "a replay names a request that is gone");
  json crossed = replay;
  crossed["id"] = id;
  check(holds(fixture.refused("Approve", crossed), "not valid"), "the answer to another request");
  json other = fixture.yes(phone, number);
  other["credential"] = seimon::base::base64url(second.id);
  check(holds(fixture.refused("Approve", other), "not valid"), "signed by another phone of the same owner");
  const Authenticator stranger;  // of the same id, by another key
  check(holds(fixture.refused("Approve", fixture.yes(stranger, number)), "not valid"));
  Authenticator unknown;
  unknown.id = passkey::Bytes(16, 9);
  check(holds(fixture.refused("Approve", fixture.yes(unknown, number)), "not registered"));
  json renumbered = fixture.yes(phone, number == "42" ? "43" : "42");
  renumbered["number"] = number;
  check(holds(fixture.refused("Approve", renumbered), "not valid"), "the number that was signed is another one");
  const std::vector<std::function<void(core::ApprovalRequest&)>> changes = {
      [](core::ApprovalRequest& r) { r.host = "login2"; }, [](core::ApprovalRequest& r) { r.service = "su"; },
      [](core::ApprovalRequest& r) { r.source = "192.0.2.1"; },
      [](core::ApprovalRequest& r) { r.id = std::string(32, 'a'); }};
  for (const auto& change : changes) {
    core::ApprovalRequest shown = *fixture.approvals().request;
    change(shown);
    const passkey::Bytes challenge = passkey::sha256(core::approval_text(shown, "nobody", number));
    check(holds(fixture.refused("Approve", fixture.yes_with(phone, number, phone.sign(challenge))), "not valid"),
          "what was shown is not what waits");
  }
  for (const char* key : {"client_data", "authenticator_data", "signature", "credential", "number", "id"}) {
    json broken = fixture.yes(phone, number);
    for (const char* value : {"", "!", "AAAA"}) {
      broken[key] = value;
      (void)fixture.refused("Approve", broken);
      check(fixture.approvals().request->state == core::RequestState::kWaiting || std::string(key) == "number");
      if (fixture.approvals().request->state != core::RequestState::kWaiting) break;
    }
    if (fixture.approvals().request->state != core::RequestState::kWaiting) break;
    broken.erase(key);
    (void)fixture.refused("Approve", broken);
  }
  check(!fixture.lets_in(talk), "nothing of it lets in");
}

void a_counter_that_goes_back_is_a_copy() {
  Fixture fixture;
  Authenticator phone;
  phone.counter = 4;
  (void)fixture.add(phone);
  core::Conversation first = fixture.login();
  phone.counter = 5;
  (void)fixture.done("Approve", fixture.yes(phone, fixture.number()));
  check(fixture.lets_in(first));
  core::Conversation second = fixture.login();
  for (const std::uint32_t counter : {5U, 4U, 0U}) {
    phone.counter = counter;
    check(holds(fixture.refused("Approve", fixture.yes(phone, fixture.number())), "not valid"));
  }
  phone.counter = 6;
  (void)fixture.done("Approve", fixture.yes(phone, fixture.number()));
  check(fixture.lets_in(second));
}

void a_counter_begins_where_the_phone_was_registered() {
  Fixture fixture;
  Authenticator phone;
  phone.counter = 9;
  (void)fixture.add(phone);
  auto talk = fixture.login();
  check(holds(fixture.refused("Approve", fixture.yes(phone, fixture.number())), "counter"), "a copy of before");
  phone.counter = 10;
  (void)fixture.done("Approve", fixture.yes(phone, fixture.number()));
  check(fixture.lets_in(talk));
}

void another_phone_in_its_place_has_a_counter_of_its_own() {
  Fixture fixture;
  Authenticator old;
  old.counter = 50;
  (void)fixture.add(old);
  core::Conversation first = fixture.login();
  old.counter = 51;
  (void)fixture.done("Approve", fixture.yes(old, fixture.number()));
  check(fixture.lets_in(first));
  Authenticator fresh;
  fresh.counter = 1;
  const json offer = fixture.done("Enroll", {{"replaces", "phone"}});
  check(offer.at("known").empty(), "the same phone may be registered anew");
  const auto challenge = passkey::from_base64url(offer.at("challenge").get<std::string>()).value();
  (void)fixture.done("Confirm", Fixture::sent(fresh.make(challenge)));
  core::Conversation second = fixture.login();
  fresh.counter = 2;
  (void)fixture.done("Approve", fixture.yes(fresh, fixture.number()));
  check(fixture.lets_in(second));
}

void no_and_not_me() {
  Fixture fixture;
  (void)fixture.add(Authenticator());
  core::Conversation talk = fixture.login();
  check_equal(fixture.done("Approve", {{"id", fixture.approvals().request->id}, {"answer", "no"}}).at("state"),
              "denied");
  check(!fixture.lets_in(talk));
  core::Conversation other = fixture.login();
  (void)fixture.done("Approve", {{"id", fixture.approvals().request->id}, {"answer", "not-me"}});
  check(!fixture.lets_in(other) && fixture.approvals().is_paused);
  check(holds(fixture.service.syslog.lines(), "sign-in-reported"));
  (void)fixture.login();
  check(fixture.done("Pending").at("requests").empty() && fixture.done("Pending").at("paused").get<bool>());
  check(holds(fixture.refused("Approve", {{"id", fixture.approvals().request->id}, {"answer", "maybe"}}), "must be"));
}

void a_site_may_suspend_who_reports() {
  Config config = configured();
  config.approve.suspends_reported = true;
  Fixture fixture(config);
  (void)fixture.add(Authenticator());
  core::Conversation talk = fixture.login();
  (void)fixture.done("Approve", {{"id", fixture.approvals().request->id}, {"answer", "not-me"}});
  check(fixture.service.store.account(fixture.owner).profile.suspended);
}

void what_is_no_passkey_of_this_site_is_not_registered() {
  const auto problem_of = [](const std::function<void(Authenticator&)>& change) {
    Fixture fixture;
    Authenticator phone;
    change(phone);
    const json offer = fixture.done("Enroll", {{"kind", "approve"}, {"label", "phone"}});
    const auto challenge = passkey::from_base64url(offer.at("challenge").get<std::string>()).value();
    const std::string text = fixture.refused("Confirm", Fixture::sent(phone.make(challenge)));
    check(fixture.done("List").at("methods").empty());
    check(holds(fixture.refused("Confirm", Fixture::sent(Authenticator().make(challenge))), "no enrolment"),
          "a challenge is used once");
    return text;
  };
  check(holds(problem_of([](Authenticator& a) { a.origin = "https://evil.test"; }), "client-data"));
  check(holds(problem_of([](Authenticator& a) { a.host = "evil.test"; }), "site"));
  check(holds(problem_of([](Authenticator& a) { a.flags = 0x01; }), "not-verified"));
  Fixture fixture;
  const Authenticator phone;
  (void)fixture.add(phone);
  const json offer = fixture.done("Enroll", {{"kind", "approve"}, {"label", "again"}});
  check_equal(offer.at("known").at(0).get<std::string>(), seimon::base::base64url(phone.id));
  const auto challenge = passkey::from_base64url(offer.at("challenge").get<std::string>()).value();
  check(holds(fixture.refused("Confirm", Fixture::sent(phone.make(challenge))), "registered already"));
  Config device_bound = configured();
  device_bound.approve.synced = false;
  Fixture strict(device_bound);
  Authenticator synced;
  synced.flags = 0x0D;
  const json asked = strict.done("Enroll", {{"kind", "approve"}, {"label", "phone"}});
  const auto strictly = passkey::from_base64url(asked.at("challenge").get<std::string>()).value();
  check(holds(strict.refused("Confirm", Fixture::sent(synced.make(strictly))), "approve.synced"));
}

void phones_are_added_on_the_page_by_their_owner() {
  Fixture shell;
  shell.connection.peer().is_page = false;
  check(holds(shell.refused("Enroll", {{"kind", "approve"}, {"label", "phone"}}), "on the phone"));
  for (const char* method : {"TryApproval", "Pending"}) check(holds(shell.refused(method), "on the page"), method);
  check(holds(shell.refused("Approve", {{"id", "1"}, {"answer", "not-me"}}), "on the page"),
        "root of a login host may be anybody there");
  Fixture off((Config()));
  check(holds(off.refused("Enroll", {{"kind", "approve"}, {"label", "phone"}}), "approve.enabled"));
  Fixture odd;
  check(holds(odd.refused("Enroll", {{"kind", "approve"}, {"label", "phone"}, {"digits", 6}}), "has no"));
}

void a_trial_shows_its_number_and_lets_nobody_in() {
  Fixture fixture;
  const Authenticator phone;
  (void)fixture.add(phone);
  const json trial = fixture.done("TryApproval");
  const json waiting = fixture.done("Pending").at("requests").at(0);
  check(waiting.at("trial").get<bool>() && waiting.at("number") == trial.at("number"));
  const json done = fixture.done("Approve", fixture.yes(phone, trial.at("number").get<std::string>()));
  check(done.at("trial").get<bool>() && !fixture.approvals().request);
  core::Conversation talk = fixture.login();
  check(holds(fixture.refused("TryApproval"), "another sign-in"));
  check(!fixture.lets_in(talk));
}

// --- the words by which a page knows somebody ---

struct Phone {
  explicit Phone(Fixture& of, uid_t uid = 1)
      : connection(uid, 2), owner(pages_of(of), connection, [this](std::string message) { admitted += message; }) {}
  static Pages& pages_of(Fixture& of) {
    static std::unique_ptr<Pages> pages;
    pages.reset(new Pages{.service = of.service.service});
    return *pages;
  }
  bool send(Fixture& of, const json& message) {
    const std::string text = message.dump();
    wire::Envelope envelope;
    check(wire::read_envelope(text, envelope));
    if (!owner.call(envelope)) return false;
    of.service.run_until_reply(connection);
    return true;
  }
  bool show(Fixture& of, const std::string& token, const char* as = "Phone") {
    check(send(
        of,
        {{"method", "io.seimon.Relay." + std::string(as)},
         {"parameters",
          {{"version", wire::kVersion}, {"user", "nobody"}, {as == std::string("Web") ? "ticket" : "token", token}}}}));
    return connection.take().find("error") == std::string::npos;
  }
  std::string admitted;
  FakeConnection connection;
  PageOwner owner;
};

void a_phone_asks_to_be_notified() {
  Config config = configured();
  config.push_public = "a key";
  Fixture fixture(config);
  const std::string token = fixture.add(Authenticator()).at("phone").get<std::string>();
  const std::string endpoint = "https://fcm.googleapis.com/a";
  (void)fixture.done("NotifyPhone", {{"phone", token}, {"endpoint", endpoint}});
  check_equal(fixture.approvals().endpoints.begin()->second, endpoint);
  check(holds(fixture.refused("NotifyPhone", {{"phone", token}, {"endpoint", "https://10.0.0.1/admin"}}),
              "push service"));
  check(holds(fixture.refused("NotifyPhone", {{"phone", "another"}, {"endpoint", endpoint}}), "not registered"));
  check_equal(fixture.approvals().endpoints.size(), 1U);
  (void)fixture.done("NotifyPhone", {{"phone", token}, {"endpoint", ""}});
  check(fixture.approvals().endpoints.empty());
  Fixture without;
  const std::string other = without.add(Authenticator()).at("phone").get<std::string>();
  check(holds(without.refused("NotifyPhone", {{"phone", other}, {"endpoint", endpoint}}), "not notified here"));
}

void a_phone_s_token_opens_nothing_else() {
  Fixture fixture;
  const std::string token = fixture.add(Authenticator()).at("phone").get<std::string>();
  {
    Phone phone(fixture);
    check(!phone.show(fixture, std::string(32, '0')), "a wrong token");
    check(!phone.owner.may_call("io.seimon.Admin.Pending"), "and then nothing");
  }
  {
    Phone other(fixture, 2);
    check(!other.owner.is_page(), "another account than the page's has no such call");
  }
  Phone phone(fixture);
  check(phone.show(fixture, token));
  check(phone.owner.may_call("io.seimon.Admin.Pending") && phone.owner.may_call("io.seimon.Admin.Approve"));
  for (const char* method : {"Enroll", "Confirm", "List", "Remove", "Revoke", "RecoveryCodes", "Language", "Log",
                             "TryApproval", "PageLink", "Suspend", "Bypass"})
    check(!phone.owner.may_call("io.seimon.Admin." + std::string(method)), method);
  check(!phone.send(fixture, {{"method", "io.seimon.Relay.Leave"}, {"parameters", json::object()}}));
  phone.owner.vouch("a call");
  fixture.service.run();
  check_equal(phone.admitted, "a call");
  (void)fixture.service.store.remove_method(fixture.owner,
                                            fixture.service.store.account(fixture.owner).methods.front().id);
  phone.owner.vouch("another");
  fixture.service.run();
  check_equal(phone.admitted, "a call");
  check(holds(phone.connection.take(), "not registered"), "it ends with its method");
}

// The page's session, and a connection of the phone that has scanned its QR code.
struct Paired : Fixture {
  Paired() {
    connection.peer().session = "page 0123456789abcdef";
    link = done("PairPhone", {{"ticket", "ticket"}}).at("link").get<std::string>();
  }
  // The number that the phone is shown.
  std::string register_phone(const Authenticator& by) { return ask_phone(by).at("number").get<std::string>(); }
  json ask_phone(const Authenticator& by) {
    FakeConnection other(kOwner, 3);
    other.peer().is_page = true;
    other.peer().pairing = core::ticket_digest(service.store, link);
    Admin phone(calls, other);
    const auto ask = [&](const std::string& method, json parameters) {
      parameters["user"] = "nobody";
      check(phone.call("io.seimon.Admin." + method, parameters.dump()));
      service.run_until_reply(other);
      return json::parse(other.take()).at("parameters");
    };
    const json offer = ask("Enroll", {{"kind", "approve"}, {"label", "paired"}});
    const auto challenge = passkey::from_base64url(offer.at("challenge").get<std::string>()).value();
    return ask("Confirm", sent(by.make(challenge)));
  }
  std::string link;
};

void a_phone_is_paired_by_the_number_that_it_shows() {
  Paired fixture;
  const Authenticator phone;
  const std::string number = fixture.register_phone(phone);
  check(fixture.done("List").at("methods").empty(), "it does not count yet");
  const json done = fixture.done("ConfirmPairing", {{"number", number}});
  check_equal(done.at("label").get<std::string>(), "paired");
  check(!done.at("recovery").empty());
  core::Conversation talk = fixture.login();
  (void)fixture.done("Approve", fixture.yes(phone, fixture.number()));
  check(fixture.lets_in(talk));
  check(holds(fixture.refused("ConfirmPairing", {{"number", number}}), "begin again"), "once");
}

void of_two_phones_at_one_qr_code_the_first_is_held() {
  Paired fixture;
  const std::string number = fixture.register_phone(Authenticator());
  const json second = fixture.ask_phone(Authenticator(-257));
  check(holds(second.value("message", ""), "already used"), second.dump());
  (void)fixture.done("ConfirmPairing", {{"number", number}});
}

void a_phone_that_waits_for_its_number_shows_and_answers_nothing() {
  Paired fixture;
  (void)fixture.add(Authenticator());
  fixture.link = fixture.done("PairPhone", {{"ticket", "ticket"}}).at("link").get<std::string>();
  Authenticator stranger;
  stranger.id.back() = 9;
  (void)fixture.register_phone(stranger);
  const auto talk = fixture.login();
  const core::Account account = fixture.service.store.account(fixture.owner);
  fixture.connection.peer().phone = approver_of(*account.pending)->token;
  check(fixture.done("Pending").at("requests").empty());
  const json report = {{"id", fixture.approvals().request->id}, {"answer", "not-me"}};
  check(holds(fixture.refused("Approve", report), "not registered"));
  fixture.connection.peer().phone.clear();
  check(!fixture.done("Pending").at("requests").empty(), "its owner sees it");
}

void a_paired_phone_of_another_number_is_dropped() {
  Paired fixture;
  const std::string number = fixture.register_phone(Authenticator());
  check(holds(fixture.refused("ConfirmPairing", {{"number", number == "42" ? "43" : "42"}}), "not the number"));
  check(holds(fixture.refused("ConfirmPairing", {{"number", number}}), "begin again"));
  check(fixture.done("List").at("methods").empty());
}

void another_session_completes_no_pairing() {
  Paired fixture;
  const std::string number = fixture.register_phone(Authenticator());
  fixture.connection.peer().session = "page fedcba9876543210";
  check(holds(fixture.refused("ConfirmPairing", {{"number", number}}), "begin again"));
}

void a_qr_code_adds_one_phone_and_opens_nothing_else() {
  Paired fixture;
  {
    Phone wrong(fixture);
    check(!wrong.show(fixture, std::string(32, '0'), "Pair"));
  }
  {
    Phone other(fixture);
    check(!other.show(fixture, fixture.link, "Web") && !other.owner.has_owner(), "it is no ticket of the page");
  }
  Phone phone(fixture);
  check(phone.show(fixture, fixture.link, "Pair"));
  check(phone.owner.may_call("io.seimon.Admin.Enroll") && phone.owner.may_call("io.seimon.Admin.Confirm"));
  for (const char* method : {"List", "Pending", "Approve", "ConfirmPairing", "PairPhone", "Remove", "RecoveryCodes"})
    check(!phone.owner.may_call("io.seimon.Admin." + std::string(method)), method);
  fixture.connection.peer().pairing = "a ticket";
  for (const json& parameters : {json{{"kind", "app"}}, json{{"kind", "sms"}, {"address", "+819012345678"}},
                                 json::object(), json{{"kind", "approve"}, {"replaces", "app"}}})
    check(holds(fixture.refused("Enroll", parameters), "nothing else"));
  fixture.connection.peer().pairing.clear();
  (void)fixture.register_phone(Authenticator());
  phone.owner.vouch("a call");
  fixture.service.run();
  check_equal(phone.admitted, "");
  check(holds(phone.connection.take(), "already used"), "once");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_phone_asks_to_be_notified),
      SEIMON_TEST(a_phone_is_registered_and_approves),
      SEIMON_TEST(a_wrong_number_ends_it),
      SEIMON_TEST(answers_for_something_else_are_refused),
      SEIMON_TEST(a_counter_that_goes_back_is_a_copy),
      SEIMON_TEST(a_counter_begins_where_the_phone_was_registered),
      SEIMON_TEST(another_phone_in_its_place_has_a_counter_of_its_own),
      SEIMON_TEST(no_and_not_me),
      SEIMON_TEST(a_site_may_suspend_who_reports),
      SEIMON_TEST(what_is_no_passkey_of_this_site_is_not_registered),
      SEIMON_TEST(phones_are_added_on_the_page_by_their_owner),
      SEIMON_TEST(a_trial_shows_its_number_and_lets_nobody_in),
      SEIMON_TEST(a_phone_s_token_opens_nothing_else),
      SEIMON_TEST(a_phone_is_paired_by_the_number_that_it_shows),
      SEIMON_TEST(a_paired_phone_of_another_number_is_dropped),
      SEIMON_TEST(of_two_phones_at_one_qr_code_the_first_is_held),
      SEIMON_TEST(a_phone_that_waits_for_its_number_shows_and_answers_nothing),
      SEIMON_TEST(another_session_completes_no_pairing),
      SEIMON_TEST(a_qr_code_adds_one_phone_and_opens_nothing_else),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

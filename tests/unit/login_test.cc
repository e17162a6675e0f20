// SPDX-License-Identifier: Apache-2.0
// Logins on a connection, with a store in memory and a loop that runs only when told: what is answered and recorded
// when steps succeed, fail, or come back to nobody.
#include "daemon/login/login.h"

#include <memory>

#include "daemon/login/finish.h"
#include "daemon/system/clock.h"
#include "tests/support/fake_service.h"
#include "tests/support/test.h"

using namespace seimon::tests;
using namespace seimon::daemon;
namespace core = seimon::core;
namespace wire = seimon::wire;

namespace {

core::UserName alice() { return *core::UserName::parse("alice"); }

Config asking() {
  Config config;
  config.policy.observe = false;
  config.policy.fallback.action = core::Action::kRequire;
  return config;
}

Config exempting() {
  Config config;
  config.policy.observe = false;
  config.policy.fallback.action = core::Action::kSkip;
  return config;
}

wire::Open open_message(std::int64_t uid = 1000) {
  wire::Open message;
  message.version = wire::kVersion;
  message.uid = uid;
  (void)message.user.assign("alice");
  (void)message.service.assign("sshd");
  (void)message.rhost.assign("203.0.113.9");
  return message;
}

struct Fixture {
  explicit Fixture(const Config& config, uid_t peer = 0) : service(config), connection(peer) {
    login = std::make_unique<Login>(logins, connection);
  }

  // The code of alice's only method now.
  std::string code() {
    const std::uint32_t number =
        core::code_at(method_key(), core::Algorithm::kSha1, 6, core::step_at(now(), core::seconds(30)));
    const std::string digits = std::to_string(number);
    return std::string(6 - digits.size(), '0') + digits;
  }
  core::Secret method_key() { return core::Secret(std::vector<std::uint8_t>(20, 42)); }
  void enrol() {
    core::Method method;
    method.label = "app";
    method.key = method_key();
    method.registered = now();
    (void)service.store.add_method(alice(), 1000, method);
    service.store.commit();
  }
  // Opens, and returns the reply.
  std::string open() {
    check(login->open(open_message()), "the call is understood");
    service.run();
    return connection.take();
  }
  std::string answer(const std::string& text) {
    wire::Answer message;
    (void)message.conversation.assign(conversation);
    (void)message.answer.assign(text);
    check(login->answer(message), "the answer is understood");
    service.run();
    return connection.take();
  }
  // Of the reply to open().
  void keep_conversation(const std::string& reply) {
    const std::string key = "\"conversation\":\"";
    const std::size_t at = reply.find(key) + key.size();
    conversation = reply.substr(at, reply.find('"', at) - at);
  }

  FakeService service;
  Logins logins{service.service};
  FakeConnection connection;
  std::unique_ptr<Login> login;
  std::string conversation;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void a_right_code_is_accepted_and_its_login_is_remembered_for_the_session() {
  Fixture fixture(asking());
  fixture.enrol();
  const std::string prompt = fixture.open();
  check(has(prompt, "\"prompt\":"), prompt);
  fixture.keep_conversation(prompt);
  check(fixture.login->is_at_prompt() && !fixture.login->is_over());
  const std::string verdict = fixture.answer(fixture.code());
  check(has(verdict, "\"accepted\""), verdict);
  check(fixture.login->is_over());
  check(fixture.logins.visits.take(fixture.conversation, "here", now()).has_value() == false,
        "not before the account hook");
  fixture.logins.visits.arm(fixture.conversation, "sshd", "here");
  check(fixture.logins.visits.take(fixture.conversation, "here", now()).has_value());
}

void a_code_whose_commit_fails_is_refused_and_counts_as_used_by_nobody() {
  Fixture fixture(asking());
  fixture.enrol();
  fixture.keep_conversation(fixture.open());
  fixture.service.store.disk_is_full = true;
  const std::string verdict = fixture.answer(fixture.code());
  check(has(verdict, "\"unavailable\""), verdict);
  check(has(fixture.service.syslog.lines(), "store-unavailable"), "syslog has it");
  check(!fixture.service.spool.take().empty(), "the spool has it");
}

Config sending() {
  Config config = asking();
  config.send.sms = true;
  config.send.plan.prefixes = {"+81"};
  return config;
}

void add_phone(Fixture& fixture) {
  core::Method method;
  method.kind = core::Kind::kSms;
  method.label = "sms";
  method.key = core::secret_of("+819012345678");
  method.otp.period = core::seconds(0);
  method.registered = now();
  (void)fixture.service.store.add_method(alice(), 1000, method);
  fixture.service.store.commit();
}

void a_code_leaves_once_its_step_is_durable() {
  Fixture fixture(sending());
  add_phone(fixture);
  fixture.keep_conversation(fixture.open());
  const std::string prompt = fixture.answer("s");
  check(has(prompt, "a code is on its way"), prompt);
  const auto message = fixture.service.outbox.take(1, running_time());
  check(message && message->to == "+819012345678" && has(message->text, message->code), "it waits for a worker");
  const std::string verdict = fixture.answer(message->code);
  check(has(verdict, "\"accepted\""), verdict);
}

void an_answer_to_a_call_waits_for_the_store() {
  Config config = asking();
  config.send.call = true;
  config.send.plan.prefixes = {"+81"};
  Fixture fixture(config);
  add_phone(fixture);
  fixture.keep_conversation(fixture.open());
  (void)fixture.answer("c");
  const auto call = fixture.service.outbox.take(1, running_time());
  const auto request = [&] { return fixture.service.store.account(alice()).profile.approvals.request; };
  const std::string number = request()->number;
  fixture.service.store.set_away(true);
  check(fixture.service.outbox.note_outcome(1, call->id, {.kind = DeliveryOutcome::Kind::kSent, .keys = number}));
  fixture.service.run();
  fixture.service.store.set_away(false);
  check(request()->state == core::RequestState::kWaiting, "nothing is approved that is in no store");
  for (int i = 0; i < 100 && request()->state == core::RequestState::kWaiting; ++i)
    (void)fixture.service.loop.run_one();
  check(request()->state == core::RequestState::kApproved);
}

void a_code_whose_step_is_not_durable_does_not_leave() {
  Fixture fixture(sending());
  add_phone(fixture);
  fixture.keep_conversation(fixture.open());
  fixture.service.store.disk_is_full = true;
  const std::string verdict = fixture.answer("s");
  check(has(verdict, "\"unavailable\""), verdict);
  check(!fixture.service.outbox.take(1, running_time()), "nothing is sent that is not counted");
}

void a_code_that_cannot_be_sent_is_recorded_and_told_once() {
  Fixture fixture(sending());
  add_phone(fixture);
  fixture.keep_conversation(fixture.open());
  (void)fixture.answer("s");
  const auto message = fixture.service.outbox.take(1, running_time());
  check(fixture.service.outbox.note_outcome(1, message->id, {.kind = DeliveryOutcome::Kind::kBadAddress}));
  fixture.service.run();
  const std::string lines = fixture.service.syslog.lines();
  check(has(lines, "delivery-failed") && has(lines, "bad-address"), lines);
  check(!has(lines, message->code), "the code is in no log");
  check(fixture.service.sender.take_failure(fixture.conversation), "the next prompt may say so");
  check(!fixture.service.sender.take_failure(fixture.conversation), "once");
}

void codes_that_nobody_uses_are_a_problem() {
  Fixture fixture(sending());
  const auto problem = [&] { return fixture.service.state.health().facts().sending; };
  for (int i = 0; i < 49; ++i) fixture.service.sender.note_asked();
  check(problem().empty(), "not with fewer than fifty");
  fixture.service.sender.note_asked();
  check(!problem().empty(), "with fifty");
  for (int i = 0; i < 25; ++i) fixture.service.sender.note_accepted();
  check(problem().empty(), "half of them were used");
}

void an_exempt_login_needs_syslog_and_no_store() {
  Fixture fixture(exempting());
  fixture.service.store.set_away(true);
  const std::string verdict = fixture.open();
  check(has(verdict, "\"skipped\""), verdict);
  check(has(fixture.service.syslog.lines(), "exempt"), "syslog has it");
}

void an_exempt_login_that_nothing_records_is_refused() {
  Fixture fixture(exempting());
  fixture.service.store.set_away(true);
  fixture.service.syslog.remove();
  std::filesystem::remove_all(fixture.service.folder.path());  // and with it the place of the spool
  const std::string verdict = fixture.open();
  check(has(verdict, "\"unavailable\""), verdict);
}

void a_step_that_returns_to_a_closed_connection_concludes_its_conversation() {
  Fixture fixture(asking());
  fixture.enrol();
  check(fixture.login->open(open_message()));
  fixture.login.reset();
  fixture.service.run();
  fixture.service.run();
  check(fixture.connection.replies.empty(), "nobody is answered");
  core::EventQuery query;
  query.reason = "disconnected";
  check_equal(fixture.service.store.page(query).events.size(), 1U);
}

void a_prompt_that_is_left_is_concluded_as_an_error() {
  Fixture fixture(asking());
  fixture.enrol();
  fixture.keep_conversation(fixture.open());
  fixture.login->abandon("timeout");
  fixture.service.run();
  core::EventQuery query;
  query.reason = "timeout";
  check_equal(fixture.service.store.page(query).events.size(), 1U);
  check(!fixture.login->is_at_prompt());
}

void a_connection_has_one_login_and_answers_only_its_own_prompt() {
  Fixture fixture(asking());
  fixture.enrol();
  wire::Answer early;
  (void)early.conversation.assign("none");
  check(!fixture.login->answer(early), "there is no prompt yet");
  fixture.keep_conversation(fixture.open());
  check(!fixture.login->open(open_message()), "a second login");
  check(!fixture.login->answer(early), "another conversation's answer");
  wire::Open old = open_message();
  old.version = wire::kVersion + 1;
  Fixture other(asking());
  check(other.login->open(old), "another version is answered");
  const std::string reply = other.connection.take();
  check(has(reply, "VersionMismatch") && has(reply, "\"newest\":" + std::to_string(wire::kVersion)), reply);
  check(has(other.service.syslog.lines(), "versions 2 to 2 of the protocol; this seimond has 1 to 1"),
        "syslog names both");
  check(other.login->is_over());
}

// Sessions and accounts as well; the verdict in such a reply would be none.
void a_version_that_we_do_not_have_is_refused_by_every_hook() {
  wire::Account account;
  account.version = wire::kVersion + 1;
  Fixture at_account(asking());
  check(at_account.login->account(account));
  wire::Session session;
  session.version = wire::kVersion + 1;
  Fixture at_session(asking());
  check(at_session.login->session(session));
  for (Fixture* fixture : {&at_account, &at_session}) {
    const std::string reply = fixture->connection.take();
    check(has(reply, "VersionMismatch") && !has(reply, "accepted") && fixture->login->is_over(), reply);
  }
}

void an_ordinary_user_asks_about_nobody_else() {
  Fixture fixture(asking(), 65534);
  wire::Open message = open_message();
  (void)message.user.assign("root");
  check(fixture.login->open(message));
  fixture.service.run_until_reply(fixture.connection);
  const std::string verdict = fixture.connection.take();
  check(has(verdict, "\"refused\"") && fixture.connection.was_negative, verdict);
}

// Every cell of the table: result of the commit × kind of outcome → what is answered, on which record.
void each_way_that_a_step_ends_answers_only_what_is_recorded() {
  struct Cell {
    bool is_durable;
    OutcomeKind kind;
    std::vector<std::pair<Answer, Record>> attempts;
  };
  using A = Answer;
  using R = Record;
  const std::vector<Cell> cells = {
      {true, OutcomeKind::kOther, {{A::kOutcome, R::kCommit}}},
      {true, OutcomeKind::kSkip, {{A::kOutcome, R::kCommit}}},
      {true, OutcomeKind::kExempt, {{A::kOutcome, R::kCommit}}},
      {true, OutcomeKind::kExemptSkip, {{A::kOutcome, R::kCommit}}},
      {false, OutcomeKind::kOther, {{A::kRefuse, R::kBestEffort}}},
      {false, OutcomeKind::kSkip, {{A::kOutcome, R::kSpool}, {A::kRefuse, R::kBestEffort}}},
      {false, OutcomeKind::kExempt, {{A::kExempt, R::kSyslogOrSpool}, {A::kRefuse, R::kBestEffort}}},
      {false,
       OutcomeKind::kExemptSkip,
       {{A::kOutcome, R::kSpool}, {A::kExempt, R::kSyslogOrSpool}, {A::kRefuse, R::kBestEffort}}},
  };
  for (const Cell& cell : cells) {
    const auto attempts = attempts_for(cell.is_durable, cell.kind);
    check_equal(attempts.size(), cell.attempts.size());
    for (std::size_t i = 0; i < attempts.size(); ++i)
      check(attempts[i].answer == cell.attempts[i].first && attempts[i].record == cell.attempts[i].second);
    // A user who is let in without the store is in the spool or syslog; the last attempt needs nothing.
    for (const Attempt& attempt : attempts)
      check(attempt.answer == A::kRefuse || attempt.record != R::kBestEffort, "let in without a record");
    check(attempts.back().record == R::kBestEffort || attempts.back().record == R::kCommit);
  }
  check(attempts_for(false, static_cast<OutcomeKind>(99)).front().answer == A::kRefuse, "what is not in the table");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_right_code_is_accepted_and_its_login_is_remembered_for_the_session),
      SEIMON_TEST(a_code_whose_commit_fails_is_refused_and_counts_as_used_by_nobody),
      SEIMON_TEST(a_code_leaves_once_its_step_is_durable),
      SEIMON_TEST(an_answer_to_a_call_waits_for_the_store),
      SEIMON_TEST(a_code_whose_step_is_not_durable_does_not_leave),
      SEIMON_TEST(a_code_that_cannot_be_sent_is_recorded_and_told_once),
      SEIMON_TEST(codes_that_nobody_uses_are_a_problem),
      SEIMON_TEST(an_exempt_login_needs_syslog_and_no_store),
      SEIMON_TEST(an_exempt_login_that_nothing_records_is_refused),
      SEIMON_TEST(a_step_that_returns_to_a_closed_connection_concludes_its_conversation),
      SEIMON_TEST(a_prompt_that_is_left_is_concluded_as_an_error),
      SEIMON_TEST(a_connection_has_one_login_and_answers_only_its_own_prompt),
      SEIMON_TEST(a_version_that_we_do_not_have_is_refused_by_every_hook),
      SEIMON_TEST(an_ordinary_user_asks_about_nobody_else),
      SEIMON_TEST(each_way_that_a_step_ends_answers_only_what_is_recorded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

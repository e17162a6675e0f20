// SPDX-License-Identifier: Apache-2.0
// Calls of io.seimon.Admin on a connection, with a store in memory: what is refused before a verb runs, and what a
// failed commit answers.
#include "daemon/admin/admin.h"

#include <nlohmann/json.hpp>

#include "tests/support/fake_service.h"
#include "tests/support/test.h"

using namespace seimon::tests;
using namespace seimon::daemon;
using nlohmann::json;

namespace {

struct Fixture {
  explicit Fixture(uid_t uid = 0) : connection(uid), admin(calls, connection) {}

  // The reply of a call that is understood.
  json call(const std::string& method, const json& parameters) {
    check(admin.call("io.seimon.Admin." + method, parameters.dump()), "the call is understood");
    service.run_until_reply(connection);
    return json::parse(connection.take());
  }

  FakeService service;
  int reloads = 0;
  AdminCalls calls{.service = service.service, .reload = [this] { return ++reloads, std::string(); }};
  FakeConnection connection;
  Admin admin;
};

std::string error_of(const json& reply) {
  const std::string error = reply.value("error", "");
  return error.substr(error.rfind('.') + 1);
}

void an_unknown_method_or_parameter_is_not_understood() {
  Fixture fixture;
  check(!fixture.admin.call("io.seimon.Admin.Nothing", "{}"));
  check(!fixture.admin.call("io.seimon.Other.List", "{\"user\":\"root\"}"));
  check(!fixture.admin.call("io.seimon.Admin.List", "{\"user\":\"root\",\"other\":1}"));
  check(!fixture.admin.call("io.seimon.Admin.List", "{\"user\":[\"root\"]}"), "nothing nested");
  check(!fixture.admin.call("io.seimon.Admin.List", "not JSON"));
  check(fixture.connection.replies.empty());
}

void a_missing_or_impossible_name_is_a_clear_error() {
  Fixture fixture;
  for (const json& parameters : {json::object(), json{{"user", "-x"}}, json{{"user", 7}}})
    check_equal(error_of(fixture.call("List", parameters)), std::string("InvalidParameter"));
}

void root_lists_and_an_ordinary_user_lists_nobody_else() {
  Fixture root;
  const json reply = root.call("List", {{"user", "root"}});
  check(reply.contains("parameters") && !reply.contains("error"), reply.dump());
  Fixture other(65534);
  check_equal(error_of(other.call("List", {{"user", "root"}})), std::string("NotPermitted"));
  check(other.connection.was_negative, "it is delayed");
}

void only_root_reloads() {
  Fixture root;
  check(!root.call("Reload", json::object()).contains("error"));
  check_equal(root.reloads, 1);
  Fixture other(65534);
  check_equal(error_of(other.call("Reload", json::object())), std::string("NotPermitted"));
  check_equal(other.reloads, 0);
}

void a_change_whose_commit_fails_is_not_acknowledged() {
  Fixture fixture;
  fixture.service.store.disk_is_full = true;
  const json reply = fixture.call("Suspend", {{"user", "root"}, {"suspended", true}});
  check_equal(error_of(reply), std::string("StoreUnavailable"));
}

void a_reply_that_finds_its_connection_closed_goes_nowhere() {
  FakeService service;
  AdminCalls calls{.service = service.service, .reload = [] { return std::string(); }};
  FakeConnection connection(0);
  {
    Admin admin(calls, connection);
    check(admin.call("io.seimon.Admin.Status", "{}"));
  }
  service.run();
  service.run();
  check(connection.replies.empty());
}

void what_people_do_for_themselves_is_known_by_name() {
  check(Admin::is_for_oneself("io.seimon.Admin.List") && !Admin::is_for_oneself("io.seimon.Admin.Suspend") &&
        !Admin::is_for_oneself("io.seimon.Admin.Nothing"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(an_unknown_method_or_parameter_is_not_understood),
      SEIMON_TEST(a_missing_or_impossible_name_is_a_clear_error),
      SEIMON_TEST(root_lists_and_an_ordinary_user_lists_nobody_else),
      SEIMON_TEST(only_root_reloads),
      SEIMON_TEST(a_change_whose_commit_fails_is_not_acknowledged),
      SEIMON_TEST(a_reply_that_finds_its_connection_closed_goes_nowhere),
      SEIMON_TEST(what_people_do_for_themselves_is_known_by_name),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

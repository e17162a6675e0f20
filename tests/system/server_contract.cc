// SPDX-License-Identifier: Apache-2.0
// The contract of a store, and many at once, against a real server: tests/system/postgresql.sh starts one.
// usage: server_contract CONNECTION GUARD-FILE
#include <atomic>
#include <thread>

#include "core/login/conversation.h"
#include "store/postgres/driver.h"
#include "tests/support/opened_store.h"
#include "tests/support/store_contract.h"

using namespace seimon::tests;

namespace {

const char* connection = "";
const char* guard = "";
seimon::store::PostgresShared shared;

struct OnServer {
  OnServer()
      : wrapping(key_of(7)), driver(seimon::store::seimon_postgres_driver(options())), store(*driver, wrapping) {}
  static seimon::store::PostgresOptions options() {
    seimon::store::PostgresOptions options;
    options.connection = connection;
    options.deadline = std::chrono::seconds(10);
    options.guard_file = guard;
    options.shared = &shared;
    return options;
  }
  seimon::store::Seal wrapping;
  std::unique_ptr<seimon::store::Driver> driver;
  SqlStore store;
};

template <class Work>
void at_once(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      OnServer host;
      work(host.store);
    });
  for (std::thread& thread : threads) thread.join();
}

void the_server_keeps_the_contract() {
  OnServer host;
  contract(host.store, false);
  in_transaction(host.store, [&] {
    check(!host.store.account(name("bob")).methods.empty() && !host.store.has_changes(), "who reads changes nothing");
    return 0;
  });
}

// Eight hosts, fifty steps: each step is won once, by whose commit returned.
void a_step_is_spent_once_by_whoever_is_first() {
  MethodId id{};
  {
    OnServer host;
    id = in_transaction(host.store, [&] { return host.store.add_method(name("racer"), 1, method_of("app")); });
  }
  std::array<std::atomic<int>, 50> won{};
  at_once([&](SqlStore& store) {
    for (int step = 0; step < 50; ++step) {
      try {
        const Spend spend =
            in_transaction(store, [&] { return store.spend(name("racer"), id, Step{200 + step}, {}, kNow); });
        if (spend == Spend::kWon) ++won.at(static_cast<std::size_t>(step));
      } catch (const std::exception&) {
        // Unknown: nobody is admitted on it.
      }
    }
  });
  int steps = 0;
  for (const auto& count : won) {
    check(count <= 1, "nobody else");
    steps += count;
  }
  // Each host goes upwards: the newest step of all is always won by somebody.
  check(won.at(49) == 1 && steps >= 1);
}

void no_failure_is_lost_when_many_come_at_once() {
  at_once([&](SqlStore& store) {
    for (int i = 0; i < 25; ++i)
      in_transaction(store, [&] { return store.add_failure("198.51.100.7", kHour, kNow), 0; });
  });
  OnServer host;
  const auto count = in_transaction(host.store, [&] { return host.store.failures_from("198.51.100.7").count; });
  check_equal(count, 200);
}

void no_charge_is_lost_when_many_come_at_once() {
  at_once([&](SqlStore& store) {
    for (int i = 0; i < 5; ++i)
      in_transaction(store, [&] {
        const Account account = store.account(name("guessed"));
        const auto known = account.failure_records.find(CounterScope::kTrusted);
        const FailureRecord before = known == account.failure_records.end() ? FailureRecord() : known->second;
        store.record_failures(name("guessed"), CounterScope::kTrusted,
                              charged(before, {"203.0.113.5", true, 20}, Cost{1}, kNow));
        return 0;
      });
  });
  OnServer host;
  const Account account = in_transaction(host.store, [&] { return host.store.account(name("guessed")); });
  check_equal(account.failure_records.at(CounterScope::kTrusted).charges.size(), 40U);
}

// A login asks on one host, its owner approves on another, and the same conversation comes back on eight at once.
void an_approval_lets_in_once() {
  Facts facts{name("approver")};
  facts.exists = facts.trusted = true;
  facts.service = "sshd";
  facts.groups.emplace();
  Manner manner;
  manner.host = "login1";
  manner.approve.page = "https://gate.example.org/ok";
  Policy policy;
  policy.fallback.action = Action::kRequire;
  const Moment now{kNow, kNow};
  Conversation asking("c1", facts, manner);
  MethodId phone{};
  {
    OnServer host;
    Method method = method_of("phone");
    method.kind = Kind::kApprove;
    method.last_step = Step{0};
    method.otp.period = seconds(0);
    phone = in_transaction(host.store, [&] { return host.store.add_method(name("approver"), 1, method); });
    in_transaction(host.store, [&] {
      (void)asking.begin(policy, {host.store, host.store}, now);
      return asking.withhold(Withheld::kEmpty, {host.store, host.store}, now).negative;
    });
  }
  {
    OnServer gate;
    in_transaction(gate.store, [&] {
      Profile profile = gate.store.account(name("approver")).profile;
      check(profile.approvals.request && profile.approvals.request->state == RequestState::kWaiting);
      profile.approvals.request->state = RequestState::kApproved;
      profile.approvals.request->method = phone;
      gate.store.write_profile(name("approver"), profile);
      return 0;
    });
  }
  std::atomic<int> let_in{0};
  at_once([&](SqlStore& store) {
    try {
      Conversation copy = asking;
      const Verdict verdict = in_transaction(store, [&] {
        const Outcome outcome = copy.withhold(Withheld::kEmpty, {store, store}, now);
        const auto* conclusion = std::get_if<Conclusion>(&outcome.reply);
        return conclusion == nullptr ? Verdict::kDeny : conclusion->verdict;
      });
      if (verdict == Verdict::kAllow) ++let_in;
    } catch (const std::exception&) {
      // Unknown: nobody is admitted on it.
    }
  });
  check_equal(let_in.load(), 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  connection = argv[1];
  guard = argv[2];
  const CMUnitTest tests[] = {
      SEIMON_TEST(the_server_keeps_the_contract),
      SEIMON_TEST(a_step_is_spent_once_by_whoever_is_first),
      SEIMON_TEST(no_failure_is_lost_when_many_come_at_once),
      SEIMON_TEST(no_charge_is_lost_when_many_come_at_once),
      SEIMON_TEST(an_approval_lets_in_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

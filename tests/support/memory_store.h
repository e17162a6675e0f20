// SPDX-License-Identifier: Apache-2.0
// The slow, obvious twin of the store: everything in one map, a savepoint is a copy of it. Held to the same contract
// (tests/unit/store_test.cc).
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "core/event.h"
#include "core/store.h"

namespace seimon::tests {

class MemoryStore : public core::Store, public core::Sources, public core::AuditSink, public core::Transaction {
 public:
  core::Account account(const core::UserName& user) override {
    fail_if_away();
    return copy(now_.users[user]);
  }

  core::Spend spend(const core::UserName& user, core::MethodId id, core::Step step, const core::Drift& drift,
                    core::Instant now) override {
    fail_if_away();
    for (core::Method& method : now_.users[user].methods) {
      if (method.id != id) continue;
      if (method.mark >= step) return core::Spend::kAlready;
      method.pair_mark = std::max(method.pair_mark, method.mark);
      method.mark = step;
      method.drift = drift;
      method.last_used = now;
      return core::Spend::kWon;
    }
    return core::Spend::kUnknown;
  }

  core::Spend spend_pair(const core::UserName& user, core::MethodId id, core::Step step, const core::Drift& drift,
                         core::Instant now) override {
    fail_if_away();
    for (core::Method& method : now_.users[user].methods) {
      if (method.id != id) continue;
      if (method.pair_mark >= step) return core::Spend::kAlready;
      method.pair_mark = step;
      method.mark = std::max(method.mark, step);
      method.drift = drift;
      method.last_used = now;
      return core::Spend::kWon;
    }
    return core::Spend::kUnknown;
  }

  void record_standing(const core::UserName& user, core::Claimant claimant, const core::Standing& standing) override {
    fail_if_away();
    now_.users[user].standings[claimant] = standing;
  }

  core::UserName shadow_of(const core::UserName& user) override {
    return core::UserName::shadow(static_cast<unsigned>(std::hash<std::string>()(user.text()) % 4096));
  }

  core::FailureWindow failures_from(const std::string& source) override {
    fail_if_away();
    const auto known = now_.sources.find(source);
    return known == now_.sources.end() ? core::FailureWindow() : known->second;
  }

  void record_failures_from(const std::string& source, const core::FailureWindow& failures) override {
    fail_if_away();
    now_.sources[source] = failures;
  }

  core::MethodId add_method(const core::UserName& user, std::int64_t uid, const core::Method& method) override {
    fail_if_away();
    core::Account& account = now_.users[user];
    core::Method added = copy(method);
    added.id = core::MethodId{++now_.last_id};
    account.uid = uid;
    account.enrolled_before = true;
    account.methods.push_back(std::move(added));
    return core::MethodId{now_.last_id};
  }

  bool remove_method(const core::UserName& user, core::MethodId id) override {
    fail_if_away();
    return std::erase_if(now_.users[user].methods, [&](const core::Method& method) { return method.id == id; }) == 1;
  }

  void set_suspended(const core::UserName& user, bool suspended) override {
    fail_if_away();
    now_.users[user].suspended = suspended;
  }

  void append(const core::Event& event) override {
    fail_if_away();
    now_.events.push_back(event);
  }

  std::vector<core::Event> events(const core::EventQuery& query) override {
    std::vector<core::Event> found;
    for (const core::Event& event : now_.events)
      if (query.user.empty() || event.user == query.user) found.push_back(event);
    if (found.size() > static_cast<std::size_t>(query.limit)) found.erase(found.begin(), found.end() - query.limit);
    return found;
  }

  void forget_before(core::Instant events, core::Instant sources) override {
    std::erase_if(now_.events, [&](const core::Event& event) { return event.at < events; });
    std::erase_if(now_.sources, [&](const auto& row) { return row.second.opened < sources; });
  }

  void begin() override { before_ = copy(now_); }
  void commit() override { before_ = copy(now_); }
  void roll_back() noexcept override { now_ = copy(before_); }
  void savepoint() override { saved_ = copy(now_); }
  void release() override {}
  void roll_back_to_savepoint() override { now_ = copy(saved_); }

  void set_away(bool away) { away_ = away; }

 private:
  struct World {
    std::map<core::UserName, core::Account> users;
    std::vector<core::Event> events;
    std::map<std::string, core::FailureWindow> sources;
    std::int64_t last_id = 0;
  };

  static core::Method copy(const core::Method& method) {
    core::Method result;
    result.id = method.id;
    result.kind = method.kind;
    result.label = method.label;
    result.otp = method.otp;
    result.key = core::Secret(method.key.reveal());
    result.mark = method.mark;
    result.pair_mark = method.pair_mark;
    result.floor = method.floor;
    result.drift = method.drift;
    result.registered = method.registered;
    result.last_used = method.last_used;
    return result;
  }

  static core::Account copy(const core::Account& account) {
    core::Account result;
    result.enrolled_before = account.enrolled_before;
    result.suspended = account.suspended;
    result.uid = account.uid;
    for (const core::Method& method : account.methods) result.methods.push_back(copy(method));
    result.standings = account.standings;
    return result;
  }

  static World copy(const World& world) {
    World result;
    for (const auto& [user, account] : world.users) result.users.emplace(user, copy(account));
    result.events = world.events;
    result.sources = world.sources;
    result.last_id = world.last_id;
    return result;
  }

  void fail_if_away() const {
    if (away_) throw core::StoreUnavailable("the store is away");
  }

  World now_;
  World before_;
  World saved_;
  bool away_ = false;
};

}  // namespace seimon::tests

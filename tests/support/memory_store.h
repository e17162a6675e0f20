// SPDX-License-Identifier: Apache-2.0
// The slow, obvious twin of the store: everything in one map, a savepoint is a copy of it. Held to the same contract
// (tests/unit/store_test.cc).
#pragma once

#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include "core/login/event.h"
#include "core/ports/store.h"

namespace seimon::tests {

// A host whose clock was never set.
inline core::Moment even(core::Instant now) { return {now, now}; }

class MemoryStore : public core::Store, public core::Sources, public core::AuditSink, public core::Transaction {
 public:
  core::Account account(const core::UserName& user) override {
    fail_if_away();
    return copy(now_.users[user]);
  }

  core::Spend spend(const core::UserName& user, core::MethodId id, core::Used used, const core::Drift& drift,
                    core::Instant now) override {
    fail_if_away();
    core::Method* method = find(user, id);
    if (method == nullptr) return core::Spend::kUnknown;
    if ((used.pair ? method->last_pair_step : method->last_step) >= used.step) return core::Spend::kAlready;
    method->last_pair_step = used.pair ? used.step : std::max(method->last_pair_step, method->last_step);
    method->last_step = std::max(method->last_step, used.step);
    method->drift = drift;
    method->last_used = now;
    return core::Spend::kWon;
  }

  void record_failures(const core::UserName& user, core::CounterScope scope,
                       const core::FailureRecord& failures) override {
    fail_if_away();
    now_.users[user].failure_records[scope] = failures;
  }

  std::string digest(std::string_view text) override {
    char hex[33] = {};
    const std::hash<std::string> hash;
    std::snprintf(hex, sizeof hex, "%016zx%016zx", hash(std::string(text)), hash("more " + std::string(text)));
    return hex;
  }

  core::FailureWindow failures_from(const std::string& source) override {
    fail_if_away();
    const auto known = now_.sources.find(source);
    return known == now_.sources.end() ? core::FailureWindow() : known->second;
  }

  core::FailureWindow add_failure(const std::string& source, core::seconds length, core::Instant now) override {
    fail_if_away();
    return now_.sources[source] = core::counted(now_.sources[source], length, now);
  }

  core::MethodId add_method(const core::UserName& user, std::int64_t uid, const core::Method& method) override {
    fail_if_away();
    core::Account& account = now_.users[user];
    core::Method added = copy(method);
    added.id = core::MethodId{++now_.last_id};
    if (added.state == core::State::kPending) {
      account.pending = std::move(added);
    } else {
      enrol(account, uid, added);
      account.methods.push_back(std::move(added));
    }
    return core::MethodId{now_.last_id};
  }

  void change_method(const core::UserName& user, std::int64_t uid, const core::Method& method) override {
    fail_if_away();
    core::Account& account = now_.users[user];
    core::Method changed = copy(*find(user, method.id));
    changed.state = method.state;
    changed.label = method.label;
    changed.registered = method.registered;
    changed.last_step = std::max(changed.last_step, method.last_step);
    const core::Profile profile = account.profile;
    (void)remove_method(user, method.id);
    account.profile = profile;
    if (changed.state != core::State::kPending) enrol(account, uid, changed);
    if (changed.state == core::State::kPending) account.pending = std::move(changed);
    else account.methods.push_back(std::move(changed));
    std::sort(account.methods.begin(), account.methods.end(), [](const auto& x, const auto& y) { return x.id < y.id; });
  }

  bool remove_method(const core::UserName& user, core::MethodId id) override {
    fail_if_away();
    core::Account& account = now_.users[user];
    account.profile.forget(id);
    if (account.pending && account.pending->id == id) {
      account.pending.reset();
      return true;
    }
    return std::erase_if(account.methods, [&](const core::Method& method) { return method.id == id; }) == 1;
  }

  void write_profile(const core::UserName& user, const core::Profile& profile) override {
    fail_if_away();
    now_.users[user].profile = profile;
  }

  void append(const core::Event& event) override {
    fail_if_away();
    now_.events.push_back(event);
    now_.events.back().id = ++now_.last_event;
  }

  core::EventPage page(const core::EventQuery& query) override {
    const auto is_wanted = [](const std::string& wanted, const std::string& value) {
      return wanted.empty() || wanted == value;
    };
    core::EventPage page;
    for (const core::Event& event : now_.events) {
      const bool in_time = event.at >= query.since && (query.until == core::Instant() || event.at < query.until);
      const bool in_page = query.before == 0 || event.id < query.before;
      if (in_time && in_page && is_wanted(query.user, event.user) && is_wanted(query.event, event.event) &&
          is_wanted(query.outcome, event.outcome) && is_wanted(query.service, event.service) &&
          (is_wanted(query.from, event.from) || event.from == "::ffff:" + query.from) &&
          is_wanted(query.reason, event.reason) && is_wanted(query.host, event.host))
        page.events.push_back(event);
    }
    const auto limit = static_cast<std::size_t>(query.limit);
    if (page.events.size() > limit) page.events.erase(page.events.begin(), page.events.end() - query.limit);
    if (page.events.size() == limit) page.next = page.events.front().id;
    return page;
  }

  void forget_before(core::Instant events, core::Instant sources) override {
    std::erase_if(now_.events, [&](const core::Event& event) { return event.at < events; });
    std::erase_if(now_.sources, [&](const auto& row) { return row.second.opened < sources; });
  }

  void begin() override { before_ = copy(now_); }
  void commit() override { before_ = copy(now_); }
  [[nodiscard]] bool has_changes() const override { return true; }
  void roll_back() noexcept override { now_ = copy(before_); }
  void savepoint() override { saved_ = copy(now_); }
  void release() override {}
  void roll_back_to_savepoint() override { now_ = copy(saved_); }

  void set_away(bool away) { away_ = away; }

 private:
  struct World {
    std::map<core::UserName, core::Account> users;
    std::vector<core::Event> events;
    std::int64_t last_event = 0;
    std::map<std::string, core::FailureWindow> sources;
    std::int64_t last_id = 0;
  };

  static void enrol(core::Account& account, std::int64_t uid, const core::Method& method) {
    if (method.counts_from == core::Instant() || method.last_used) account.profile.enrolled_before = true;
    account.profile.uid = uid;
  }

  core::Method* find(const core::UserName& user, core::MethodId id) {
    core::Account& account = now_.users[user];
    for (core::Method& method : account.methods)
      if (method.id == id) return &method;
    return account.pending && account.pending->id == id ? &*account.pending : nullptr;
  }

  static core::Method copy(const core::Method& method) {
    core::Method result;
    result.id = method.id;
    result.kind = method.kind;
    result.state = method.state;
    result.label = method.label;
    result.otp = method.otp;
    result.key = core::Secret(method.key.reveal());
    result.last_step = method.last_step;
    result.last_pair_step = method.last_pair_step;
    result.floor = method.floor;
    result.drift = method.drift;
    result.registered = method.registered;
    result.counts_from = method.counts_from;
    result.last_used = method.last_used;
    return result;
  }

  static core::Account copy(const core::Account& account) {
    core::Account result;
    result.profile = account.profile;
    if (account.pending) result.pending = copy(*account.pending);
    for (const core::Method& method : account.methods) result.methods.push_back(copy(method));
    result.failure_records = account.failure_records;
    return result;
  }

  static World copy(const World& world) {
    World result;
    for (const auto& [user, account] : world.users) result.users.emplace(user, copy(account));
    result.events = world.events;
    result.last_event = world.last_event;
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

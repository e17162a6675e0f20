// SPDX-License-Identifier: Apache-2.0
// The store's own life: epochs and generations, the clock it has seen, damage and its repair.
#include <algorithm>

#include "store/sql_store.h"
#include "store/statements.h"

namespace seimon::store {

using core::Instant;
using core::StoreDamaged;
using core::StoreState;
using core::StoreUnavailable;
using core::UserName;

namespace {

constexpr std::int64_t kDataKey = 1;
constexpr const char* kDataKeyPlace = "seimon data key 1";

Row era_row(const StoreState& state, const Condition& condition) {
  return {state.epoch,          state.generation,   number(state.floor),
          number(state.latest), condition.timeline, std::int64_t{condition.synchronous ? 1 : 0}};
}

}  // namespace

void SqlStore::load_data_key() {
  std::vector<Row> rows = run(kReadDataKeys);
  // The first of all: nobody else makes one meanwhile.
  if (rows.empty()) lock("data key");
  if (rows.empty() && driver_.condition().shared) rows = run(kReadDataKeys);
  if (rows.empty()) {
    core::Secret key = core::Secret::random(kKeyBytes);
    write(kAddDataKey, {kDataKey, wrapping_.close(key, kDataKeyPlace)});
    seal_.emplace(std::move(key));
    return;
  }
  seal_.emplace(unwrapped(rows.front()));
}

// By either key: whichever host of several wraps it with the next one, those that have read both go on.
core::Secret SqlStore::unwrapped(const Row& row) const {
  Columns columns(row, kDataKeyPlace);
  columns.number();
  const Blob wrapped = columns.blob();
  for (const Seal* key : {&wrapping_, next_}) {
    try {
      if (key != nullptr) return key->open(wrapped, kDataKeyPlace);
    } catch (const StoreDamaged&) {
      continue;
    }
  }
  throw StoreUnavailable("the sealing key does not fit this store: put back the seal.key that belongs to it");
}

void SqlStore::rewrap() {
  if (next_ == nullptr) throw StoreUnavailable("there was no next sealing key when the service started");
  lock("data key");
  const std::vector<Row> rows = run(kReadDataKeys);
  write(kRewrapDataKey, {kDataKey, next_->close(unwrapped(rows.at(0)), kDataKeyPlace)});
}

core::StoreState SqlStore::state() {
  const Condition condition = driver_.condition();
  state_.synchronous = condition.synchronous;
  state_.server_clock.reset();
  if (condition.clock) state_.server_clock = instant(*condition.clock);
  return state_;
}

void SqlStore::take_state(const std::vector<Row>& rows) {
  const Condition condition = driver_.condition();
  guard_ = driver_.rollback_guard();
  state_ = StoreState();
  state_.shared = condition.shared;
  if (rows.empty()) {
    // A store that was made just now; its rollback guard may be older (a folder used before).
    state_.generation = guard_.value_or(RollbackGuard()).generation + 1;
    write_era(state_);
    return;
  }
  std::int64_t timeline = 0;
  bool synchronous = false;
  try {
    check_mac("state", rows.front(), "the store's state");
    Columns columns(rows.front(), "the store's state");
    state_.epoch = columns.number();
    state_.generation = columns.number();
    state_.floor = instant(columns.number());
    state_.latest = instant(columns.number());
    timeline = columns.number();
    synchronous = columns.number() == 1;
  } catch (const StoreDamaged& damage) {
    throw StoreUnavailable(std::string(damage.what()) + "; restore a backup: seimon restore FILE");
  }
  recorded_ = timeline == condition.timeline && synchronous == condition.synchronous;
  const bool older = guard_ && guard_->generation > state_.generation;
  // Another server has taken over, and may not have had the last of it: the store says so, or we have seen it when the
  // store could not tell any more. A host that is new here has seen nothing.
  const bool doubtful = timeline != condition.timeline && !synchronous;
  const bool seen =
      guard_ && !guard_->synchronous && guard_->timeline != condition.timeline && guard_->epoch == state_.epoch;
  state_.came_back = older || (condition.shared ? doubtful || seen : !guard_);
}

void SqlStore::write_era(StoreState state) {
  write(kWriteState, with_mac("state", era_row(state, driver_.condition())));
  state_ = state;
  recorded_ = true;
}

// On a shared store others may have written it since.
void SqlStore::renew_era() {
  if (!state_.shared) return;
  lock("state");
  take_state(run(kReadState));
}

void SqlStore::record_condition() {
  if (recorded_ || state_.came_back) return;
  renew_era();
  if (recorded_ || state_.came_back) return;
  // A generation on: a server without it is older.
  StoreState state = state_;
  ++state.generation;
  write_era(state);
}

void SqlStore::live_on(Instant latest) {
  renew_era();
  if (state_.came_back) return;  // and an epoch is due first
  StoreState state = state_;
  ++state.generation;
  state.latest = std::max(state.latest, latest);
  write_era(state);
}

void SqlStore::begin_epoch(Instant floor) {
  const bool was_due = state_.came_back;
  renew_era();
  put_away();
  if (was_due && !state_.came_back) return;  // another host has begun it
  const RollbackGuard seen = guard_.value_or(RollbackGuard());
  StoreState state = state_;
  // Above what this host has seen of the state that is gone, else its rollback guard would stay that one's.
  state.epoch = std::max(state.epoch, seen.epoch) + 1;
  state.generation = std::max(state.generation, seen.generation) + 1;
  state.floor = state.shared ? floor + core::kMostApart : floor;
  state.latest = std::max(state.latest, floor);
  state.came_back = false;
  write_era(state);
}

void SqlStore::sign_in(const std::string& host, const std::string& version, Instant now) {
  const std::int64_t clock = driver_.condition().clock.value_or(number(now));
  write(kWriteHost, {host, version, clock, number(now) - clock});
}

std::vector<core::Host> SqlStore::hosts() {
  std::vector<core::Host> hosts;
  for (const Row& row : run(kReadHosts)) {
    Columns columns(row, "a host");
    core::Host host;
    host.name = columns.text();
    host.version = columns.text();
    host.seen = instant(columns.number());
    host.clock_offset = columns.number();
    hosts.push_back(std::move(host));
  }
  return hosts;
}

core::LoginHost SqlStore::guest_in(const Row& row) const {
  Columns columns(row, "a login host");
  core::LoginHost host;
  host.name = columns.text();
  check_mac("login_host", row, "login host " + host.name);
  host.serial = columns.text();
  host.enrolled = instant(columns.number());
  host.until = instant(columns.number());
  host.revoked = columns.number() != 0;
  return host;
}

std::optional<core::LoginHost> SqlStore::login_host(const std::string& name) {
  const std::vector<Row> rows = run(kReadLoginHost, {name});
  return rows.empty() ? std::nullopt : std::optional(guest_in(rows.front()));
}

std::vector<core::LoginHost> SqlStore::login_hosts() {
  std::vector<core::LoginHost> hosts;
  for (const Row& row : run(kReadLoginHosts)) hosts.push_back(guest_in(row));
  return hosts;
}

void SqlStore::write_login_host(const core::LoginHost& host) {
  write(kWriteLoginHost, with_mac("login_host", {host.name, host.serial, number(host.enrolled), number(host.until),
                                                 std::int64_t{host.revoked ? 1 : 0}}));
}

std::int64_t SqlStore::standbys() {
  const std::vector<Row> rows = run(kCountStandbys);
  return Columns(rows.at(0), "standbys").number();
}

std::int64_t SqlStore::accept_clock(Instant now, int window) {
  renew_era();
  if (state_.came_back) throw StoreUnavailable("an older state of the store came back just now; try again");
  StoreState state = state_;
  ++state.generation;
  state.latest = now;
  state.floor = std::min(state.floor, now);
  write_era(state);
  std::int64_t lowered = 0;
  write(kForgetSourcesAhead, {number(now)});
  for (const Row& found : run(kReadMethodsAhead, {number(now)})) {
    const UserName user = UserName::of_record(std::get<std::string>(found.front()));
    core::Account account;
    try {
      account = load(user);
    } catch (const StoreDamaged&) {
      continue;  // refused anyway, until it is repaired
    }
    for (const core::Method& method : account.methods) {
      const std::int64_t most = number_of(core::window_of(method, now, window).last);
      if (method.otp.by_counter() || (number_of(method.last_step) <= most && number_of(method.last_pair_step) <= most))
        continue;
      Row row = record_->methods.at(number_of(method.id));
      at(row, MethodColumn::kLastStep) = std::min(number_of(method.last_step), most);
      at(row, MethodColumn::kLastPairStep) = std::min(number_of(method.last_pair_step), most);
      write_method(*record_, std::move(row));
      ++lowered;
    }
  }
  return lowered;
}

void SqlStore::write_method(Record& record, Row row) {
  const std::int64_t id = number_at(row, MethodColumn::kId);
  at(row, MethodColumn::kVersion) = next_version(record, method_key(id));
  write(kRemoveMethod, {record.user.text(), id});
  write(kAddMethod, with_mac("method", row));
  record.methods[id] = std::move(row);
  record.head_changed = true;
}

core::Inspection SqlStore::inspect(const std::string& after, int count) {
  core::Inspection inspection;
  const std::vector<Row> names = run(kNamesAfter, {after, std::int64_t{count}});
  for (const Row& row : names) {
    Columns columns(row, "a name");
    const std::string& name = columns.text();
    try {
      (void)load(UserName::of_record(name));
    } catch (const StoreDamaged& damage) {
      inspection.damages.push_back({name, damage.what()});
    }
  }
  record_.reset();
  if (names.size() == static_cast<std::size_t>(count)) inspection.last = std::get<std::string>(names.back().front());
  return inspection;
}

std::vector<std::string> SqlStore::repair(const UserName& user) {
  knows_suspended_ = false;
  lock("user " + user.text());
  std::vector<std::string> dropped;
  Record record(user);
  bool whole = false;
  try {
    const auto head = read_head(user);
    whole = head.has_value();
    if (whole) record.head = *head;
  } catch (const StoreDamaged& damage) {
    dropped.emplace_back(damage.what());
  }
  if (whole) {
    dropped = drop_bad_rows(user, record.head);
  } else {
    // Nothing vouches for the rows. What the damaged head says is taken where it closes the account.
    for (const Row& row : run(kReadHead, {user.text()})) {
      if (const auto* flag = std::get_if<std::int64_t>(&row.at(3))) record.head.profile.suspended = *flag != 0;
      if (const auto* version = std::get_if<std::int64_t>(&row.at(7)))
        record.head.version = std::max<std::int64_t>(0, *version);
    }
    for (const std::string_view sql : {kDropHead, kDropMethods}) write(sql, {user.text()});
    record.head.profile.enrolled_before = true;  // reset
    dropped.push_back("user " + user.text() + ": every method and the record of failures");
    ++record.head.version;
    hit(kAddHead, with_mac("head", record.head.row(user, state_.epoch)));
    return dropped;
  }
  if (!dropped.empty()) write_head(record);
  return dropped;
}

std::vector<std::string> SqlStore::drop_bad_rows(const UserName& user, Head& head) {
  std::vector<std::string> dropped;
  std::map<std::string, std::int64_t> good;
  for (const Row& row : run(kReadMethods, {user.text()})) {
    const std::int64_t id = number_at(row, MethodColumn::kId);
    const std::string place = place_of_method(user, id);
    const auto* version = std::get_if<std::int64_t>(&row.at(row.size() - 2));
    const auto listed = head.row_versions.find(method_key(id));
    const bool ours = version != nullptr && listed != head.row_versions.end() && listed->second == *version &&
                      seal().has_mac("method", covered(row), mac_of(row, place));
    if (ours) {
      good[method_key(id)] = *version;
      continue;
    }
    write(kRemoveMethod, {user.text(), id});
    dropped.push_back(place);
  }
  for (const auto& [key, version] : head.row_versions)
    if (!good.contains(key) && dropped.empty()) dropped.push_back("user " + user.text() + ": a row that is missing");
  head.row_versions = good;
  return dropped;
}

}  // namespace seimon::store

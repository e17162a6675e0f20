// SPDX-License-Identifier: Apache-2.0
#include "store/sql_store.h"

#include <algorithm>

#include "base/text.h"
#include "store/statements.h"

namespace seimon::store {

using core::Account;
using core::CounterScope;
using core::Drift;
using core::FailureRecord;
using core::Instant;
using core::Method;
using core::MethodId;
using core::Spend;
using core::StoreDamaged;
using core::StoreUnavailable;
using core::UserName;

namespace {

bool is(const Statement& statement, std::string_view sql) { return statement.sql.data() == sql.data(); }

// The place that a key is bound to. Its row's version is covered by the row's mac, so that spending need not seal
// again.
std::string place_of_key(const UserName& user, std::int64_t id) {
  return "seimon key v1\n" + place_of_method(user, id);
}

}  // namespace

void SqlStore::begin() {
  driver_.open();
  pending_.clear();
  failure_.clear();
  sent_ = false;
  has_changes_ = false;
  in_transaction_ = true;
  record_.reset();
  try {
    say(kBegin);
    if (seal_) return;
    load_data_key();
    take_state(run(kReadState));
  } catch (const std::exception&) {
    in_transaction_ = false;  // nothing is done in one that did not begin whole
    throw;
  }
}

void SqlStore::commit() {
  if (!driver_.is_broken()) settle();
  in_transaction_ = false;
  record_.reset();
  // The engine may have rolled the batch back by itself; what came after that belongs to nothing.
  if (driver_.is_broken()) throw StoreUnavailable(failure_);
  // A transaction of nothing but its BEGIN is not sent to the server.
  const bool is_empty = !sent_ && pending_.size() == 1;
  pending_.push_back({kCommit, {}});
  if (!is_empty) (void)send();
  const Condition condition = driver_.condition();
  const RollbackGuard now{state_.generation, state_.epoch, condition.timeline, condition.synchronous};
  if (guard_ == now || state_.came_back) return;
  guard_ = now;
  driver_.keep_rollback_guard(now);
}

void SqlStore::roll_back() noexcept {
  in_transaction_ = false;
  record_.reset();
  knows_suspended_ = false;
  try {
    pending_.assign(1, {kRollBack, {}});
    if (!driver_.is_broken() && sent_) (void)send();
  } catch (const std::exception&) {
    driver_.close();
  }
  if (driver_.is_broken()) driver_.close();
  // The state that was read may be part of what was rolled back.
  seal_.reset();
}

void SqlStore::close() noexcept {
  record_.reset();
  knows_suspended_ = false;
  seal_.reset();
  driver_.close();
}

std::vector<std::vector<Row>> SqlStore::send() {
  const std::vector<Statement> statements = std::move(pending_);
  pending_.clear();
  sent_ = true;
  try {
    return driver_.run(statements);
  } catch (const StoreUnavailable& failure) {
    if (failure_.empty()) failure_ = failure.what();
    throw;
  }
}

const Seal& SqlStore::seal() const {
  if (!seal_) throw StoreUnavailable("the store is not open");
  return *seal_;
}

void SqlStore::demand_transaction() const {
  if (!in_transaction_ || driver_.is_broken()) throw StoreUnavailable("the store is not in a transaction");
}

std::vector<Row> SqlStore::run(std::string_view sql, Row parameters) {
  settle();
  demand_transaction();
  pending_.push_back({sql, std::move(parameters)});
  return std::move(send().back());
}

void SqlStore::write(std::string_view sql, Row parameters, bool hits) {
  has_changes_ = true;
  say(sql, std::move(parameters), hits);
}

void SqlStore::say(std::string_view sql, Row parameters, bool hits) {
  demand_transaction();
  pending_.push_back({sql, std::move(parameters), hits});
  // BEGIN and SAVEPOINT are sent with the first statement behind them.
  const bool waits = driver_.condition().shared || sql.data() == kBegin.data() || sql.data() == kSavepoint.data();
  if (!waits) (void)send();
}

void SqlStore::hit(std::string_view sql, Row parameters) { write(sql, std::move(parameters), true); }

// FNV-1a: two names with one number only wait for each other.
void SqlStore::lock(std::string_view what) {
  if (!driver_.condition().shared) return;
  std::uint64_t number = 0xCBF29CE484222325U;
  for (const char byte : what) number = (number ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
  say(kLock, {static_cast<std::int64_t>(number)});
}

void SqlStore::savepoint() {
  put_away();
  say(kSavepoint);
}

void SqlStore::release() {
  settle();
  // Nothing was done in it, and nothing of it was sent to the server.
  if (!pending_.empty() && is(pending_.back(), kSavepoint)) return pending_.pop_back();
  say(kRelease);
}

void SqlStore::roll_back_to_savepoint() {
  record_.reset();
  knows_suspended_ = false;
  // Statements behind the savepoint are dropped unsent.
  while (!pending_.empty() && !is(pending_.back(), kSavepoint)) pending_.pop_back();
  if (!pending_.empty()) return pending_.pop_back();
  say(kRollBackToSavepoint);
  say(kRelease);
}

void SqlStore::check_mac(const char* table, const Row& row, const std::string& place) const {
  if (!seal().has_mac(table, covered(row), mac_of(row, place))) throw StoreDamaged(place + ": has the wrong MAC");
}

std::optional<Head> SqlStore::read_head(const UserName& user) { return head_in(run(kReadHead, {user.text()}), user); }

std::optional<Head> SqlStore::head_in(const std::vector<Row>& rows, const UserName& user) const {
  if (rows.empty()) return std::nullopt;
  check_mac("head", rows.front(), "user " + user.text() + ", head");
  return head_of(rows.front(), user, state_.epoch);
}

Account SqlStore::load(const UserName& user) {
  put_away();
  Record record(user);
  Account account;
  std::map<std::string, std::int64_t> found;
  demand_transaction();
  lock("user " + user.text());
  // An epoch that began on another host holds here, too.
  if (state_.shared) pending_.push_back({kReadState, {}});
  for (const std::string_view sql : {kReadHead, kReadMethods}) pending_.push_back({sql, {user.text()}});
  std::vector<std::vector<Row>> rows = send();
  std::vector<Row> methods = std::move(rows.back());
  rows.pop_back();
  if (state_.shared) take_state(rows[rows.size() - 2]);
  if (state_.shared) record_condition();
  if (state_.shared && state_.came_back)
    throw StoreUnavailable("an older state of the store came back just now; try again");
  if (auto head = head_in(rows.back(), user)) record.head = std::move(*head);
  record.was_suspended = record.head.profile.suspended;
  for (Row& row : methods) {
    Method method = method_of(row, user);
    const std::int64_t id = number_of(method.id);
    check_mac("method", row, place_of_method(user, id));
    row.pop_back();
    method.key = seal().open(std::get<Blob>(at(row, MethodColumn::kSealedKey)), place_of_key(user, id));
    if (number_at(row, MethodColumn::kEpoch) < state_.epoch) method.floor = state_.floor;
    found[method_key(id)] = number_at(row, MethodColumn::kVersion);
    if (method.state == core::State::kPending) account.pending = std::move(method);
    else account.methods.push_back(std::move(method));
    record.methods.emplace(id, std::move(row));
  }
  if (found != record.head.row_versions)
    throw StoreDamaged("user " + user.text() + ": a row is missing, was put back or was added by somebody else");
  account.profile = record.head.profile;
  account.failure_records = record.head.failure_records;
  record_ = std::move(record);
  return account;
}

SqlStore::Record& SqlStore::record(const UserName& user) {
  if (!record_ || record_->user != user) (void)load(user);
  return *record_;
}

std::int64_t SqlStore::next_version(Record& record, const std::string& row) {
  return record.head.row_versions[row] = record.head.version + 1;
}

Row SqlStore::with_mac(const char* table, Row row) const {
  row.emplace_back();
  row.back() = seal().mac(table, covered(row));
  return row;
}

void SqlStore::write_head(Record& record) {
  if (record.head.profile.suspended != record.was_suspended) knows_suspended_ = false;
  const std::int64_t before = record.head.version++;
  Row row = with_mac("head", record.head.row(record.user, state_.epoch));
  if (before > 0) row.emplace_back(before);
  hit(before > 0 ? kWriteHead : kAddHead, std::move(row));
  record.head_changed = false;
}

void SqlStore::put_away() {
  settle();
  record_.reset();
}

void SqlStore::settle() {
  if (record_ && record_->head_changed) write_head(*record_);
}

Account SqlStore::account(const UserName& user) { return load(user); }

Spend SqlStore::spend(const UserName& user, MethodId method, core::Used used, const Drift& drift, Instant now) {
  Record& record = this->record(user);
  const auto known = record.methods.find(number_of(method));
  if (known == record.methods.end()) return Spend::kUnknown;
  Row row = known->second;
  const std::int64_t step = number_of(used.step);
  const std::int64_t old_version = number_at(row, MethodColumn::kVersion);
  const std::int64_t last_step = number_at(row, MethodColumn::kLastStep);
  const std::int64_t last_pair_step = number_at(row, MethodColumn::kLastPairStep);
  if ((used.pair ? last_pair_step : last_step) >= step) return Spend::kAlready;
  at(row, MethodColumn::kLastStep) = std::max(last_step, step);
  // Two codes that were each spent alone are no fresh pair: the second newest step stays behind as the last pair step.
  at(row, MethodColumn::kLastPairStep) = used.pair ? step : std::max(last_pair_step, last_step);
  at(row, MethodColumn::kLastUsed) = number(now);
  at(row, MethodColumn::kEpoch) = state_.epoch;
  at(row, MethodColumn::kDrift) = drift.steps;
  at(row, MethodColumn::kDriftSeen) = drift.last_seen;
  at(row, MethodColumn::kDriftRun) = drift.run;
  const std::int64_t version = record.head.version + 1;
  at(row, MethodColumn::kVersion) = version;
  Row parameters{user.text(),
                 number_of(method),
                 at(row, MethodColumn::kLastStep),
                 at(row, MethodColumn::kLastPairStep),
                 drift.steps,
                 drift.last_seen,
                 drift.run,
                 number(now),
                 state_.epoch,
                 version,
                 with_mac("method", row).back(),
                 old_version,
                 std::int64_t{used.pair ? 1 : 0}};
  hit(kSpend, std::move(parameters));
  known->second = std::move(row);
  (void)next_version(record, method_key(number_of(method)));
  record.head_changed = true;
  return Spend::kWon;
}

void SqlStore::record_failures(const UserName& user, CounterScope scope, const FailureRecord& failures) {
  Record& record = this->record(user);
  const auto [known, is_new] = record.head.failure_records.try_emplace(scope, failures);
  if (!is_new && known->second == failures) return;
  known->second = failures;
  record.head_changed = true;
}

namespace {

// A letter's method does not make its user enrolled before its first use.
void enrol(core::Profile& profile, std::int64_t uid, const Method& method) {
  profile.uid = uid;
  profile.enrolled_before = profile.enrolled_before || method.counts_from == Instant() || method.last_used;
}

}  // namespace

MethodId SqlStore::add_method(const UserName& user, std::int64_t uid, const Method& method) {
  Record& record = this->record(user);
  const std::int64_t id = std::get<std::int64_t>(run(kNextMethodId).front().front());
  const std::int64_t version = next_version(record, method_key(id));
  if (method.state != core::State::kPending) enrol(record.head.profile, uid, method);
  Row row = method_row(user, method, state_.epoch, seal().close(method.key, place_of_key(user, id)), version);
  at(row, MethodColumn::kId) = id;
  write(kAddMethod, with_mac("method", row));
  record.methods.emplace(id, std::move(row));
  record.head_changed = true;
  return MethodId{id};
}

void SqlStore::change_method(const UserName& user, std::int64_t uid, const Method& method) {
  Record& record = this->record(user);
  Row row = record.methods.at(number_of(method.id));
  at(row, MethodColumn::kState) = std::string(core::state_name(method.state));
  at(row, MethodColumn::kLabel) = method.label;
  at(row, MethodColumn::kRegistered) = number(method.registered);
  at(row, MethodColumn::kLastStep) = std::max(number_at(row, MethodColumn::kLastStep), number_of(method.last_step));
  if (method.state != core::State::kPending) enrol(record.head.profile, uid, method);
  write_method(record, std::move(row));
}

bool SqlStore::remove_method(const UserName& user, MethodId id) {
  Record& record = this->record(user);
  if (run(kRemoveMethod, {user.text(), number_of(id)}).empty()) return false;
  record.methods.erase(number_of(id));
  record.head.row_versions.erase(method_key(number_of(id)));
  record.head.profile.forget(id);
  record.head_changed = true;
  return true;
}

void SqlStore::write_profile(const UserName& user, const core::Profile& profile) {
  Record& record = this->record(user);
  record.head.profile = profile;
  record.head_changed = true;
}

std::string SqlStore::digest(std::string_view text) {
  constexpr std::size_t kBytes = 16;
  const Row row{std::string(text)};
  const Blob mac = seal().mac("digest", row);
  return base::hex(std::span(mac).first(kBytes));
}

}  // namespace seimon::store

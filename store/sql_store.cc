// SPDX-License-Identifier: Apache-2.0
#include "store/sql_store.h"

#include <algorithm>
#include <map>

#include "store/statements.h"

namespace seimon::store {

using core::Account;
using core::Claimant;
using core::Event;
using core::Failures;
using core::Instant;
using core::Method;
using core::MethodId;
using core::seconds;
using core::Step;
using core::StoreDamaged;
using core::StoreUnavailable;
using core::UserName;

namespace {

constexpr std::int64_t kDataKey = 1;

std::int64_t number(Instant time) { return time.time_since_epoch().count(); }
Instant instant(std::int64_t number) { return Instant(seconds(number)); }
std::int64_t number(MethodId id) { return static_cast<std::int64_t>(id); }
std::int64_t number(Claimant claimant) { return static_cast<std::int64_t>(claimant); }
std::int64_t number(Step step) { return static_cast<std::int64_t>(step); }
std::int64_t number(bool value) { return value ? 1 : 0; }

// Columns of one row, taken in the order of the SELECT. STRICT tables keep types, so a wrong one is damage.
class Columns {
 public:
  Columns(const Row& row, std::string place) : row_(row), place_(std::move(place)) {}
  template <class T>
  const T& take() {
    const T* value = at_ < row_.size() ? std::get_if<T>(&row_[at_]) : nullptr;
    if (value == nullptr) throw StoreDamaged(place_ + ": a column has the wrong type");
    ++at_;
    return *value;
  }
  std::int64_t number() { return take<std::int64_t>(); }
  const std::string& text() { return take<std::string>(); }
  const Blob& blob() { return take<Blob>(); }

 private:
  const Row& row_;
  std::string place_;
  std::size_t at_ = 0;
};

std::string place_of_method(const UserName& user, MethodId id) {
  return "user " + user.text() + ", method " + std::to_string(number(id));
}

// Where a key belongs. Its row's version is covered by the row's mac, so that spending need not seal again.
std::string place_of_key(const UserName& user, MethodId id) { return "seimon key v1\n" + place_of_method(user, id); }

Row failure_row(const UserName& user, Claimant claimant, const Failures& failures, std::int64_t version) {
  return {user.text(),
          number(claimant),
          number(failures.windows[0].opened),
          failures.windows[0].count,
          number(failures.windows[1].opened),
          failures.windows[1].count,
          version};
}

// The values of a row with the kind of row in front: what its mac covers.
Row named(const char* table, const Row& row) {
  Row values{std::string(table)};
  values.insert(values.end(), row.begin(), row.end());
  return values;
}

}  // namespace

struct SqlStore::Head {
  std::int64_t uid = -1;
  bool enrolled = false;
  bool suspended = false;
  std::map<std::string, std::int64_t> row_versions;  // "m12" a method, "f-1" a failure row
  std::int64_t version = 0;                          // 0: not stored yet

  [[nodiscard]] std::string rows_text() const {
    std::string text;
    for (const auto& [row, row_version] : row_versions) text += row + "=" + std::to_string(row_version) + ";";
    return text;
  }
  [[nodiscard]] Row row(const UserName& user) const {
    return {user.text(), uid, number(enrolled), number(suspended), rows_text(), version};
  }
};

struct SqlStore::Loaded {
  Head head;
  Account account;
  std::map<MethodId, Blob> sealed_keys;
};

SqlStore::SqlStore(Driver& driver, core::Secret sealing_key) : driver_(driver), wrapping_(std::move(sealing_key)) {}

void SqlStore::begin() {
  driver_.open();
  driver_.run(kBegin, {});
  if (!seal_) load_data_key();
  in_transaction_ = true;
}

void SqlStore::commit() {
  in_transaction_ = false;
  // The engine may have rolled the batch back by itself; what came after that belongs to nothing.
  if (driver_.is_broken()) throw StoreUnavailable("a statement of this batch failed");
  driver_.run(kCommit, {});
}

void SqlStore::roll_back() noexcept {
  in_transaction_ = false;
  try {
    if (!driver_.is_broken()) driver_.run(kRollBack, {});
  } catch (const StoreUnavailable&) {
    // is_broken() is true now.
  }
  if (!driver_.is_broken()) return;
  driver_.close();
  seal_.reset();
}

std::vector<Row> SqlStore::run(std::string_view sql, std::span<const Value> parameters) {
  if (!in_transaction_ || driver_.is_broken()) throw StoreUnavailable("the store is not in a transaction");
  return driver_.run(sql, parameters);
}

void SqlStore::savepoint() { run(kSavepoint); }
void SqlStore::release() { run(kRelease); }
void SqlStore::roll_back_to_savepoint() {
  run(kRollBackToSavepoint);
  run(kRelease);
}

void SqlStore::load_data_key() {
  const std::string place = "seimon data key " + std::to_string(kDataKey);
  const std::vector<Row> rows = driver_.run(kReadDataKeys, {});
  if (rows.empty()) {
    core::Secret key = core::Secret::random(kKeyBytes);
    const Row row{kDataKey, wrapping_.close(key, place)};
    driver_.run(kAddDataKey, row);
    seal_.emplace(std::move(key));
    return;
  }
  Columns columns(rows.front(), place);
  columns.number();
  try {
    seal_.emplace(wrapping_.open(columns.blob(), place));
  } catch (const StoreDamaged&) {
    throw StoreUnavailable("the sealing key does not fit this store: put back the seal.key that belongs to it");
  }
}

std::optional<SqlStore::Head> SqlStore::read_head(const UserName& user) {
  const Row parameters{user.text()};
  const std::vector<Row> rows = run(kReadHead, parameters);
  if (rows.empty()) return std::nullopt;
  const std::string place = "user " + user.text() + ", head";
  Columns columns(rows.front(), place);
  Head head;
  head.uid = columns.number();
  head.enrolled = columns.number() == 1;
  head.suspended = columns.number() == 1;
  const std::string row_versions = columns.text();
  head.version = columns.number();
  const Row values =
      named("head", {user.text(), head.uid, number(head.enrolled), number(head.suspended), row_versions, head.version});
  if (!seal_->has_mac(values, columns.blob())) throw StoreDamaged(place + ": does not carry our mark");
  // Genuine from here on: written by rows_text().
  for (std::size_t at = 0; at < row_versions.size();) {
    const std::size_t equals = row_versions.find('=', at);
    const std::size_t end = row_versions.find(';', equals);
    head.row_versions[row_versions.substr(at, equals - at)] =
        std::stoll(row_versions.substr(equals + 1, end - equals - 1));
    at = end + 1;
  }
  return head;
}

SqlStore::Loaded SqlStore::load(const UserName& user) {
  Loaded loaded;
  const Row parameters{user.text()};
  std::map<std::string, std::int64_t> found;
  if (auto head = read_head(user)) loaded.head = std::move(*head);
  for (const Row& row : run(kReadMethods, parameters)) {
    Columns columns(row, "user " + user.text() + ", a method");
    Method method;
    method.id = MethodId{columns.number()};
    const std::string place = place_of_method(user, method.id);
    const auto kind = core::parse_kind(columns.text());
    method.label = columns.text();
    const auto algorithm = core::parse_algorithm(columns.text());
    if (!kind || !algorithm) throw StoreDamaged(place + ": unknown kind or algorithm");
    method.kind = *kind;
    const std::int64_t digits = columns.number();
    method.otp = {*algorithm, static_cast<int>(digits), seconds(columns.number())};
    method.registered = instant(columns.number());
    const std::int64_t last_used = columns.number();
    if (last_used != 0) method.last_used = instant(last_used);
    method.mark = Step{columns.number()};
    method.drift.steps = columns.number();
    method.drift.last_seen = columns.number();
    method.drift.run = columns.number();
    const Blob& sealed_key = columns.blob();
    const std::int64_t version = columns.number();
    const Row values = named("method", method_row(user, method, sealed_key, version));
    if (digits < 6 || digits > 8 || !seal_->has_mac(values, columns.blob()))
      throw StoreDamaged(place + ": does not carry our mark");
    method.key = seal_->open(sealed_key, place_of_key(user, method.id));
    found["m" + std::to_string(number(method.id))] = version;
    loaded.sealed_keys[method.id] = sealed_key;
    loaded.account.methods.push_back(std::move(method));
  }
  for (const Row& row : run(kReadFailures, parameters)) {
    const std::string place = "user " + user.text() + ", failures";
    Columns columns(row, place);
    const Claimant claimant{columns.number()};
    Failures failures;
    for (core::FailureWindow& window : failures.windows) {
      window.opened = instant(columns.number());
      window.count = columns.number();
    }
    const std::int64_t version = columns.number();
    if (!seal_->has_mac(named("failure", failure_row(user, claimant, failures, version)), columns.blob()))
      throw StoreDamaged(place + ": does not carry our mark");
    found["f" + std::to_string(number(claimant))] = version;
    loaded.account.failures[claimant] = failures;
  }
  if (found != loaded.head.row_versions)
    throw StoreDamaged("user " + user.text() + ": a row is missing, was put back or was added by somebody else");
  loaded.account.enrolled_before = loaded.head.enrolled;
  loaded.account.suspended = loaded.head.suspended;
  if (loaded.head.uid >= 0) loaded.account.uid = loaded.head.uid;
  return loaded;
}

Row SqlStore::method_row(const UserName& user, const Method& method, const Blob& sealed_key,
                         std::int64_t version) const {
  return {user.text(),
          number(method.id),
          std::string(core::kind_name(method.kind)),
          method.label,
          std::string(core::algorithm_name(method.otp.algorithm)),
          std::int64_t{method.otp.digits},
          std::int64_t{method.otp.period.count()},
          number(method.registered),
          method.last_used ? number(*method.last_used) : std::int64_t{0},
          number(method.mark),
          method.drift.steps,
          method.drift.last_seen,
          method.drift.run,
          sealed_key,
          version};
}

void SqlStore::write_head(const UserName& user, const Head& head) {
  Head next = head;
  ++next.version;
  Row row = next.row(user);
  row.emplace_back(seal_->mac(named("head", row)));
  if (head.version > 0) row.emplace_back(head.version);
  if (run(head.version > 0 ? kWriteHead : kAddHead, row).size() != 1)
    throw StoreUnavailable("user " + user.text() + ": changed by somebody else at the same time");
}

Account SqlStore::account(const UserName& user) { return load(user).account; }

core::Spend SqlStore::spend(const UserName& user, MethodId id, Step step, const core::Drift& drift, Instant now) {
  Loaded loaded = load(user);
  const auto method = std::find_if(loaded.account.methods.begin(), loaded.account.methods.end(),
                                   [&](const Method& candidate) { return candidate.id == id; });
  if (method == loaded.account.methods.end()) return core::Spend::kUnknown;
  if (method->mark >= step) return core::Spend::kAlready;
  std::int64_t& version = loaded.head.row_versions["m" + std::to_string(number(id))];
  const std::int64_t old_version = version;
  version = loaded.head.version + 1;
  method->mark = step;
  method->drift = drift;
  method->last_used = now;
  const Row row = method_row(user, *method, loaded.sealed_keys[id], version);
  const Row parameters{user.text(), number(id),      number(step),
                       drift.steps, drift.last_seen, drift.run,
                       number(now), version,         seal_->mac(named("method", row)),
                       old_version};
  if (run(kSpend, parameters).size() != 1) return core::Spend::kUnknown;
  write_head(user, loaded.head);
  return core::Spend::kWon;
}

void SqlStore::record_failures(const UserName& user, Claimant claimant, const Failures& failures) {
  Head head = load(user).head;
  const std::int64_t version = head.version + 1;
  head.row_versions["f" + std::to_string(number(claimant))] = version;
  Row row = failure_row(user, claimant, failures, version);
  row.emplace_back(seal_->mac(named("failure", row)));
  run(kWriteFailures, row);
  write_head(user, head);
}

MethodId SqlStore::add_method(const UserName& user, std::int64_t uid, const Method& method) {
  Head head = load(user).head;
  const MethodId id{std::get<std::int64_t>(run(kNextMethodId, {}).front().front())};
  const std::int64_t version = head.version + 1;
  head.row_versions["m" + std::to_string(number(id))] = version;
  head.enrolled = true;
  head.uid = uid;
  Row row = method_row(user, method, seal_->close(method.key, place_of_key(user, id)), version);
  row[1] = number(id);
  row.emplace_back(seal_->mac(named("method", row)));
  run(kAddMethod, row);
  write_head(user, head);
  return id;
}

bool SqlStore::remove_method(const UserName& user, MethodId id) {
  Head head = load(user).head;
  const Row parameters{user.text(), number(id)};
  if (run(kRemoveMethod, parameters).empty()) return false;
  head.row_versions.erase("m" + std::to_string(number(id)));
  write_head(user, head);
  return true;
}

void SqlStore::set_suspended(const UserName& user, bool suspended) {
  Head head = load(user).head;
  head.suspended = suspended;
  write_head(user, head);
}

std::set<UserName> SqlStore::suspended() {
  std::set<UserName> users;
  for (const Row& row : run(kReadSuspended)) {
    Columns columns(row, "a suspended user");
    if (const auto user = UserName::parse(columns.text())) users.insert(*user);
  }
  return users;
}

core::StoreSummary SqlStore::summary() {
  const std::vector<Row> rows = run(kCount, {});
  Columns columns(rows.at(0), "counts");
  core::StoreSummary summary;
  summary.users = columns.number();
  summary.methods = columns.number();
  summary.events = columns.number();
  return summary;
}

void SqlStore::append(const Event& event) {
  Row row{number(event.at)};
  Event::each_field(event, [&](std::string_view, const std::string& value) { row.emplace_back(value); });
  run(kAddEvent, row);
}

std::vector<Event> SqlStore::events(const core::EventQuery& query) {
  Row parameters{std::int64_t{query.limit}};
  if (!query.user.empty()) parameters.emplace_back(query.user);
  std::vector<Event> events;
  for (const Row& row : run(query.user.empty() ? kReadEvents : kReadEventsOfUser, parameters)) {
    Columns columns(row, "an event");
    Event event;
    event.at = instant(columns.number());
    Event::each_field(event, [&](std::string_view, std::string& value) { value = columns.text(); });
    events.push_back(std::move(event));
  }
  std::reverse(events.begin(), events.end());
  return events;
}

void SqlStore::forget_events_before(Instant time) {
  const Row parameters{number(time)};
  run(kForgetEvents, parameters);
}

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
// The store: core's ports on top of a Driver, with every record sealed and authenticated (store/seal.h).
//
// Model: a change to any row of a user also raises the user's head, which lists the version of each row. Reading
// checks the head's mac, that the rows are exactly the listed ones, and each row's mac.
// Always true: an account that account() returns is one that was written, whole, in its latest version.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "core/login/event.h"
#include "core/ports/mailbox.h"
#include "core/ports/maintenance.h"
#include "core/ports/reports.h"
#include "core/ports/store.h"
#include "core/ports/user_directory.h"
#include "store/driver.h"
#include "store/rows.h"
#include "store/seal.h"

namespace seimon::store {

class SqlStore : public core::Store,
                 public core::Sources,
                 public core::Maintenance,
                 public core::UserDirectory,
                 public core::Reports,
                 public core::Mailbox,
                 public core::AuditSink,
                 public core::Transaction {
 public:
  // `wrapping` is of the sealing key; `next` of the one that takes its place, where a rotation is under way: either
  // opens the store. All outlive this.
  SqlStore(Driver& driver, const Seal& wrapping, const Seal* next = nullptr)
      : driver_(driver), wrapping_(wrapping), next_(next) {}

  // Of core::Store (sql_store.cc).
  core::Account account(const core::UserName& user) override;
  core::Spend spend(const core::UserName& user, core::MethodId method, core::Used used, const core::Drift& drift,
                    core::Instant now) override;
  void record_failures(const core::UserName& user, core::CounterScope scope,
                       const core::FailureRecord& failures) override;
  core::MethodId add_method(const core::UserName& user, std::int64_t uid, const core::Method& method) override;
  void change_method(const core::UserName& user, std::int64_t uid, const core::Method& method) override;
  bool remove_method(const core::UserName& user, core::MethodId method) override;
  void write_profile(const core::UserName& user, const core::Profile& profile) override;
  std::string digest(std::string_view text) override;

  // Of core::Sources and core::AuditSink (sql_trail.cc).
  core::FailureWindow failures_from(const std::string& source) override;
  core::FailureWindow add_failure(const std::string& source, core::seconds length, core::Instant now) override;
  void append(const core::Event& event) override;
  core::EventPage page(const core::EventQuery& query) override;
  void forget_before(core::Instant events, core::Instant sources) override;

  // Of core::UserDirectory, core::Reports and core::Mailbox (sql_users.cc).
  std::set<core::UserName> suspended() override;
  std::optional<std::set<core::UserName>> suspended_since() override;
  core::StoreSummary summary() override;
  std::vector<std::string> names_after(const std::string& after, int count) override;
  void forget(const core::UserName& user) override;
  std::vector<core::Tally> tally_of(const std::string& user, core::Instant since) override;
  std::vector<core::Tally> tally(core::Instant since, std::int64_t& before) override;
  bool post(const core::Mail& mail) override;
  std::optional<core::Mail> next_mail(core::Instant now) override;
  bool drop_mail(std::int64_t id, std::int64_t lease) override;
  bool retry_mail(std::int64_t id, std::int64_t lease, core::Instant due) override;
  std::int64_t forget_mail(core::Instant oldest) override;

  // Of core::Maintenance (sql_maintenance.cc).
  core::StoreState state() override;
  std::string problem() override { return driver_.problem(); }
  void live_on(core::Instant latest) override;
  void begin_epoch(core::Instant floor) override;
  std::int64_t accept_clock(core::Instant now, int window) override;
  core::Inspection inspect(const std::string& after, int count) override;
  std::vector<std::string> repair(const core::UserName& user) override;
  void sign_in(const std::string& host, const std::string& version, core::Instant now) override;
  std::vector<core::Host> hosts() override;
  std::optional<core::LoginHost> login_host(const std::string& name) override;
  std::vector<core::LoginHost> login_hosts() override;
  void write_login_host(const core::LoginHost& host) override;
  std::int64_t standbys() override;
  void rewrap() override;

  // Opens the store first where it is not open.
  void begin() override;
  void commit() override;
  [[nodiscard]] bool has_changes() const override { return has_changes_; }
  void roll_back() noexcept override;
  void savepoint() override;
  void release() override;
  void roll_back_to_savepoint() override;

  // "USER LABEL" of every method, sorted. REQUIRES a transaction.
  [[nodiscard]] std::vector<std::string> method_names();
  // Forgets what was read, so that the next begin() opens the store anew. REQUIRES no transaction.
  void close() noexcept;

 private:
  // One user's rows as they stand in this transaction, without keys.
  struct Record {
    explicit Record(core::UserName of) : user(std::move(of)) {}
    core::UserName user;
    Head head;
    std::map<std::int64_t, Row> methods;  // without their macs
    bool head_changed = false;            // and is not written yet
    bool was_suspended = false;
  };

  // Statements wait in pending_ until one is read from, or the commit; on an engine of our own they do not wait.
  // Each throws core::StoreUnavailable outside a transaction: begin() failed, or was not called.
  void demand_transaction() const;
  // Throws core::StoreUnavailable while the store is not open.
  [[nodiscard]] const Seal& seal() const;
  std::vector<Row> run(std::string_view sql, Row parameters = {});  // read from, when all is written
  void write(std::string_view sql, Row parameters = {}, bool hits = false);
  void say(std::string_view sql, Row parameters = {}, bool hits = false);  // what writes nothing, too
  void hit(std::string_view sql, Row parameters);                          // must change one row
  std::vector<std::vector<Row>> send();
  // Nobody else is at work on it until the end of this transaction; on a shared engine.
  void lock(std::string_view what);
  void load_data_key();
  [[nodiscard]] core::Secret unwrapped(const Row& row) const;
  void take_state(const std::vector<Row>& rows);
  void write_era(core::StoreState state);
  void renew_era();
  // Writes the engine's condition into the state before anything is spent.
  void record_condition();
  // Throws core::StoreDamaged when `row` (with its mac) is not ours.
  void check_mac(const char* table, const Row& row, const std::string& place) const;
  [[nodiscard]] core::LoginHost guest_in(const Row& row) const;
  [[nodiscard]] std::optional<Head> read_head(const core::UserName& user);
  [[nodiscard]] std::optional<Head> head_in(const std::vector<Row>& rows, const core::UserName& user) const;
  // Reads and checks all of a user; leaves the rows in record_.
  core::Account load(const core::UserName& user);
  Record& record(const core::UserName& user);
  // Writes the head one version higher.
  void write_head(Record& record);
  // Writes the head, which a step may change more than once, at its end.
  void settle();
  void put_away();  // and what was read is read again
  // The next version, which the head will have: for a row that is about to be written.
  std::int64_t next_version(Record& record, const std::string& row);
  // With the mac of `row` at its end.
  [[nodiscard]] Row with_mac(const char* table, Row row) const;
  void write_method(Record& record, Row row);
  // The rows of `user` that are damaged, told and deleted; `head` then lists the others.
  std::vector<std::string> drop_bad_rows(const core::UserName& user, Head& head);

  Driver& driver_;
  const Seal& wrapping_;
  const Seal* next_;
  std::optional<Seal> seal_;  // of the store's data key
  std::string failure_;       // the first of this transaction
  bool recorded_ = true;      // of the state: its row says what the engine is like
  std::vector<Statement> pending_;
  bool sent_ = false;         // something of this transaction
  bool has_changes_ = false;  // of this transaction
  core::StoreState state_;
  std::optional<RollbackGuard> guard_;
  std::optional<Record> record_;
  bool in_transaction_ = false;
  bool knows_suspended_ = false;  // whoever asked last
};

}  // namespace seimon::store

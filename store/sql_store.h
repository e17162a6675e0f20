// SPDX-License-Identifier: Apache-2.0
// The memory itself: core's ports on top of a Driver, with every record sealed and authenticated (store/seal.h).
//
// Model: a change to any row of a user also raises the user's head, which lists the version of each row. Reading
// checks the head's mac, that the rows are exactly the listed ones, and each row's mac.
// Always true: an account that account() returns is one that was written, whole, in its latest version.
#pragma once

#include <memory>
#include <optional>

#include "core/event.h"
#include "core/store.h"
#include "store/driver.h"
#include "store/seal.h"

namespace seimon::store {

class SqlStore : public core::Store, public core::AuditSink, public core::Transaction {
 public:
  // REQUIRES a sealing key of 32 bytes; `driver` outlives this.
  SqlStore(Driver& driver, core::Secret sealing_key);

  core::Account account(const core::UserName& user) override;
  core::Spend spend(const core::UserName& user, core::MethodId method, core::Step step, const core::Drift& drift,
                    core::Instant now) override;
  void record_failures(const core::UserName& user, core::Claimant claimant, const core::Failures& failures) override;
  core::MethodId add_method(const core::UserName& user, std::int64_t uid, const core::Method& method) override;
  bool remove_method(const core::UserName& user, core::MethodId method) override;
  void set_suspended(const core::UserName& user, bool suspended) override;
  std::set<core::UserName> suspended() override;
  core::StoreSummary summary() override;

  void append(const core::Event& event) override;
  std::vector<core::Event> events(const core::EventQuery& query) override;
  void forget_events_before(core::Instant time) override;

  // Opens the store first where it is not open.
  void begin() override;
  void commit() override;
  void roll_back() noexcept override;
  void savepoint() override;
  void release() override;
  void roll_back_to_savepoint() override;

 private:
  struct Head;
  struct Loaded;

  // Every statement of a step. Throws core::StoreUnavailable outside a transaction: begin() failed, or was not called.
  std::vector<Row> run(std::string_view sql, std::span<const Value> parameters = {});
  void load_data_key();
  [[nodiscard]] std::optional<Head> read_head(const core::UserName& user);
  [[nodiscard]] Loaded load(const core::UserName& user);
  // Writes the head one version higher, as the first or the next one after `head`.
  void write_head(const core::UserName& user, const Head& head);
  [[nodiscard]] Row method_row(const core::UserName& user, const core::Method& method, const Blob& sealed_key,
                               std::int64_t version) const;

  Driver& driver_;
  Seal wrapping_;
  std::optional<Seal> seal_;  // of the store's data key
  bool in_transaction_ = false;
};

}  // namespace seimon::store

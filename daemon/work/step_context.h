// SPDX-License-Identifier: Apache-2.0
// One step of work on the store: what it may use, what it returns, and how it gets the result of its commit.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/login/event.h"
#include "core/ports/mailbox.h"
#include "core/ports/maintenance.h"
#include "core/ports/reports.h"
#include "core/ports/store.h"
#include "core/ports/user_directory.h"
#include "daemon/config/config.h"
#include "daemon/system/clock.h"
#include "daemon/work/health.h"

namespace seimon::daemon {

class BackupJob;

// The ports of one connection to the store. One worker uses them at a time.
struct StorePorts {
  core::Store& store;
  core::Sources& sources;
  core::Maintenance& maintenance;
  core::AuditSink& audit;
  core::UserDirectory& users;
  core::Reports& reports;
  core::Mailbox& mailbox;
  core::Transaction& transaction;
  BackupJob& backup;

  // One object that implements all of them.
  template <class AnyStore>
  [[nodiscard]] static StorePorts of(AnyStore& store, BackupJob& backup) {
    return {store, store, store, store, store, store, store, store, backup};
  }
};

// Context of one step; valid while run() runs.
struct StepContext {
  core::Store& store;
  core::Sources& sources;
  core::Maintenance& maintenance;
  core::AuditSink& audit;
  core::UserDirectory& users;
  core::Reports& reports;
  core::Mailbox& mailbox;
  BackupJob& backup;
  const Config& config;
  core::Moment now;
  ClockWatch& clock;
  Health& health;
  // Users who were suspended when the store was last readable; empty before that.
  const std::optional<std::set<core::UserName>>& suspended;
  // Between its savepoint() and release(), which belong to this step; null if there is no transaction.
  core::Transaction* step;

  [[nodiscard]] core::Records records() const { return {store, sources}; }
};

enum class Needs : bool { kCommit, kNothing };

struct CommitResult {
  enum class Kind : std::uint32_t { kUnavailable = 0, kDamaged = 1, kDurable = 0x7E81817E };
  Kind kind = Kind::kUnavailable;
  std::string reason;  // why it is not durable, for the log

  [[nodiscard]] bool is_durable() const { return kind == Kind::kDurable; }
};

// One step. run() is called once, by a worker; done() once, on the loop.
class Job {
 public:
  virtual ~Job() = default;
  virtual Needs run(const StepContext& context) = 0;
  virtual void done(const CommitResult& result) = 0;
  // It usually only reads: it runs first in its batch, and its result is sent before the commit.
  [[nodiscard]] virtual bool is_question() const { return false; }
  // Behind run(): its result asks a person something. Nobody relies on what it has read, which the answer reads again.
  [[nodiscard]] virtual bool asks_person() const { return false; }
  // Runs outside any transaction, while no other step runs.
  [[nodiscard]] virtual bool is_alone() const { return false; }
  // The periodic housekeeping runs with it (Executor::heartbeat).
  [[nodiscard]] virtual bool is_heartbeat() const { return false; }
};

}  // namespace seimon::daemon

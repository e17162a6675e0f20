// SPDX-License-Identifier: Apache-2.0
// The embedded engine: one SQLite file, one connection.
// MUST (threat model U3):
//  1. WAL, synchronous=NORMAL, secure_delete, trusted_schema off, checked after they were set. No symbolic link.
//     A commit is durable after the next sync() or close(); one to a candidate at once (synchronous=FULL).
//  2. A store that was made once and is gone is not made again: an empty store would call every user unenrolled.
//     The file `seimon.db.guard` beside it shows that, and holds the last generation that was written.
//  3. A file that was replaced or removed under us, or a schema newer than ours, is refused.
//  4. A directory or file that others may write is refused.
//  5. When the disk is almost full, the space of `seimon.db.reserve` is given to the logins that come.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/files.h"
#include "store/driver.h"
#include "store/write_ahead_log.h"

struct sqlite3;
struct sqlite3_stmt;

namespace seimon::store {

class SqliteDriver final : public Driver, public WriteAheadLog {
 public:
  explicit SqliteDriver(std::string path) : path_(std::move(path)), guard_path_(path_ + ".guard") {}
  // A candidate: a copy at `path` that may take the place of `store`. It must be there, and nothing is kept beside it.
  // Its rollback guard is that of `store`: an epoch that it begins is newer than all that was seen of either.
  SqliteDriver(std::string path, const std::string& store)
      : path_(std::move(path)), guard_path_(store + ".guard"), role_(Role::kCandidate) {}
  SqliteDriver(const SqliteDriver&) = delete;
  SqliteDriver& operator=(const SqliteDriver&) = delete;
  ~SqliteDriver() override { close(); }

  void open() override;
  void close() noexcept override;
  std::vector<std::vector<Row>> run(std::span<const Statement> statements) override;
  [[nodiscard]] bool is_broken() const override { return broken_; }
  [[nodiscard]] std::optional<RollbackGuard> rollback_guard() const override { return guard_; }
  void keep_rollback_guard(const RollbackGuard& guard) override;
  [[nodiscard]] std::string problem() const override;
  [[nodiscard]] Condition condition() const override { return {}; }
  void sync() override;
  [[nodiscard]] std::int64_t log_pages() const override { return log_pages_; }
  void write_back() noexcept override;

  // A whole and consistent copy as it is now, at `target`, which must not exist. On a connection of its own, so that
  // the store goes on meanwhile. Throws core::StoreUnavailable. Any thread.
  static void copy(const std::string& path, const std::string& target);
  // Puts the file at `fresh` in the store's place; what stood there is kept as PATH.before-restore. REQUIRES that no
  // connection to either is open. It is done whole or not at all. Throws core::StoreUnavailable.
  static void replace(const std::string& path, const std::string& fresh);

 private:
  enum class Role { kStore, kCandidate };
  struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  using Owned = std::unique_ptr<sqlite3_stmt, CloseStatement>;
  struct Prepared {
    Owned statement;
    std::vector<int> places;  // of $1, $2, …: to SQLite they are names, numbered as they first appear in the text
  };

  std::vector<Row> run_one(std::string_view sql, std::span<const Value> parameters);
  void check_still_ours();
  void configure();
  void migrate();
  void keep_reserve();
  // Of the disk that the store is on.
  [[nodiscard]] std::uint64_t free_bytes() const;
  // REQUIRES that this connection is writing: nobody else writes to the log then.
  void open_log();
  static int note_commit(void* driver, sqlite3* database, const char* schema, int pages);
  const Prepared& prepared(std::string_view sql);
  [[noreturn]] void fail(const std::string& what);
  [[noreturn]] void fail_with(int code);

  static constexpr std::uint64_t kRoomyDisk = std::uint64_t{24} << 20;

  std::string path_;
  std::string guard_path_;
  Role role_ = Role::kStore;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool broken_ = false;
  std::optional<RollbackGuard> guard_;
  bool reserve_is_used_ = false;
  std::chrono::steady_clock::time_point next_look_at_disk_;
  std::int64_t log_pages_ = 0;
  std::mutex sync_mutex_;  // one sync at a time; taken before mutex_
  base::Descriptor log_;   // guarded by sync_mutex_
  mutable std::mutex mutex_;
  std::uint64_t commits_ = 0;                    // guarded by mutex_: that wrote to the log
  std::uint64_t synced_ = 0;                     // guarded by mutex_: of these
  std::string lost_;                             // guarded by mutex_: why one of them may not be on the disk
  std::optional<RollbackGuard> guard_to_write_;  // guarded by mutex_: once its commit is synced
  std::string guard_failure_;                    // guarded by mutex_
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::unordered_map<const char*, Prepared> statements_;  // after database_: finalized before it closes
};

}  // namespace seimon::store

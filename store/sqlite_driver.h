// SPDX-License-Identifier: Apache-2.0
// The embedded engine: one SQLite file, one connection.
// MUST (SECURITY.md U3):
//  1. WAL, synchronous=FULL, secure_delete, trusted_schema off, checked after they were set. No symbolic link.
//  2. A store that was made once and is gone is not made again: an empty store would call every user unenrolled.
//     The file `store.made` beside it remembers.
//  3. A file that was replaced or removed under us, or a schema newer than ours, is refused.
//  4. A directory or file that others may write is refused.
#pragma once

#include <sys/types.h>

#include <memory>
#include <unordered_map>

#include "store/driver.h"

struct sqlite3;
struct sqlite3_stmt;

namespace seimon::store {

class SqliteDriver : public Driver {
 public:
  explicit SqliteDriver(std::string path) : path_(std::move(path)) {}
  SqliteDriver(const SqliteDriver&) = delete;
  SqliteDriver& operator=(const SqliteDriver&) = delete;
  ~SqliteDriver() override { close(); }

  void open() override;
  void close() noexcept override;
  std::vector<Row> run(std::string_view sql, std::span<const Value> parameters) override;
  [[nodiscard]] bool is_broken() const override { return broken_; }

 private:
  struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  using Prepared = std::unique_ptr<sqlite3_stmt, CloseStatement>;

  void check_still_ours();
  void configure();
  void migrate();
  void remember_made();
  [[nodiscard]] bool was_made() const;
  sqlite3_stmt* prepared(std::string_view sql);
  [[noreturn]] void fail(const std::string& what);

  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool broken_ = false;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::unordered_map<const char*, Prepared> statements_;  // after database_: finalized before it closes
};

}  // namespace seimon::store

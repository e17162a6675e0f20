// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_driver.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store.h"
#include "store/statements.h"

namespace seimon::store {

namespace {

// Shorter than the module's own deadline, so that a locked store is a clear refusal and not silence.
constexpr int kBusyMilliseconds = 2000;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

void refuse_if_writable_by_others(const std::string& path, mode_t forbidden) {
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0) throw core::StoreUnavailable(path + ": " + std::strerror(errno));
  if (S_ISLNK(status.st_mode)) throw core::StoreUnavailable(path + ": is a symbolic link; name the real path");
  if ((status.st_mode & forbidden) != 0)
    throw core::StoreUnavailable(path + ": others may write there; run: chmod go-w " + path);
  if (status.st_uid != geteuid() && status.st_uid != 0)
    throw core::StoreUnavailable(path + ": belongs to another user; run: chown seimon " + path);
}

bool exists(const std::string& path) {
  struct stat status = {};
  return lstat(path.c_str(), &status) == 0;
}

Value value_at(sqlite3_stmt* statement, int column) {
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_TEXT: return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)), size);
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
      return size == 0 ? Blob() : Blob(bytes, bytes + size);
    }
    default: return {};
  }
}

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* blob = std::get_if<Blob>(&value))
    return sqlite3_bind_blob64(statement, index, blob->data(), blob->size(), SQLITE_STATIC);
  return sqlite3_bind_null(statement, index);
}

// To SQLite "$7" is a name, and its index tells only where it first appears in the text.
int index_of(sqlite3_stmt* statement, std::size_t number) {
  const std::string name = "$" + std::to_string(number);
  return sqlite3_bind_parameter_index(statement, name.c_str());
}

struct Pragma {
  const char* set;
  std::string_view ask;
  Value wanted;
};

}  // namespace

void SqliteDriver::CloseStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void SqliteDriver::CloseDatabase::operator()(sqlite3* database) const { sqlite3_close(database); }

void SqliteDriver::open() {
  if (database_ != nullptr) return check_still_ours();
  broken_ = false;
  refuse_if_writable_by_others(directory_of(path_), S_IWGRP | S_IWOTH);
  const bool found = exists(path_);
  if (found) refuse_if_writable_by_others(path_, S_IWGRP | S_IWOTH);
  if (!found && was_made())
    throw core::StoreUnavailable(path_ +
                                 ": the store is missing, though one was made here. Restore it from a backup; "
                                 "to start over with nobody enrolled, remove " +
                                 path_ + ".made");
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const int opened = sqlite3_open_v2(path_.c_str(), &raw, flags, nullptr);
  database_.reset(raw);
  if (opened != SQLITE_OK) {
    close();
    throw core::StoreUnavailable(path_ + ": " + sqlite3_errstr(opened));
  }
  try {
    configure();
    migrate();
    remember_made();
    struct stat status = {};
    if (stat(path_.c_str(), &status) != 0) fail("cannot be read back");
    device_ = status.st_dev;
    inode_ = status.st_ino;
  } catch (...) {
    close();
    throw;
  }
}

void SqliteDriver::close() noexcept {
  statements_.clear();
  database_.reset();
}

void SqliteDriver::check_still_ours() {
  struct stat status = {};
  if (stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) return;
  close();
  throw core::StoreUnavailable(
      path_ + ": the store's file was removed or replaced while in use; put it back, and it is used again");
}

void SqliteDriver::configure() {
  sqlite3_busy_timeout(database_.get(), kBusyMilliseconds);
  const Pragma pragmas[] = {
      {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
      {"PRAGMA synchronous = FULL", "PRAGMA synchronous", std::int64_t{2}},
      {"PRAGMA secure_delete = ON", "PRAGMA secure_delete", std::int64_t{1}},
      {"PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", std::int64_t{0}},
      {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", std::int64_t{1}},
      {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", std::int64_t{0}},
  };
  for (const Pragma& pragma : pragmas) {
    if (sqlite3_exec(database_.get(), pragma.set, nullptr, nullptr, nullptr) != SQLITE_OK)
      fail(sqlite3_errmsg(database_.get()));
    const std::vector<Row> rows = run(pragma.ask, {});
    if (rows.size() != 1 || rows.front().front() != pragma.wanted)
      fail("the engine did not accept " + std::string(pragma.set));
  }
}

void SqliteDriver::migrate() {
  run(kBegin, {});
  const bool empty = run("SELECT 1 FROM sqlite_schema LIMIT 1", {}).empty();
  if (empty && was_made()) fail("the store is empty, though one was made here; restore it from a backup");
  std::size_t schema = 0;
  if (!empty) {
    const std::vector<Row> rows = run(kReadSchema, {});
    if (rows.size() != 1) fail("is not a store of seimond");
    const auto found = std::get<std::int64_t>(rows.front().front());
    if (found < 1 || static_cast<std::size_t>(found) > kMigrations.size())
      fail("has schema " + std::to_string(found) + "; this seimond knows up to " + std::to_string(kMigrations.size()) +
           ". Run the newer version");
    schema = static_cast<std::size_t>(found);
  }
  for (; schema < kMigrations.size(); ++schema)
    if (sqlite3_exec(database_.get(), kMigrations[schema].data(), nullptr, nullptr, nullptr) != SQLITE_OK)
      fail(sqlite3_errmsg(database_.get()));
  const Value now = static_cast<std::int64_t>(schema);
  run(kWriteSchema, {&now, 1});
  run(kCommit, {});
}

bool SqliteDriver::was_made() const { return exists(path_ + ".made"); }

void SqliteDriver::remember_made() {
  if (was_made()) return;
  const std::string marker = path_ + ".made";
  const int fd = ::open(marker.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  const int directory = ::open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool listed = directory >= 0 && fsync(directory) == 0;
  if (directory >= 0) ::close(directory);
  if (!synced || !listed) fail("cannot write " + marker + ": " + std::strerror(errno));
}

sqlite3_stmt* SqliteDriver::prepared(std::string_view sql) {
  const auto known = statements_.find(sql.data());
  if (known != statements_.end()) return known->second.get();
  sqlite3_stmt* statement = nullptr;
  const int done = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (done != SQLITE_OK) fail(sqlite3_errmsg(database_.get()));
  statements_.emplace(sql.data(), Prepared(statement));
  return statement;
}

std::vector<Row> SqliteDriver::run(std::string_view sql, std::span<const Value> parameters) {
  if (database_ == nullptr) fail("is not open");
  sqlite3_stmt* statement = prepared(sql);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (bind(statement, index_of(statement, i + 1), parameters[i]) != SQLITE_OK) fail(sqlite3_errmsg(database_.get()));
  std::vector<Row> rows;
  int stepped = SQLITE_ROW;
  while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(statement); ++column) row.push_back(value_at(statement, column));
  }
  const std::string message = stepped == SQLITE_DONE ? "" : sqlite3_errmsg(database_.get());
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (stepped != SQLITE_DONE) fail(message);
  return rows;
}

void SqliteDriver::fail(const std::string& what) {
  broken_ = true;
  throw core::StoreUnavailable(path_ + ": " + what);
}

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/driver.h"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "core/ports/store.h"
#include "store/rollback_guard.h"
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
  // Asked of a number, the size would first make a text of it.
  const auto size = [&] { return static_cast<std::size_t>(sqlite3_column_bytes(statement, column)); };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, size());
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
      return bytes == nullptr ? Blob() : Blob(bytes, bytes + size());
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

// The engine's own counts of its memory, which nobody asks for, cost it a lock at each piece of memory.
void tune_engine() { [[maybe_unused]] static const int kDone = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

std::string reason_of_system() { return std::strerror(errno); }

// Enough for some thousand logins: the write-ahead log is used again and again, and only events make the file grow.
constexpr off_t kReserve = off_t{8} << 20;
constexpr std::uint64_t kAlmostFull = std::uint64_t{2} << 20;

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
  if (found) keep_reserve();  // a disk that is full by now needs its room for the log
  if (!found && role_ == Role::kCandidate) throw core::StoreUnavailable(path_ + ": there is no such file");
  guard_ = read_rollback_guard(guard_path_);
  if (!found && guard_)
    throw core::StoreUnavailable(path_ +
                                 ": the store is missing, though one was made here. Restore it from a backup; "
                                 "to start over with nobody enrolled, remove " +
                                 guard_path_);
  tune_engine();
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
    keep_reserve();
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
  try {
    sync();
  } catch (const core::StoreUnavailable&) {
    // So does the next one say, to whoever waits for it.
  }
  const std::lock_guard lock(sync_mutex_);
  log_.reset(-1);
  database_.reset();
}

void SqliteDriver::check_still_ours() {
  struct stat status = {};
  if (stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    if (std::chrono::steady_clock::now() >= next_look_at_disk_) keep_reserve();
    return;
  }
  close();
  throw core::StoreUnavailable(
      path_ + ": the store's file was removed or replaced while in use; put it back, and it is used again");
}

void SqliteDriver::configure() {
  const Pragma normal{"PRAGMA synchronous = NORMAL", "PRAGMA synchronous", std::int64_t{1}};
  const Pragma full{"PRAGMA synchronous = FULL", "PRAGMA synchronous", std::int64_t{2}};
  sqlite3_busy_timeout(database_.get(), kBusyMilliseconds);
  sqlite3_wal_hook(database_.get(), note_commit, this);
  const Pragma pragmas[] = {
      {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
      role_ == Role::kStore ? normal : full,
      {"PRAGMA secure_delete = ON", "PRAGMA secure_delete", std::int64_t{1}},
      {"PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", std::int64_t{0}},
      {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", std::int64_t{1}},
      {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", std::int64_t{0}},
  };
  for (const Pragma& pragma : pragmas) {
    if (sqlite3_exec(database_.get(), pragma.set, nullptr, nullptr, nullptr) != SQLITE_OK)
      fail(sqlite3_errmsg(database_.get()));
    const std::vector<Row> rows = run_one(pragma.ask, {});
    if (rows.size() != 1 || rows.front().front() != pragma.wanted)
      fail("the engine did not accept " + std::string(pragma.set));
  }
}

void SqliteDriver::migrate() {
  run_one(kBegin, {});
  const bool empty = run_one("SELECT 1 FROM sqlite_schema LIMIT 1", {}).empty();
  if (empty && role_ == Role::kCandidate) fail("is not a store of seimond");
  if (empty && guard_) fail("the store is empty, though one was made here; restore it from a backup");
  std::size_t schema = kOldestSchema - 1;
  if (!empty) {
    const std::vector<Row> rows = run_one(kReadSchema, {});
    if (rows.size() != 1) fail("is not a store of seimond");
    const auto found = std::get<std::int64_t>(rows.front().front());
    if (found < static_cast<std::int64_t>(kOldestSchema) || found > static_cast<std::int64_t>(kNewestSchema))
      fail("has schema " + std::to_string(found) + "; this seimond knows " + std::to_string(kOldestSchema) + " to " +
           std::to_string(kNewestSchema) + ". Run the version that made it");
    schema = static_cast<std::size_t>(found);
  }
  for (; schema < kNewestSchema; ++schema)
    if (sqlite3_exec(database_.get(), kMigrations[schema + 1 - kOldestSchema].data(), nullptr, nullptr, nullptr) !=
        SQLITE_OK)
      fail(sqlite3_errmsg(database_.get()));
  const Value now = static_cast<std::int64_t>(schema);
  run_one(kWriteSchema, {&now, 1});
  open_log();
  run_one(kCommit, {});
}

std::string SqliteDriver::problem() const {
  const std::lock_guard lock(mutex_);
  if (!guard_failure_.empty()) return guard_failure_;
  if (!reserve_is_used_) return "";
  return directory_of(path_) + ": the disk is almost full, and the store's reserve is in use; make room";
}

void SqliteDriver::keep_reserve() {
  if (role_ == Role::kCandidate) return;
  next_look_at_disk_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  const std::string reserve = path_ + ".reserve";
  const std::uint64_t free = free_bytes();
  if (free < kAlmostFull && !reserve_is_used_) {
    reserve_is_used_ = true;
    (void)unlink(reserve.c_str());
  }
  if (free < kRoomyDisk || (!reserve_is_used_ && exists(reserve))) return;
  const int fd = ::open(reserve.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool reserved = fd >= 0 && posix_fallocate(fd, 0, kReserve) == 0;
  if (fd >= 0) ::close(fd);
  if (reserved) reserve_is_used_ = false;
  else (void)unlink(reserve.c_str());
}

void SqliteDriver::copy(const std::string& path, const std::string& target) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
  const std::unique_ptr<sqlite3, CloseDatabase> database(raw);
  if (opened != SQLITE_OK) throw core::StoreUnavailable(path + ": " + sqlite3_errstr(opened));
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  const Value name = target;  // bound where it stands
  sqlite3_stmt* statement = nullptr;
  int done = sqlite3_prepare_v2(raw, "VACUUM INTO $1", -1, &statement, nullptr);
  const Owned prepared(statement);
  if (done == SQLITE_OK) done = bind(statement, 1, name);
  if (done == SQLITE_OK) done = sqlite3_step(statement);
  const std::string reason = sqlite3_errmsg(raw);
  const int fd = ::open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (done == SQLITE_DONE && synced && base::sync_folder_of(target)) return;
  (void)unlink(target.c_str());
  throw core::StoreUnavailable(target + ": " + (done == SQLITE_DONE ? reason_of_system() : reason));
}

void SqliteDriver::replace(const std::string& path, const std::string& fresh) {
  const std::string old = path + ".before-restore";
  bool good = true;
  for (const char* suffix : {"", "-wal", "-shm"}) (void)unlink((old + suffix).c_str());
  // A write-ahead log belongs to its file and would be played into the new one. There is one only if the old store
  // could not be closed in order.
  for (const char* suffix : {"-wal", "-shm"})
    good = good && (rename((path + suffix).c_str(), (old + suffix).c_str()) == 0 || errno == ENOENT);
  good = good && (link(path.c_str(), old.c_str()) == 0 || errno == ENOENT);
  // From one moment to the next, so that there is a store whenever the power goes.
  if (good && rename(fresh.c_str(), path.c_str()) == 0 && base::sync_folder_of(path)) return;
  throw core::StoreUnavailable(path + ": cannot be replaced (" + reason_of_system() + ")");
}

const SqliteDriver::Prepared& SqliteDriver::prepared(std::string_view sql) {
  const auto known = statements_.find(sql.data());
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  const int done = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (done != SQLITE_OK) fail(sqlite3_errmsg(database_.get()));
  Prepared& fresh = statements_[sql.data()];
  fresh.statement.reset(statement);
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i)
    fresh.places.push_back(sqlite3_bind_parameter_index(statement, ("$" + std::to_string(i)).c_str()));
  return fresh;
}

std::vector<std::vector<Row>> SqliteDriver::run(std::span<const Statement> statements) {
  std::vector<std::vector<Row>> all;
  for (const Statement& statement : statements) {
    all.push_back(run_one(statement.sql, statement.parameters));
    if (statement.hits && sqlite3_changes(database_.get()) != 1)
      throw core::StoreUnavailable(path_ + ": a row was changed by somebody else at the same time");
  }
  return all;
}

std::vector<Row> SqliteDriver::run_one(std::string_view sql, std::span<const Value> parameters) {
  if (database_ == nullptr) fail("is not open");
  const Prepared& known = prepared(sql);
  sqlite3_stmt* const statement = known.statement.get();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (bind(statement, known.places.at(i), parameters[i]) != SQLITE_OK) fail(sqlite3_errmsg(database_.get()));
  std::vector<Row> rows;
  int stepped = SQLITE_ROW;
  while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
    Row& row = rows.emplace_back();
    row.reserve(static_cast<std::size_t>(sqlite3_column_count(statement)) + 1);
    for (int column = 0; column < sqlite3_column_count(statement); ++column) row.push_back(value_at(statement, column));
  }
  const int code = stepped == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(database_.get());
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (stepped != SQLITE_DONE) fail_with(code);
  return rows;
}

// A damaged page concerns who has to read it; the transaction of the others stands.
void SqliteDriver::fail_with(int code) {
  const bool is_damage = (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
  const std::string reason =
      std::string(sqlite3_errstr(code & 0xFF)) + (is_damage ? "; restore a backup: seimon restore FILE" : "");
  if ((code & 0xFF) == SQLITE_CORRUPT && sqlite3_get_autocommit(database_.get()) == 0)
    throw core::StorePageDamaged(path_ + ": " + reason);
  fail(reason);
}

void SqliteDriver::fail(const std::string& what) {
  broken_ = true;
  throw core::StoreUnavailable(path_ + ": " + what);
}

}  // namespace seimon::store

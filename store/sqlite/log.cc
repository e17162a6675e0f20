// SPDX-License-Identifier: Apache-2.0
// The write-ahead log of the file: when a commit is durable.
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/ports/store.h"
#include "store/rollback_guard.h"
#include "store/sqlite/driver.h"

namespace seimon::store {

namespace {

// A page with its frame's header.
constexpr off_t kFrame = 4120;
// About as long as it gets while logins come one after the other (daemon/work/loop_executor.cc).
constexpr off_t kUsualLength = 2100 * kFrame;

}  // namespace

std::uint64_t SqliteDriver::free_bytes() const {
  struct statvfs status = {};
  if (statvfs(path_.c_str(), &status) != 0) return 0;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

// A sync that only writes over what is there takes half the time of one that makes the file longer: it is filled with
// blanks. The engine reads the log up to the first frame that is not its own, which blanks are not.
// What is there was left by a process that was killed, perhaps because a sync failed. Then the kernel shows pages that
// are not on the disk, and syncs them no more unless they are written again.
void SqliteDriver::open_log() {
  if (role_ == Role::kCandidate) return;
  base::Descriptor log(::open((path_ + "-wal").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat status = {};
  const auto cannot = [this](const char* what) {
    fail("the write-ahead log beside it cannot be " + std::string(what) + ": " + std::strerror(errno));
  };
  if (log.get() < 0 || fstat(log.get(), &status) != 0) cannot("opened");
  const off_t length = std::max(status.st_size, free_bytes() < kRoomyDisk ? 0 : kUsualLength);
  std::array<char, std::size_t{64} << 10> block{};
  for (off_t at = 0; at < length;) {
    const ssize_t found = at < status.st_size ? ::pread(log.get(), block.data(), block.size(), at) : 0;
    if (found == 0) block.fill('\0');
    const auto size = found == 0 ? std::min(static_cast<off_t>(block.size()), length - at) : off_t{found};
    if (found < 0) cannot("read");
    errno = ENOSPC;  // where less is written
    if (::pwrite(log.get(), block.data(), static_cast<std::size_t>(size), at) != size) cannot("written again");
    at += size;
  }
  if (fdatasync(log.get()) != 0) cannot("synced");
  const std::lock_guard lock(sync_mutex_);
  log_ = std::move(log);
}

// SQLite calls this after each commit that wrote to the log, instead of writing back by itself.
int SqliteDriver::note_commit(void* driver, sqlite3* /*database*/, const char* /*schema*/, int pages) {
  auto& self = *static_cast<SqliteDriver*>(driver);
  self.log_pages_ = pages;
  if (self.role_ == Role::kCandidate) return SQLITE_OK;
  const std::lock_guard lock(self.mutex_);
  ++self.commits_;
  return SQLITE_OK;
}

void SqliteDriver::sync() {
  const std::lock_guard one(sync_mutex_);
  std::unique_lock lock(mutex_);
  if (!lost_.empty()) throw core::StoreUnavailable(lost_);
  const std::uint64_t commits = commits_;
  const bool is_synced = commits == synced_;
  const auto guard = std::exchange(guard_to_write_, std::nullopt);
  lock.unlock();
  const int error = is_synced || fdatasync(log_.get()) == 0 ? 0 : errno;
  std::string failure;
  if (error == 0 && guard) {
    struct stat status = {};
    const bool is_new = stat(guard_path_.c_str(), &status) != 0;
    failure = write_rollback_guard(guard_path_, *guard);
    if (failure.empty() && is_new && !base::sync_folder_of(path_)) failure = guard_path_ + ": cannot be made durable";
  }
  lock.lock();
  if (error == 0) synced_ = commits;
  else lost_ = path_ + ": the write-ahead log beside it cannot be synced: " + std::strerror(error);
  if (guard) guard_failure_ = failure;
  if (error != 0) throw core::StoreUnavailable(lost_);
}

void SqliteDriver::keep_rollback_guard(const RollbackGuard& guard) {
  if (role_ == Role::kCandidate) return;
  guard_ = guard;
  const std::lock_guard lock(mutex_);
  guard_to_write_ = guard;
}

void SqliteDriver::write_back() noexcept {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
  const std::unique_ptr<sqlite3, CloseDatabase> database(raw);
  // A connection that has read nothing does not know of the log.
  if (opened == SQLITE_OK &&
      sqlite3_exec(raw, "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr) == SQLITE_OK)
    (void)sqlite3_wal_checkpoint_v2(raw, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace seimon::store

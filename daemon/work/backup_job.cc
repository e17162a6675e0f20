// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/backup_job.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <system_error>

#include "daemon/system/clock.h"
#include "store/sqlite/driver.h"

namespace seimon::daemon {

using store::SqliteDriver;
using store::SqlStore;

namespace {

// Zeros when it is not there.
std::pair<dev_t, ino_t> identity_of(const std::string& path) {
  struct stat status = {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace

BackupJob::BackupJob(store::SqlStore& memory, SealingKeys keys, std::string path)
    : memory_(memory),
      keys_(std::move(keys)),
      path_(std::move(path)),
      next_read_(keys_.next == nullptr ? std::pair<dev_t, ino_t>() : identity_of(keys_.next_file)) {}

bool BackupJob::is_rotating() const {
  return keys_.next != nullptr && next_read_.second != 0 && identity_of(keys_.next_file) == next_read_;
}

BackupJob::~BackupJob() {
  if (copier_.joinable()) copier_.join();
}

bool BackupJob::begin_copy() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == Copy::kUnderWay) return false;
    state_ = Copy::kUnderWay;
  }
  if (copier_.joinable()) copier_.join();
  try {
    start_copier();
  } catch (const std::system_error& error) {
    const std::lock_guard lock(mutex_);
    state_ = Copy::kFailed;
    failure_ = std::string("no thread for the copy: ") + error.what();
  }
  return true;
}

void BackupJob::start_copier() {
  copier_ = std::thread([this] {
    std::string failure;
    try {
      (void)unlink((path_ + ".backup").c_str());
      SqliteDriver::copy(path_, path_ + ".backup");
    } catch (const std::exception& error) {
      failure = error.what();
    }
    const std::lock_guard lock(mutex_);
    state_ = failure.empty() ? Copy::kDone : Copy::kFailed;
    failure_ = failure;
  });
}

BackupJob::Copy BackupJob::copy_state(std::string& failure) {
  const std::lock_guard lock(mutex_);
  const Copy state = state_;
  failure = failure_;
  return state;
}

namespace {

struct Contents {
  std::vector<std::string> methods;  // sorted
  std::vector<std::string> suspended;
};

Contents contents_of(SqlStore& store) {
  Contents contents;
  contents.methods = store.method_names();
  for (const core::UserName& user : store.suspended()) contents.suspended.push_back(user.text());
  return contents;
}

std::vector<std::string> only_in(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  std::vector<std::string> result;
  std::set_difference(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(result));
  return result;
}

}  // namespace

Restored BackupJob::restore(core::Instant now) {
  const std::vector<store::Statement> check_whole = {{"PRAGMA integrity_check(1)", {}}};
  const std::string fresh = path_ + ".restore";
  Restored restored;
  Contents theirs;
  {
    SqliteDriver driver(fresh, path_);
    SqlStore candidate(driver, keys_.wrapping, keys_.next);
    try {
      candidate.begin();
      const std::vector<store::Row> check = driver.run(check_whole).front();
      if (check.size() != 1 || check.front() != store::Row{std::string("ok")})
        throw core::StoreUnavailable(fresh + ": the file is damaged");
      theirs = contents_of(candidate);
      restored.saved = iso_time(candidate.state().latest);
      candidate.begin_epoch(std::max(now, candidate.state().latest));
      restored.epoch = candidate.state().epoch;
      // The key before an exchange that is done is gone when the service starts again.
      if (keys_.next != nullptr && !is_rotating()) candidate.rewrap();
      candidate.commit();
    } catch (const std::exception&) {
      candidate.roll_back();
      throw;
    }
    candidate.close();
  }
  try {
    memory_.begin();
    const Contents ours = contents_of(memory_);
    restored.came_back = only_in(theirs.methods, ours.methods);
    restored.resumed = only_in(ours.suspended, theirs.suspended);
    memory_.roll_back();
  } catch (const std::exception& error) {
    memory_.roll_back();
    restored.unknown = error.what();
  }
  memory_.close();
  SqliteDriver::replace(path_, fresh);
  return restored;
}

}  // namespace seimon::daemon

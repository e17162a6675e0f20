// SPDX-License-Identifier: Apache-2.0
// Takes copies of the store and puts them back (threat model U7). Files pass between it and the command, which is root,
// in the store's own folder: PATH.backup and PATH.restore.
// Always true: a copy is whole and of one moment; a store that is put back begins a new epoch before it serves.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/sql_store.h"

namespace seimon::daemon {

struct Restored {
  std::int64_t epoch = 0;
  std::string saved;                   // the moment of the backup's last minute, for people
  std::vector<std::string> came_back;  // methods that the replaced store did not have (any more), "USER LABEL"
  std::vector<std::string> resumed;    // accounts that the replaced store had suspended
  std::string unknown;                 // why the replaced store could not be compared
};

// The key that wraps the store's data key, and the next one while a rotation is under way.
struct SealingKeys {
  const store::Seal& wrapping;
  std::string file;                   // that `wrapping` was read from
  const store::Seal* next = nullptr;  // null: no rotation is under way
  std::string next_file;
};

class BackupJob {
 public:
  BackupJob(store::SqlStore& memory, SealingKeys keys, std::string path);
  BackupJob(const BackupJob&) = delete;
  BackupJob& operator=(const BackupJob&) = delete;
  ~BackupJob();

  // Begins a copy; the logins go on meanwhile. False when one is under way, which is somebody else's.
  [[nodiscard]] bool begin_copy();
  enum class Copy { kNone, kUnderWay, kDone, kFailed };
  // Of the newest copy. `failure` is set for kFailed.
  [[nodiscard]] Copy copy_state(std::string& failure);
  // The store is wrapped by the key that still stands in the file of the next one: seimon key rotate has not ended.
  [[nodiscard]] bool is_rotating() const;
  [[nodiscard]] const std::string& key_file() const { return keys_.file; }
  // REQUIRES no transaction. Throws core::StoreUnavailable, and then the old store stands as it was.
  [[nodiscard]] Restored restore(core::Instant now);

 private:
  void start_copier();

  store::SqlStore& memory_;
  SealingKeys keys_;
  std::string path_;
  std::pair<dev_t, ino_t> next_read_{};  // which file that was
  std::mutex mutex_;
  Copy state_ = Copy::kNone;  // guarded by mutex_
  std::string failure_;       // guarded by mutex_
  std::thread copier_;
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Port to the write-ahead log of a store of our own. There a commit is one of the process until the log is synced, and
// then one of the disk (https://www.sqlite.org/wal.html). A server's commit needs no such thing.
#pragma once

#include <cstdint>

namespace seimon::store {

class WriteAheadLog {
 public:
  virtual ~WriteAheadLog() = default;
  // Makes durable all that was committed before the call. Throws core::StoreUnavailable; then nobody knows what of it
  // is on the disk, and the kernel does not try again: the process has to end, and open() writes the log anew. Any
  // thread.
  virtual void sync() = 0;
  // The number of pages in it, as of the last commit. On the store's thread.
  [[nodiscard]] virtual std::int64_t log_pages() const = 0;
  // Writes pages of the log back into the store, so that the next commit may begin the log anew. Commits go on
  // meanwhile. What fails is left for the next time. Any thread.
  virtual void write_back() noexcept = 0;
};

}  // namespace seimon::store

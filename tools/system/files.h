// SPDX-License-Identifier: Apache-2.0
// Whole files, copied durably between a place of root's and the store's folder, which belongs to the service: root
// follows no link there, opens nothing but plain files of its owner, and touches no name but the ones it means.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace seimon::tools {

// `text` as a new file with mode 0600, on disk before this returns. Throws Stop when something stands there already or
// it cannot be written; then nothing is left there.
void write_new_file(const std::string& path, std::string_view text);

// Copies the rest of `from`; false with errno.
[[nodiscard]] bool pump(int from, int to);
// All of a file; empty when it is not there or cannot be read.
[[nodiscard]] std::string contents_of(const std::string& path);
// Adds to a file of ours, on disk before this returns. Throws Stop.
void append_line(const std::string& path, std::string_view text);
// Throws Stop when something stands there.
void demand_new(const std::string& path);
// The first line of a file, or of standard input for "-": where a key or passphrase stands. Throws Stop.
[[nodiscard]] std::string read_secret_line(const std::string& path);

// The folder of the store at `path`, held open. Throws Stop unless it is a folder of the account `seimon` (or of root).
class StoreFolder {
 public:
  explicit StoreFolder(const std::string& path);
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;
  ~StoreFolder();

  // No other backup or restore uses its files while this object lives. Throws Stop when one does.
  void demand_alone() const;
  // NAME.suffix to be read; the caller closes it.
  [[nodiscard]] int open_to_read(const std::string& suffix) const;
  // Copies NAME.suffix out of it to `target`, a new file of ours with mode 0600, and removes it there.
  void take(const std::string& suffix, const std::string& target) const;
  // A new file NAME.suffix to be written, of the folder's owner once settle() was called; what stands there goes first.
  [[nodiscard]] int open_to_write(const std::string& suffix) const;
  // On disk, and its owner's. False with errno.
  [[nodiscard]] bool settle(int fd) const;
  // Copies `source` into it as a new file NAME.suffix.
  void put(const std::string& source, const std::string& suffix) const;
  void remove(const std::string& suffix) const;

 private:
  std::string name_;  // of the store in its folder
  int folder_ = -1;
  uid_t owner_ = 0;
  gid_t group_ = 0;
};

}  // namespace seimon::tools

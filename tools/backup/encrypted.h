// SPDX-License-Identifier: Apache-2.0
// Backups: the store and its sealing key in one file, locked by seimon-backup-crypto.
#pragma once

#include <string>

#include "tools/terminal/options.h"

namespace seimon::tools {

// The lock of a backup.
struct EncryptionOptions {
  std::string key_file;
  std::string passphrase_file;

  void add_to(Options& options);
  // Asked for on a terminal where no option says it; twice, when `is_new`. Throws Stop.
  [[nodiscard]] std::string secret(bool is_new) const;
};

[[nodiscard]] bool is_encrypted_backup(const std::string& path);
// `target`, a new file with mode 0600, from the sealing key and all that can be read from `store`. Nothing of the two
// touches a disk unlocked. Throws Stop; then nothing is left of it.
void encrypt_backup(const std::string& target, const std::string& sealing_key, int store, const std::string& secret);
// The sealing key; the store is written to `store` (-1: nowhere). Throws Stop: then what was written there is of no
// use.
[[nodiscard]] std::string decrypt_backup(const std::string& source, int store, const std::string& secret);

}  // namespace seimon::tools

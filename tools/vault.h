// SPDX-License-Identifier: Apache-2.0
// Backups: the store and its sealing key in one file, locked by seimon-vault.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace seimon::tools {

// What a backup is locked with.
struct VaultOptions {
  std::string key_file;
  std::string passphrase_file;

  void add_to(CLI::App& app);
  // Asked for on a terminal where no option says it; twice, when `is_new`. Throws Stop.
  [[nodiscard]] std::string secret(bool is_new) const;
};

[[nodiscard]] bool is_vault(const std::string& path);
// `target`, a new file with mode 0600, from the sealing key and the copy of the store at `store`. Throws Stop; then
// nothing is left of it.
void lock_vault(const std::string& target, const std::string& sealing_key, const std::string& store,
                const std::string& secret);
// The sealing key; the store becomes the new file `store`. Throws Stop; then nothing is left of it.
[[nodiscard]] std::string unlock_vault(const std::string& source, const std::string& store, const std::string& secret);

}  // namespace seimon::tools

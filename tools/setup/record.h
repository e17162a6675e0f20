// SPDX-License-Identifier: Apache-2.0
// The record of a seimon setup, kept under /var/backups/seimon: a folder for each time, with the files as they were,
// the files as they are meant, and the script that puts them back, which needs nothing but cp, mv, rm and sync.
// Always true: the copies, the script and systemd's timer, if there is to be one, are on disk before the first file is
// changed. A file is replaced at once: whoever reads it, and whatever a power cut leaves, has the old one or the new
// one.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/setup/plan.h"

namespace seimon::tools {

class Record {
 public:
  // A new one. Throws Stop when one waits to be confirmed, or it cannot be written.
  // `afterwards`: lines of its script for when the files are back.
  Record(std::string service, const std::vector<Change>& changes, const std::string& afterwards = "");
  // The newest that was not undone, or the one that waits to be confirmed. Throws Stop when there is none.
  static Record newest();
  static Record unconfirmed();

  // Undone after that time, unless it is confirmed: by a timer of systemd, also after a reboot; without systemd by a
  // process that waits.
  void arm(std::chrono::seconds after) const;
  // Puts the files in place, sshd's first; then `between` may throw a Stop before any stack is changed. Throws Stop.
  void apply(const std::function<void()>& between) const;
  // Saves the newest events of the trail: a login that confirms comes after them.
  void remember_newest(const nlohmann::json& events) const;
  // Puts the files back. Throws Stop.
  void undo() const;
  // Whatever is changed stays, also after a power cut. Throws Stop when that cannot be written.
  void confirm() const;

  [[nodiscard]] const std::string& service() const { return service_; }
  // The lines of the script.
  [[nodiscard]] std::string way_back() const;
  // Files that somebody has changed since.
  [[nodiscard]] std::vector<std::string> changed_since() const;
  // This process belongs to a login by that service that began after the files were changed.
  [[nodiscard]] bool is_new_login() const;
  // One of the processes that we stand on has the word that our auth line leaves in the environment of a login: its
  // own word, for a host that has no trail to look at.
  [[nodiscard]] bool came_to_our_line() const;
  // Among `events` (oldest first) one is of a login by that service that our line let pass since then.
  [[nodiscard]] bool has_passed(const nlohmann::json& events) const;

 private:
  explicit Record(std::string folder);
  [[nodiscard]] std::string in(const std::string& name) const { return folder_ + "/" + name; }
  void disarm() const;

  std::string folder_;
  std::string service_;
  std::vector<std::string> paths_;
};

}  // namespace seimon::tools

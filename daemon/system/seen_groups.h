// SPDX-License-Identifier: Apache-2.0
// Names of groups that the configuration uses and that the name service has known on this host, kept in a file so that
// they survive a restart. A directory that is down often answers "no such group" instead of an error: a name that was
// there before and is missing now is therefore not "nobody is a member" but "cannot tell" (threat model N3).
// Always true: a name that was added stays until an administrator takes it out of the file.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace seimon::daemon {

// Any thread.
class SeenGroups {
 public:
  static constexpr std::size_t kMost = 4096;

  // Reads `path`, one name a line; a file that is missing or cannot be read is an empty one.
  explicit SeenGroups(std::string path);
  void add(const std::string& name);
  [[nodiscard]] bool has(const std::string& name) const;
  // The names that membership has to be asked for: each of `patterns` that is a plain name, and each seen name that one
  // with `*` or `?` matches.
  [[nodiscard]] std::vector<std::string> named_by(const std::vector<std::string>& patterns) const;

 private:
  std::string path_;
  mutable std::mutex mutex_;
  std::set<std::string> names_;  // guarded by mutex_
};

}  // namespace seimon::daemon

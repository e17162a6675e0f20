// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/seen_groups.h"

#include <cstdio>
#include <stdexcept>

#include "base/files.h"
#include "core/policy/policy.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostBytes = 2 * 1024 * 1024;

bool is_pattern(const std::string& name) { return name.find_first_of("*?") != std::string::npos; }

// A failed write is repeated at the next new name; until then the names are in memory.
void write(const std::string& path, const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  (void)base::replace_file(path, text);
}

}  // namespace

SeenGroups::SeenGroups(std::string path) : path_(std::move(path)) {
  std::string text;
  try {
    text = base::read_file(path_, kMostBytes);
  } catch (const std::runtime_error&) {
    return;
  }
  for (std::size_t at = 0; at < text.size() && names_.size() < kMost;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) names_.insert(text.substr(at, end - at));
    at = end + 1;
  }
}

void SeenGroups::add(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (names_.size() >= kMost || name.find('\n') != std::string::npos) return;
  if (names_.insert(name).second && !path_.empty()) write(path_, names_);
}

bool SeenGroups::has(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return names_.contains(name);
}

std::vector<std::string> SeenGroups::named_by(const std::vector<std::string>& patterns) const {
  std::set<std::string> names;
  const std::lock_guard lock(mutex_);
  for (const std::string& pattern : patterns) {
    if (!is_pattern(pattern)) names.insert(pattern);
    else
      for (const std::string& seen : names_)
        if (core::glob_matches(pattern, seen)) names.insert(seen);
  }
  return {names.begin(), names.end()};
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// One libconfig setting, read strictly: each accessor returns a value of exactly its type or throws a ConfigError that
// names the setting's file and line.
#pragma once

#include <libconfig.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "daemon/config/error.h"

namespace seimon::daemon {

class Setting {
 public:
  Setting(const config_setting_t* setting, const std::string& file) : setting_(setting), file_(&file) {}

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string place() const;  // file:line
  [[nodiscard]] std::vector<Setting> children() const;
  [[nodiscard]] bool is_group() const;
  [[nodiscard]] bool is_list() const;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] int number(int low, int high) const;
  // A chance: a number above 0 and up to 1.
  [[nodiscard]] double chance() const;
  // `[ "a", "b" ]`, or one text for a list of one.
  [[nodiscard]] std::vector<std::string> texts() const;
  // "90s", "15m", "24h", "400d".
  [[nodiscard]] core::seconds duration() const;
  // "2026-04-04T00:00:00+09:00", or a bare date for its first second in local time.
  [[nodiscard]] core::Instant moment() const;

  [[noreturn]] void fail(const std::string& reason, const std::string& fix) const;
  // fail() for a name that is none of `known`, naming the nearest.
  [[noreturn]] void fail_unknown(std::string_view what, std::string_view name,
                                 std::span<const std::string_view> known) const;

 private:
  const config_setting_t* setting_;
  const std::string* file_;
};

// One key and how it is read. `path` is what the manual calls it.
template <class Target>
struct Key {
  std::string_view path;
  void (*read)(Target& target, const Setting& setting);
};

template <class Value>
Value one_of(const Setting& setting, std::optional<Value> (*parse)(std::string_view),
             std::span<const std::string_view> known) {
  const std::string text = setting.text();
  const std::optional<Value> value = parse(text);
  if (!value) setting.fail_unknown(setting.name(), text, known);
  return *value;
}

template <class Target, std::size_t N>
void read_group(const Setting& group, const std::array<Key<Target>, N>& keys, Target& target, std::string_view what) {
  if (!group.is_group()) group.fail(std::string(what) + " is not a group", "write { key = value; … }");
  for (const Setting& setting : group.children()) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key<Target>& candidate) { return candidate.path == setting.name(); });
    if (key == keys.end()) {
      std::vector<std::string_view> known;
      for (const Key<Target>& candidate : keys) known.push_back(candidate.path);
      setting.fail_unknown("key of a " + std::string(what), setting.name(), known);
    }
    key->read(target, setting);
  }
}

}  // namespace seimon::daemon

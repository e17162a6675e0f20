// SPDX-License-Identifier: Apache-2.0
// Port to the users that the store knows, all of them together.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/types.h"

namespace seimon::core {

class UserDirectory {
 public:
  virtual ~UserDirectory() = default;
  // Names only, for the time when the store is unavailable; Store::account() decides while it is not.
  [[nodiscard]] virtual std::set<UserName> suspended() = 0;
  // The same; nothing if nobody else can have been suspended or resumed since the last call.
  [[nodiscard]] virtual std::optional<std::set<UserName>> suspended_since() = 0;
  // `count` names after the name `after`, without decoy records.
  [[nodiscard]] virtual std::vector<std::string> names_after(const std::string& after, int count) = 0;
  // Removes everything of a user but events.
  virtual void forget(const UserName& user) = 0;
};

}  // namespace seimon::core

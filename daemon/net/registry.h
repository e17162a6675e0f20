// SPDX-License-Identifier: Apache-2.0
// The handlers of one kind by connection. A callback that comes later keeps the id of its connection and finds the
// handler here, or null if the connection has closed meanwhile.
#pragma once

#include <unordered_map>

#include "daemon/net/handler.h"

namespace seimon::daemon {

template <class T>
class Registry {
 public:
  void add(ConnectionId id, T& handler) { handlers_.insert_or_assign(static_cast<std::uint64_t>(id), &handler); }
  void remove(ConnectionId id) { handlers_.erase(static_cast<std::uint64_t>(id)); }
  [[nodiscard]] T* find(ConnectionId id) const {
    const auto found = handlers_.find(static_cast<std::uint64_t>(id));
    return found == handlers_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::size_t size() const { return handlers_.size(); }

 private:
  std::unordered_map<std::uint64_t, T*> handlers_;
};

}  // namespace seimon::daemon

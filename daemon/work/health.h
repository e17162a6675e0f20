// SPDX-License-Identifier: Apache-2.0
// Problems that the service noticed while it ran, for status and doctor.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/ports/store.h"
#include "core/types.h"
#include "daemon/system/journal.h"

namespace seimon::daemon {

// Any thread.
class Health {
 public:
  struct Facts {
    std::string store;                           // what to fix; empty when nothing
    std::string config;                          // why the file is not what is in force
    std::string groups;                          // which the configuration names and nobody can tell of
    std::string sending;                         // of codes: few of those that were sent are used
    std::string gates;                           // of a stateless login host: what is wrong with all of them
    std::string came_back;                       // an older state of the store did, and when
    std::string pages;                           // of the store's file are damaged, and what helps
    std::map<std::string, std::string> damaged;  // by what was said of it; at most kMostDamages
  };
  [[nodiscard]] Facts facts() const;
  void note_store(const std::string& failure);
  void note_config(const std::string& failure);
  void note_sending(const std::string& failure);
  void note_gates(const std::string& failure);
  // Also to `journal` when it is not what was noted before.
  void note_groups(const std::string& failure, Journal& journal);
  void note_came_back(const std::string& text);
  void note_damage(const core::StoreDamaged& damage, core::Instant when);
  void note_damage(const std::string& what, core::Instant when);
  // Of one user: it was repaired.
  void forget_damage_of(const std::string& user);
  // Another store is in its place.
  void forget_all();

 private:
  static constexpr std::size_t kMostDamages = 100;
  mutable std::mutex mutex_;
  Facts facts_;  // guarded by mutex_
};

}  // namespace seimon::daemon

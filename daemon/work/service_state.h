// SPDX-License-Identifier: Apache-2.0
// State that the loop and the workers share: the configuration in force, suspended users, the clock, problems.
// Always true: a worker sees a change of it from its next batch on; nothing changes during a batch. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "daemon/config/config.h"
#include "daemon/system/clock.h"
#include "daemon/system/journal.h"
#include "daemon/work/health.h"

namespace seimon::daemon {

class ServiceState {
 public:
  using Suspended = std::optional<std::set<core::UserName>>;  // nothing: unknown
  // A worker's copy for one batch.
  struct Copy {
    std::unique_ptr<const Config> config;
    Suspended suspended;
    std::uint64_t config_version = 0;
    std::uint64_t suspended_version = 0;
  };

  // `host`: its name in a shared store; empty with a store of our own.
  ServiceState(Journal& journal, Config config, std::string host)
      : journal_(journal), host_(std::move(host)), config_(std::move(config)) {}

  // Brings `copy` up to date.
  void refresh(Copy& copy) const;
  // Batches that begin later use `config`.
  void replace_config(Config config);
  void learn_suspended(Suspended users);
  // A worker read `users` and committed: for its own copy, and for the others'.
  void keep_suspended(Copy& copy, std::set<core::UserName> users);

  [[nodiscard]] ClockWatch& clock() { return clock_; }
  [[nodiscard]] Health& health() { return health_; }
  [[nodiscard]] Journal& journal() { return journal_; }
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  Journal& journal_;
  std::string host_;
  ClockWatch clock_;
  Health health_;
  mutable std::mutex mutex_;
  Config config_;                        // guarded by mutex_
  std::uint64_t config_version_ = 1;     // guarded by mutex_
  Suspended suspended_;                  // guarded by mutex_: as some worker read it last
  std::uint64_t suspended_version_ = 0;  // guarded by mutex_
};

}  // namespace seimon::daemon

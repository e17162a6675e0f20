// SPDX-License-Identifier: Apache-2.0
// Chooses the engine of the store: the file of this host, or a server, whose driver is a module of its own that is
// loaded if the configuration names one.
#pragma once

#include <memory>
#include <vector>

#include "daemon/config/config.h"
#include "store/driver.h"
#include "store/postgres/driver.h"
#include "store/write_ahead_log.h"

namespace seimon::daemon {

class Engine {
 public:
  // The connections that the configuration asks for; one to a file. Throws ConfigError when the module is not
  // installed. REQUIRES that the process may still open files.
  explicit Engine(const Config& config);
  [[nodiscard]] const std::vector<std::unique_ptr<store::Driver>>& drivers() const { return drivers_; }
  // Of a file; null where there is none.
  [[nodiscard]] store::WriteAheadLog* log() const { return log_; }

 private:
  store::PostgresShared shared_;
  std::vector<std::unique_ptr<store::Driver>> drivers_;
  store::WriteAheadLog* log_ = nullptr;  // one of them
};

}  // namespace seimon::daemon

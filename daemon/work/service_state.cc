// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/service_state.h"

#include <utility>

namespace seimon::daemon {

void ServiceState::refresh(Copy& copy) const {
  const std::lock_guard lock(mutex_);
  if (copy.config_version != config_version_) {
    copy.config = std::make_unique<Config>(config_);
    copy.config_version = config_version_;
  }
  if (copy.suspended_version != suspended_version_) {
    copy.suspended = suspended_;
    copy.suspended_version = suspended_version_;
  }
}

void ServiceState::replace_config(Config config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
  ++config_version_;
}

void ServiceState::learn_suspended(Suspended users) {
  const std::lock_guard lock(mutex_);
  if (suspended_ == users) return;
  suspended_ = std::move(users);
  ++suspended_version_;
}

void ServiceState::keep_suspended(Copy& copy, std::set<core::UserName> users) {
  if (copy.suspended != users) {
    const std::lock_guard lock(mutex_);
    suspended_ = users;
    copy.suspended_version = ++suspended_version_;
  }
  copy.suspended = std::move(users);
}

}  // namespace seimon::daemon

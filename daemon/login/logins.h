// SPDX-License-Identifier: Apache-2.0
// Shared by all logins. One instance, owned by main; used on the loop's thread.
#pragma once

#include "daemon/login/visits.h"
#include "daemon/net/registry.h"
#include "daemon/system/processes.h"
#include "daemon/work/service.h"

namespace seimon::daemon {

class Login;

struct Logins {
  explicit Logins(Service& all) : service(all), openers(all.loop) {}

  Service& service;
  Registry<Login> open;
  Visits visits;
  ProcessWatch openers;  // processes that opened sessions
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Available to every connection. One instance, owned by main; all of it is used on the loop's thread.
#pragma once

#include <string>

#include <asio/io_context.hpp>

#include "daemon/config/config.h"
#include "daemon/system/groups.h"
#include "daemon/system/journal.h"
#include "daemon/work/code_sender.h"
#include "daemon/work/event_log.h"
#include "daemon/work/executor.h"
#include "daemon/work/service_state.h"
#include "daemon/work/spool.h"

namespace seimon::daemon {

struct Service {
  asio::io_context& loop;
  Executor& executor;
  ServiceState& state;
  EventLog& events;
  Groups& groups;
  Journal& journal;
  Spool& spool;
  Outbox& outbox;
  CodeSender& sender;
  Config config;  // workers have their own copies (ServiceState)
  std::string host;
  std::string boot;  // the kernel's id of this boot; empty if it cannot be read, and then there are no tickets
};

}  // namespace seimon::daemon

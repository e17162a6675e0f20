// SPDX-License-Identifier: Apache-2.0
// Records events: in syslog, and in the store, or in its spool if the store cannot take them.
// Always true: an event that record() or keep() was given is in the store, in the spool, or syslog says that it is in
// syslog alone. On the loop.
#pragma once

#include <optional>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "core/login/event.h"
#include "daemon/system/journal.h"
#include "daemon/work/executor.h"
#include "daemon/work/spool.h"

namespace seimon::daemon {

class EventLog {
 public:
  // `is_shared`: the store is a server's, which other hosts read and other threads write.
  EventLog(asio::io_context& loop, Executor& executor, Journal& journal, Spool& spool, bool is_shared)
      : loop_(loop), executor_(executor), journal_(journal), spool_(spool), is_shared_(is_shared) {}

  // To syslog now, and to the store as soon as it can.
  void record(const std::vector<core::Event>& events);
  // To the store only, for events that syslog has.
  void keep(const std::vector<core::Event>& events);
  // The same; in a store of our own together with the events of the next moments.
  void keep_soon(const std::vector<core::Event>& events);
  // Sends what keep_soon() still holds.
  void flush();

 private:
  asio::io_context& loop_;
  Executor& executor_;
  Journal& journal_;
  Spool& spool_;
  bool is_shared_;
  std::vector<core::Event> waiting_;
  std::optional<asio::steady_timer> soon_;
};

}  // namespace seimon::daemon

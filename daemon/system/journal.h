// SPDX-License-Identifier: Apache-2.0
// Lines to the system log, facility authpriv: systemd's journal with the fields of an event where there is one
// (systemd's "Native Journal Protocol"), else syslog(3)'s socket; and standard error in the foreground.
// Unlike syslog(3) it says whether the line was taken: a skipped second step needs a record.
#pragma once

#include <ctime>
#include <mutex>
#include <string>
#include <string_view>

#include "core/login/event.h"

namespace seimon::daemon {

class Journal {
 public:
  // `foreground`: standard error too.
  explicit Journal(bool foreground, std::string journal = "/run/systemd/journal/socket",
                   std::string syslog = "/dev/log")
      : foreground_(foreground), journal_{std::move(journal)}, syslog_{std::move(syslog)} {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  // LOG_INFO, LOG_WARNING, LOG_ERR. True when syslog took the line; how many it did not take is logged when it
  // is back. Never blocks. Any thread.
  bool write(int priority, std::string_view line);
  // The event's line; in the journal also its fields: SEIMON_EVENT, SEIMON_USER, ….
  bool write(const core::Event& event);

 private:
  struct Socket {
    std::string path;
    int fd = -1;
    std::time_t absent = 0;  // when nobody was there last
    [[nodiscard]] bool connect();
    [[nodiscard]] bool send(const std::string& datagram);
    void close();
  };
  // `fields`: whole lines of the native protocol.
  bool write_with(int priority, std::string_view line, const std::string& fields);

  bool foreground_;
  std::mutex mutex_;
  Socket journal_;            // guarded by mutex_
  Socket syslog_;             // guarded by mutex_
  std::uint64_t missed_ = 0;  // guarded by mutex_: lines that neither took
};

}  // namespace seimon::daemon

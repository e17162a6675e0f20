// SPDX-License-Identifier: Apache-2.0
// Lines to the system log: syslog(3)'s socket, facility authpriv, and standard error in the foreground.
// Unlike syslog(3) it says whether the line was taken: a skipped second step needs a record.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace seimon::daemon {

class Journal {
 public:
  // `foreground`: standard error too.
  explicit Journal(bool foreground, std::string socket = "/dev/log")
      : foreground_(foreground), socket_(std::move(socket)) {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  // LOG_INFO, LOG_WARNING, LOG_ERR. True when the system log took the line. Never blocks. Any thread.
  bool write(int priority, std::string_view line);

 private:
  [[nodiscard]] bool connect();
  bool foreground_;
  std::string socket_;
  std::mutex mutex_;
  int fd_ = -1;  // guarded by mutex_
};

}  // namespace seimon::daemon

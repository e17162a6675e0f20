// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

namespace seimon::daemon {

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

bool Journal::connect() {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return false;
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  ::close(fd_);
  fd_ = -1;
  return false;
}

bool Journal::write(int priority, std::string_view line) {
  if (foreground_) std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  std::array<char, 32> stamp{};
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  // RFC 3164 §4.1.2, as syslog(3) writes it.
  if (localtime_r(&now, &parts) != nullptr) (void)std::strftime(stamp.data(), stamp.size(), "%h %e %T", &parts);
  const std::string datagram = "<" + std::to_string(LOG_AUTHPRIV | priority) + ">" + stamp.data() + " seimond[" +
                               std::to_string(getpid()) + "]: " + std::string(line);
  const std::lock_guard lock(mutex_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (fd_ < 0 && !connect()) return false;
    if (::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(datagram.size()))
      return true;
    // The log service was restarted: connect anew, once.
    ::close(fd_);
    fd_ = -1;
  }
  return false;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/activation.h"

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace seimon::daemon {

namespace {

constexpr int kFirstPassed = 3;  // SD_LISTEN_FDS_START
constexpr int kBacklog = 4096;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.front() != '/' || path.size() >= sizeof address.sun_path)
    throw std::runtime_error("socket path '" + path + "': must be absolute and shorter than 108 bytes");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool somebody_listens(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  const bool refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       (errno == ECONNREFUSED || errno == ENOENT);
  ::close(probe);
  return !refused;
}

}  // namespace

int passed_socket() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr || std::to_string(getpid()) != pid) return -1;
  if (std::string_view(count) != "1")
    throw std::runtime_error(std::string("LISTEN_FDS=") + count + ": exactly one socket is expected");
  int listening = 0;
  socklen_t size = sizeof listening;
  if (getsockopt(kFirstPassed, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0)
    throw std::runtime_error("the passed descriptor is not a listening socket");
  if (fcntl(kFirstPassed, F_SETFD, FD_CLOEXEC) != 0) throw std::runtime_error("the passed socket cannot be used");
  return kFirstPassed;
}

int open_socket(const std::string& path) {
  const sockaddr_un address = address_of(path);
  struct stat status = {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode))
      throw std::runtime_error(path + ": is in the way and is not a socket\n  remove it, or choose another --socket");
    if (somebody_listens(address))
      throw std::runtime_error(path +
                               ": another seimond is answering there\n  stop that one, or choose another --socket");
    if (unlink(path.c_str()) != 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  }
  const std::string directory = path.substr(0, path.rfind('/'));
  if (!directory.empty() && mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    throw std::runtime_error(directory + ": " + std::strerror(errno));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0666) != 0 || ::listen(fd, kBacklog) != 0)
    throw std::runtime_error(path + ": " + std::strerror(errno));
  return fd;
}

std::chrono::microseconds watchdog_time() {
  const char* text = std::getenv("WATCHDOG_USEC");
  const char* pid = std::getenv("WATCHDOG_PID");
  if (text == nullptr || (pid != nullptr && std::to_string(getpid()) != pid)) return {};
  std::uint64_t time = 0;
  const std::string_view digits(text);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
  const bool good = failure == std::errc() && end == digits.data() + digits.size() && time <= UINT32_MAX;
  return std::chrono::microseconds(good ? time : 0);
}

void tell_supervisor(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || path[0] == '\0') return;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the supervisor's own abstract socket
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

}  // namespace seimon::daemon

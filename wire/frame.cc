// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace seimon::wire {

namespace {

constexpr long long kSecond = 1'000'000'000;

long long monotonic_now() {
  timespec now = {};
  // Cannot fail for CLOCK_MONOTONIC with a valid pointer; if it did, every deadline would already have passed.
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return static_cast<long long>(~0ULL >> 1);
  return static_cast<long long>(now.tv_sec) * kSecond + now.tv_nsec;
}

// Milliseconds left, rounded up; 0 when the deadline has passed.
int milliseconds_left(Deadline deadline) {
  long long left = static_cast<long long>(deadline) - monotonic_now();
  if (left <= 0) return 0;
  return static_cast<int>((left + 999'999) / 1'000'000);
}

Failure wait_for(int fd, short events, Deadline deadline) {
  while (true) {
    int left = milliseconds_left(deadline);
    if (left == 0) return Failure::kTimeout;
    pollfd entry = {fd, events, 0};
    int ready = poll(&entry, 1, left);
    if (ready > 0) return Failure::kNone;
    if (ready < 0 && errno != EINTR) return Failure::kSystem;
  }
}

// A host may have closed its standard descriptors: a socket on fd 0-2 would receive its prints.
int above_standard(int fd) {
  if (fd < 0 || fd > 2) return fd;
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  ::close(fd);
  return moved;
}

Failure check_owner(int fd, Owner owner) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) return Failure::kSystem;
  return owner.any || peer.uid == owner.uid ? Failure::kNone : Failure::kNotTrusted;
}

}  // namespace

Deadline deadline_in(int seconds) { return Deadline{monotonic_now() + seconds * kSecond}; }

const char* failure_text(Failure failure) {
  switch (failure) {
    case Failure::kNone: return "no failure";
    case Failure::kNoSocket: return "seimond is not running";
    case Failure::kNotTrusted: return "the socket was not opened by the expected user";
    case Failure::kTimeout: return "seimond did not answer in time";
    case Failure::kClosed: return "seimond closed the connection";
    case Failure::kSystem: return "a system call failed";
  }
  return "unknown failure";
}

Failure Connection::connect(const char* path, Owner owner, Deadline deadline) {
  close();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::size_t length = std::strlen(path);
  // An abstract socket has no owner in the file system, and its name can be taken by anybody.
  if (path[0] != '/' || length >= sizeof address.sun_path) return Failure::kNoSocket;
  std::memcpy(address.sun_path, path, length + 1);
  fd_ = above_standard(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd_ < 0) return Failure::kSystem;
  while (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      close();
      return Failure::kNoSocket;
    }
    // The backlog is full. There is no event for "room again" (unix(7)), so look again shortly.
    int left = milliseconds_left(deadline);
    if (left == 0) {
      close();
      return Failure::kTimeout;
    }
    poll(nullptr, 0, left < 5 ? left : 5);
  }
  Failure checked = check_owner(fd_, owner);
  if (checked != Failure::kNone) close();
  return checked;
}

Failure Connection::send(std::string_view message, Deadline deadline) {
  if (fd_ < 0) return Failure::kClosed;
  while (!message.empty()) {
    ssize_t sent = ::send(fd_, message.data(), message.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      message.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      Failure waited = wait_for(fd_, POLLOUT, deadline);
      if (waited != Failure::kNone) return waited;
    } else if (sent == 0 || errno != EINTR) {
      return Failure::kClosed;
    }
  }
  return Failure::kNone;
}

Failure Connection::receive(char* buffer, std::size_t capacity, std::string_view& message, Deadline deadline) {
  if (fd_ < 0) return Failure::kClosed;
  std::size_t size = 0;
  while (true) {
    Failure waited = wait_for(fd_, POLLIN, deadline);
    if (waited != Failure::kNone) return waited;
    ssize_t got = ::recv(fd_, buffer + size, capacity - size, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (got <= 0) return Failure::kClosed;
    const void* end = std::memchr(buffer + size, '\0', static_cast<std::size_t>(got));
    size += static_cast<std::size_t>(got);
    if (end != nullptr) {
      auto length = static_cast<std::size_t>(static_cast<const char*>(end) - buffer);
      if (length + 1 != size) return Failure::kClosed;
      message = {buffer, length};
      return Failure::kNone;
    }
    if (size == capacity) return Failure::kClosed;
  }
}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace seimon::wire

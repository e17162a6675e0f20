// SPDX-License-Identifier: Apache-2.0
#include "store/rollback_guard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "core/ports/store.h"

namespace seimon::store {

namespace {

constexpr std::size_t kSize = 96;  // numbers, blanks, the end of the line

}  // namespace

std::optional<RollbackGuard> read_rollback_guard(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  std::array<char, kSize> text{};
  const ssize_t got = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (got < 0) throw core::StoreUnavailable(path + ": " + std::strerror(error));
  RollbackGuard guard;
  std::int64_t synchronous = 1;
  const char* at = text.data();
  const char* const end = text.data() + got;
  for (std::int64_t* number : {&guard.generation, &guard.epoch, &guard.timeline, &synchronous}) {
    while (at < end && *at == ' ') ++at;
    at = std::from_chars(at, end, *number).ptr;
  }
  guard.synchronous = synchronous == 1;
  return guard;
}

std::string write_rollback_guard(const std::string& path, const RollbackGuard& guard) {
  std::array<char, kSize> text{};
  text.fill(' ');
  const std::string line = std::to_string(guard.generation) + " " + std::to_string(guard.epoch) + " " +
                           std::to_string(guard.timeline) + (guard.synchronous ? " 1" : " 0");
  std::copy(line.begin(), line.end(), text.begin());  // four numbers are at most 81 characters
  text.back() = '\n';
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool written =
      fd >= 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) && fdatasync(fd) == 0;
  const std::string reason = written ? "" : std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (written) return "";
  return path + ": cannot be written (" + reason + "); a store put back by hand would go unnoticed";
}

}  // namespace seimon::store

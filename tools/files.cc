// SPDX-License-Identifier: Apache-2.0
#include "tools/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tools/client.h"

namespace seimon::tools {

namespace {

[[noreturn]] void fail(const std::string& path) {
  const Exit code = errno == EACCES || errno == EPERM ? kNotPermitted : kBadInput;
  throw Stop{code, path + ": " + std::strerror(errno), ""};
}

bool pump(int from, int to) {
  std::array<char, 65536> block{};
  while (true) {
    const ssize_t got = ::read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    for (ssize_t written = 0; written < got;) {
      const ssize_t done = ::write(to, block.data() + written, static_cast<std::size_t>(got - written));
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      written += done;
    }
  }
}

}  // namespace

void copy_file(const std::string& from, const std::string& to, uid_t owner, gid_t group) {
  const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat status = {};
  if (source < 0 || fstat(source, &status) != 0) fail(from);
  if (!S_ISREG(status.st_mode)) throw Stop{kBadInput, from + ": is not a regular file", ""};
  const int target = ::open(to.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (target < 0) {
    const int error = errno;
    ::close(source);
    errno = error;
    fail(to);
  }
  const bool good = pump(source, target) && fchown(target, owner, group) == 0 && fsync(target) == 0;
  const int error = errno;
  ::close(source);
  if (::close(target) == 0 && good) return;
  (void)unlink(to.c_str());
  errno = error;
  fail(to);
}

}  // namespace seimon::tools

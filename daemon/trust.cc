// SPDX-License-Identifier: Apache-2.0
#include "daemon/trust.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seimon::daemon {

namespace {

std::string reason_for_one(const std::string& path, const struct stat& status, uid_t also) {
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return path + ": others may write to it\n  run: chmod go-w " + path;
  if (status.st_uid != 0 && status.st_uid != geteuid() && status.st_uid != also)
    return path + ": belongs to uid " + std::to_string(status.st_uid) + "\n  run: chown root " + path;
  return "";
}

}  // namespace

std::string reason_not_to_trust(const std::string& path, uid_t also) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return path + ": " + std::strerror(errno);
  std::string reason = reason_for_one(path, status, also);
  if (!reason.empty() || S_ISDIR(status.st_mode)) return reason;
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
  if (stat(directory.c_str(), &status) != 0) return directory + ": " + std::strerror(errno);
  return reason_for_one(directory, status, also);
}

std::string read_file(const std::string& path, std::size_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  struct stat status = {};
  std::string content;
  bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  int error = good ? 0 : EINVAL;
  while (good) {
    char block[4096];
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    content.append(block, static_cast<std::size_t>(got));
    explicit_bzero(block, sizeof block);
    if (content.size() > most) error = EFBIG, good = false;
  }
  ::close(fd);
  if (error != 0)
    throw std::runtime_error(path + ": " + (error == EINVAL ? "not a regular file" : std::strerror(error)));
  return content;
}

}  // namespace seimon::daemon

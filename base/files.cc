// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seimon::base {

namespace {

[[noreturn]] void fail(const std::string& path, const char* reason) { throw std::runtime_error(path + ": " + reason); }

}  // namespace

void Descriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

std::string read_all(int fd, const std::string& path, std::size_t most) {
  std::string content;
  while (true) {
    char block[4096];
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, std::strerror(errno));
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
    explicit_bzero(block, sizeof block);
    if (content.size() > most) fail(path, std::strerror(EFBIG));
  }
}

std::string read_file(const std::string& path, std::size_t most) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (fd.get() < 0) fail(path, std::strerror(errno));
  struct stat status = {};
  if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) fail(path, "not a regular file");
  return read_all(fd.get(), path, most);
}

bool sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && fsync(fd.get()) == 0;
}

bool replace_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  bool good = false;
  {
    const Descriptor fd(::open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
    good = fd.get() >= 0 && write_all(fd.get(), text) && fdatasync(fd.get()) == 0;
  }
  return good && ::rename(fresh.c_str(), path.c_str()) == 0 && sync_folder_of(path);
}

}  // namespace seimon::base

// SPDX-License-Identifier: Apache-2.0
#include "tools/system/files.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/files.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

[[noreturn]] void fail(const std::string& path) {
  const Exit code = errno == EACCES || errno == EPERM ? kNotPermitted : kBadInput;
  throw Stop{code, path + ": " + std::strerror(errno), ""};
}

// Plain, and nobody else's name for something.
bool is_plain(int fd, uid_t owner) {
  struct stat status = {};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_uid == owner;
}

}  // namespace

bool pump(int from, int to) {
  std::array<char, 65536> block{};
  while (true) {
    const ssize_t got = ::read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    if (!base::write_all(to, {block.data(), static_cast<std::size_t>(got)})) return false;
  }
}

void write_new_file(const std::string& path, std::string_view text) {
  const int to = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (to < 0) fail(path);
  const bool good = base::write_all(to, text) && fsync(to) == 0 && base::sync_folder_of(path);
  const int error = errno;
  if (::close(to) == 0 && good) return;
  (void)unlink(path.c_str());
  errno = error;
  fail(path);
}

std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void append_line(const std::string& path, std::string_view text) {
  const int to = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (to < 0) fail(path);
  const bool good = base::write_all(to, text) && fsync(to) == 0;
  const int error = errno;
  ::close(to);
  errno = error;
  if (!good) fail(path);
}

void demand_new(const std::string& path) {
  struct stat status = {};
  if (lstat(path.c_str(), &status) == 0)
    throw Stop{kBadInput, filled(_("{1}: is there already; it was left as it is"), {path}), ""};
}

std::string read_secret_line(const std::string& path) {
  const int fd = path == "-" ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path);
  std::string line;
  char c = 0;
  ssize_t got = 0;
  while ((got = ::read(fd, &c, 1)) == 1 && c != '\n' && line.size() < 4096) line += c;
  ::close(fd);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (got < 0 || line.empty()) throw Stop{kBadInput, path + ": has no first line", ""};
  return line;
}

StoreFolder::StoreFolder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  name_ = path.substr(slash + 1);
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status = {};
  if (folder_ < 0 || fstat(folder_, &status) != 0) fail(folder);
  const passwd* account = getpwnam("seimon");
  const bool ours = account != nullptr && status.st_uid == account->pw_uid;
  if (name_.empty() || !(ours || status.st_uid == geteuid())) {
    ::close(folder_);
    throw Stop{kBadInput, folder + ": is not the service's folder", ""};
  }
  owner_ = status.st_uid;
  group_ = status.st_gid;
}

StoreFolder::~StoreFolder() { ::close(folder_); }

void StoreFolder::demand_alone() const {
  if (flock(folder_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) fail(name_);
  throw Stop{kNo, _("another backup or restore is under way; try again when it has ended"), ""};
}

int StoreFolder::open_to_read(const std::string& suffix) const {
  const std::string name = name_ + suffix;
  const int from = openat(folder_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (from < 0) fail(name);
  if (is_plain(from, owner_)) return from;
  ::close(from);
  throw Stop{kBadInput, name + ": is not a plain file of the service; nothing was copied", ""};
}

void StoreFolder::take(const std::string& suffix, const std::string& target) const {
  const int from = open_to_read(suffix);
  const int to = ::open(target.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool good = to >= 0 && pump(from, to) && fsync(to) == 0 && base::sync_folder_of(target);
  const int error = errno;
  ::close(from);
  if (to >= 0) ::close(to);
  errno = error;
  if (to < 0) fail(target);
  if (!good) {
    (void)unlink(target.c_str());
    errno = error;
    fail(target);
  }
  remove(suffix);
}

int StoreFolder::open_to_write(const std::string& suffix) const {
  for (const char* tail : {"", "-wal", "-shm"}) remove(suffix + tail);
  const std::string name = name_ + suffix;
  const int to = openat(folder_, name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (to < 0) fail(name);
  return to;
}

bool StoreFolder::settle(int fd) const { return fchown(fd, owner_, group_) == 0 && fsync(fd) == 0; }

void StoreFolder::put(const std::string& source, const std::string& suffix) const {
  const int from = ::open(source.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status = {};
  if (from < 0 || fstat(from, &status) != 0) fail(source);
  if (!S_ISREG(status.st_mode)) {
    ::close(from);
    throw Stop{kBadInput, source + ": is not a regular file", ""};
  }
  const int to = open_to_write(suffix);
  const bool good = pump(from, to) && settle(to);
  const int error = errno;
  ::close(from);
  ::close(to);
  if (good) return;
  remove(suffix);
  errno = error;
  fail(name_ + suffix);
}

void StoreFolder::remove(const std::string& suffix) const { (void)unlinkat(folder_, (name_ + suffix).c_str(), 0); }

}  // namespace seimon::tools

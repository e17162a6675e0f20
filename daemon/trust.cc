// SPDX-License-Identifier: Apache-2.0
#include "daemon/trust.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

namespace seimon::daemon {

namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

[[noreturn]] void fail(const std::string& path, int error) {
  throw std::runtime_error(path + ": " + (error == EINVAL ? "not a regular file" : std::strerror(error)));
}

std::string reason_for_one(const std::string& path, const struct stat& status, uid_t also) {
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
    return path + ": others may write to it\n  run: chmod go-w " + path;
  if (status.st_uid != 0 && status.st_uid != geteuid() && status.st_uid != also)
    return path + ": belongs to uid " + std::to_string(status.st_uid) + "\n  run: chown root " + path;
  return "";
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  void take(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// One walk along a path, looking at each step.
class Walk {
 public:
  Walk(const std::string& path, uid_t also) : path_(path), also_(also), at_(::open("/", O_PATH | O_CLOEXEC)) {
    std::string whole = path;
    if (!path.starts_with('/')) {
      std::array<char, PATH_MAX> here{};
      if (::getcwd(here.data(), here.size()) == nullptr) fail(path, errno);
      whole = std::string(here.data()) + "/" + path;
    }
    add_front(whole);
    look("/");
  }

  // The last component, opened with `flags`.
  [[nodiscard]] int open(int flags) {
    while (!left_.empty()) {
      const std::string name = left_.front();
      left_.pop_front();
      struct stat status = {};
      if (fstatat(at_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail(path_, errno);
      if (S_ISLNK(status.st_mode)) {
        follow(name);
        continue;
      }
      const bool is_last = left_.empty();
      const int how = is_last && !S_ISDIR(status.st_mode) ? flags : O_PATH | (is_last ? 0 : O_DIRECTORY);
      const int next = openat(at_.get(), name.c_str(), how | O_NOFOLLOW | O_CLOEXEC);
      if (next < 0) fail(path_, errno);
      at_.take(next);
      seen_ = name == ".." ? seen_.substr(0, seen_.rfind('/')) : seen_ + "/" + name;
      look(is_last && links_ == 0 ? path_ : seen_);
    }
    return at_.release();
  }

 private:
  void add_front(const std::string& path) {
    std::deque<std::string> parts;
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      if (end > at && path.compare(at, end - at, ".") != 0) parts.push_back(path.substr(at, end - at));
      at = end + 1;
    }
    left_.insert(left_.begin(), parts.begin(), parts.end());
  }

  void follow(const std::string& name) {
    std::array<char, PATH_MAX> target{};
    const ssize_t length = readlinkat(at_.get(), name.c_str(), target.data(), target.size() - 1);
    if (length < 0) fail(path_, errno);
    if (++links_ > kMostLinks) fail(path_, ELOOP);
    const std::string text(target.data(), static_cast<std::size_t>(length));
    if (text.starts_with('/')) {
      at_.take(::open("/", O_PATH | O_CLOEXEC));
      seen_.clear();
    }
    add_front(text);
  }

  void look(const std::string& name) const {
    struct stat status = {};
    if (fstat(at_.get(), &status) != 0) fail(name, errno);
    const std::string reason = reason_for_one(name, status, also_);
    if (!reason.empty()) throw std::runtime_error(reason);
  }

  std::string path_;
  uid_t also_;
  Descriptor at_;
  std::deque<std::string> left_;
  std::string seen_;
  int links_ = 0;
};

std::string content_of(int fd, const std::string& path, std::size_t most) {
  std::string content;
  while (true) {
    char block[4096];
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, errno);
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
    explicit_bzero(block, sizeof block);
    if (content.size() > most) fail(path, EFBIG);
  }
}

}  // namespace

TrustedFile::TrustedFile(const std::string& path, uid_t also)
    : path_(path), fd_(Walk(path, also).open(O_RDONLY | O_NOCTTY | O_NONBLOCK)) {
  if (fstat(fd_, &status_) == 0 && S_ISREG(status_.st_mode)) return;
  ::close(fd_);
  fail(path, EINVAL);
}

TrustedFile::~TrustedFile() { ::close(fd_); }

std::string TrustedFile::text(std::size_t most) const {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (lseek(fd_, 0, SEEK_SET) != 0) fail(path_, errno);
  std::string text = content_of(fd_, path_, most);
  const std::size_t zero = text.find('\0');
  if (zero != std::string::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
    throw std::runtime_error(path_ + ":" + std::to_string(line) +
                             ": holds a zero byte, so it is no text (a file cut off by a power loss?)\n"
                             "  put it back from a backup, or write it anew");
  }
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

std::string reason_not_to_trust(const std::string& path, uid_t also) {
  try {
    const Descriptor found(Walk(path, also).open(O_PATH));
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string read_file(const std::string& path, std::size_t most) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (fd.get() < 0) fail(path, errno);
  struct stat status = {};
  if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) fail(path, EINVAL);
  return content_of(fd.get(), path, most);
}

bool replace_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  bool good = false;
  {
    const Descriptor fd(::open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
    good = fd.get() >= 0 && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
           fdatasync(fd.get()) == 0;
  }
  return good && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/trust.h"

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

#include "base/files.h"

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
      at_.reset(next);
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
      at_.reset(::open("/", O_PATH | O_CLOEXEC));
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
  base::Descriptor at_;
  std::deque<std::string> left_;
  std::string seen_;
  int links_ = 0;
};

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
  std::string text = base::read_all(fd_, path_, most);
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
    const base::Descriptor found(Walk(path, also).open(O_PATH));
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Files: an owned descriptor, whole reads and writes, and a replacement that survives a power cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace seimon::base {

// Owns a file descriptor; -1: none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(-1); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  // Closes what it has.
  void reset(int fd);

 private:
  int fd_;
};

// Writes all of `text`; false with errno.
[[nodiscard]] bool write_all(int fd, std::string_view text);

// From here to the end of the file. Throws std::runtime_error naming `path`, also if that is more than `most` bytes.
// What was read is wiped from the stack.
[[nodiscard]] std::string read_all(int fd, const std::string& path, std::size_t most);

// The whole of a regular file of at most `most` bytes. Throws std::runtime_error: "PATH: reason".
[[nodiscard]] std::string read_file(const std::string& path, std::size_t most);

// The name of `path` in its folder survives a power cut: after it was made, renamed, linked or removed. False with
// errno.
[[nodiscard]] bool sync_folder_of(const std::string& path);

// Writes `text` to PATH.new, syncs it and renames it to `path`; false, and the old file stays, if any of it fails.
[[nodiscard]] bool replace_file(const std::string& path, const std::string& text);

}  // namespace seimon::base

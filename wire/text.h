// SPDX-License-Identifier: Apache-2.0
// A text of bounded length that lives inside its owner: no heap, so it fits a PAM module, and it can be wiped.
// Always true: size() <= N, and c_str() ends in NUL. Bytes >= 0x80 are carried as they come; whoever gives them a
// meaning validates them.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace seimon::wire {

template <std::size_t N>
class Text {
 public:
  static constexpr std::size_t kCapacity = N;

  // Only what is in use has a value: a message has room for many kilobytes and holds a few hundred bytes. Where one is
  // a variable, __attribute__((uninitialized)) spares that room the zeros of -ftrivial-auto-var-init.
  Text() { bytes_[0] = '\0'; }
  // False, and unchanged, when `text` is longer than N bytes or contains NUL.
  [[nodiscard]] bool assign(std::string_view text) {
    if (text.size() > N || std::memchr(text.data(), '\0', text.size()) != nullptr) return false;
    size_ = 0;
    for (char c : text) bytes_[size_++] = c;
    bytes_[size_] = '\0';
    return true;
  }
  // False when full.
  [[nodiscard]] bool push(char c) {
    if (size_ == N) return false;
    bytes_[size_++] = c;
    bytes_[size_] = '\0';
    return true;
  }
  // Overwrites what is in use. A shorter text over a longer one leaves the end of that: wipe().
  void clear() {
    explicit_bzero(bytes_, size_);
    size_ = 0;
  }
  // Overwrites the whole block.
  void wipe() {
    explicit_bzero(bytes_, sizeof bytes_);
    size_ = 0;
  }

  [[nodiscard]] std::string_view view() const { return {bytes_, size_}; }
  [[nodiscard]] const char* c_str() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  char bytes_[N + 1];
  std::size_t size_ = 0;
};

}  // namespace seimon::wire

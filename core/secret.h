// SPDX-License-Identifier: Apache-2.0
// Bytes that must not be left behind: a method's key, the sealing key.
// MUST: 1. never copied; 2. overwritten when it goes; 3. compared in constant time; 4. never printed: there is no
// stream operator, and the bytes come out only through reveal(), so that a grep lists each use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::core {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::uint8_t> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  // `size` random bytes of the kernel (getrandom through RAND_priv_bytes). Throws std::runtime_error when there are
  // none.
  [[nodiscard]] static Secret random(std::size_t size);

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] std::span<const std::uint8_t> reveal() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] bool operator==(const Secret& other) const;

 private:
  void wipe();
  std::vector<std::uint8_t> bytes_;
};

// Overwrites a text that held a code or a key, its whole capacity.
void wipe(std::string& text);

// 32 random bits, from the same source.
[[nodiscard]] std::uint32_t random_bits();

// 128 random bits as 32 hexadecimal digits: the name of a conversation, a request, a link.
// Throws as Secret::random does.
[[nodiscard]] std::string random_id();

// Text that is kept like a key, such as an address.
[[nodiscard]] Secret secret_of(std::string_view text);
[[nodiscard]] std::string text_of(const Secret& secret);

// RFC 4648 base32 without padding, upper case.
[[nodiscard]] std::string base32(const Secret& secret);
// Blanks and hyphens are skipped, case does not matter, padding at the end is allowed. Empty Secret when anything else
// stands there or the last character holds bits that belong to no byte.
[[nodiscard]] Secret from_base32(std::string_view text);

}  // namespace seimon::core

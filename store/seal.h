// SPDX-License-Identifier: Apache-2.0
// Encrypts and authenticates stored records, against readers and writers of the disk.
//
// Model: the sealing key (seal.key, outside the store) wraps random data keys kept in the store. A data key seals
// secrets (AES-256-GCM, NIST SP 800-38D, random 96-bit nonce) and authenticates the clear values beside them
// (HMAC-SHA-256), each bound to where it belongs: user, record and version.
// Any thread may open() and close(); mac() and has_mac() are for one at a time.
// Always true: what open() returns was sealed by us for exactly that place; anything else is StoreDamaged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/factors/hmac.h"
#include "core/secret.h"
#include "store/driver.h"

namespace seimon::store {

inline constexpr std::size_t kKeyBytes = 32;

class Seal {
 public:
  // REQUIRES 32 bytes.
  explicit Seal(core::Secret key);

  // nonce ‖ ciphertext ‖ tag. `place` is authenticated, not stored.
  [[nodiscard]] Blob close(const core::Secret& secret, const std::string& place) const;
  // Throws core::StoreDamaged naming `place`.
  [[nodiscard]] core::Secret open(std::span<const std::uint8_t> sealed, const std::string& place) const;
  // Of the values of a row of `table`.
  [[nodiscard]] Blob mac(std::string_view table, std::span<const Value> values) const;
  [[nodiscard]] bool has_mac(std::string_view table, std::span<const Value> values, const Blob& mac) const;

 private:
  core::Secret sealing_;
  mutable core::Hmac authenticating_;
};

}  // namespace seimon::store

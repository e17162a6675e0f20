// SPDX-License-Identifier: Apache-2.0
// HMAC (RFC 2104) under one key, again and again: what can be done once a key, or once a program, is not done for each
// text. Not for two threads at a time.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "core/secret.h"

namespace seimon::core {

enum class Algorithm : std::uint8_t { kSha1, kSha256, kSha512 };

class Hmac {
 public:
  struct Code {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
    std::size_t size = 0;
    [[nodiscard]] std::span<const std::uint8_t> view() const { return std::span(bytes).first(size); }
  };

  // Throws std::runtime_error when libcrypto cannot.
  Hmac(Algorithm algorithm, const Secret& key);
  [[nodiscard]] Code of(std::span<const std::uint8_t> text);

 private:
  struct Free {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  std::unique_ptr<EVP_MAC_CTX, Free> context_;
};

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/factors/hmac.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <stdexcept>
#include <string>

namespace seimon::core {

namespace {

constexpr std::size_t kLeastBytes = 20;  // SHA-1's

// Without a key. Looking an algorithm up costs libcrypto more than computing with it.
EVP_MAC_CTX* made_unkeyed(std::string name) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                                   OSSL_PARAM_construct_end()};
  return context != nullptr && EVP_MAC_CTX_set_params(context, parameters) == 1 ? context : nullptr;
}

EVP_MAC_CTX* unkeyed(Algorithm algorithm) {
  static const std::array<EVP_MAC_CTX*, 3> kUnkeyed = {made_unkeyed("SHA1"), made_unkeyed("SHA256"),
                                                       made_unkeyed("SHA512")};
  return kUnkeyed.at(static_cast<std::size_t>(algorithm));
}

void require(bool done) {
  if (!done) throw std::runtime_error("libcrypto cannot compute an HMAC");
}

}  // namespace

Hmac::Hmac(Algorithm algorithm, const Secret& key) {
  const EVP_MAC_CTX* without = unkeyed(algorithm);
  require(without != nullptr);
  context_.reset(EVP_MAC_CTX_dup(without));
  require(context_ != nullptr && EVP_MAC_init(context_.get(), key.reveal().data(), key.size(), nullptr) == 1);
}

Hmac::Code Hmac::of(std::span<const std::uint8_t> text) {
  Code code;
  // From the beginning: nothing of a text that failed is in the next.
  require(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
          EVP_MAC_update(context_.get(), text.data(), text.size()) == 1 &&
          EVP_MAC_final(context_.get(), code.bytes.data(), &code.size, code.bytes.size()) == 1 &&
          code.size >= kLeastBytes);
  return code;
}

}  // namespace seimon::core

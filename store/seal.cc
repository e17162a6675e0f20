// SPDX-License-Identifier: Apache-2.0
#include "store/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "core/ports/store.h"

namespace seimon::store {

namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Found once: looking it up costs libcrypto more than a record does.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return kCipher;
}

void require(bool done) {
  if (!done) throw std::runtime_error("libcrypto failed");
}

int length_of(std::size_t size) { return static_cast<int>(size); }

// One step of HKDF-Expand (RFC 5869 §2.3): the data key is random already.
core::Secret derived(const core::Secret& key, std::string_view purpose) {
  Blob info(purpose.begin(), purpose.end());
  info.push_back(1);
  core::Hmac::Code code = core::Hmac(core::Algorithm::kSha256, key).of(info);
  core::Secret secret(code.view());
  OPENSSL_cleanse(code.bytes.data(), code.bytes.size());
  return secret;
}

void append_number(Blob& bytes, std::uint64_t number) {
  std::array<std::uint8_t, 8> big_endian{};
  for (std::size_t i = big_endian.size(); i-- > 0; number >>= 8) big_endian[i] = static_cast<std::uint8_t>(number);
  bytes.insert(bytes.end(), big_endian.begin(), big_endian.end());
}

template <class Bytes>
void append(Blob& bytes, std::uint8_t type, const Bytes& value) {
  bytes.push_back(type);
  append_number(bytes, value.size());
  bytes.insert(bytes.end(), value.begin(), value.end());
}

constexpr std::uint8_t kText = 2;  // place of a text in Value
static_assert(std::is_same_v<std::variant_alternative_t<kText, Value>, std::string>);

// The table, then each value with its type and length in front, so that no two lists have the same bytes.
Blob canonical(std::string_view table, std::span<const Value> values) {
  Blob bytes;
  bytes.reserve(1024);
  append(bytes, kText, table);
  for (const Value& value : values) {
    const auto type = static_cast<std::uint8_t>(value.index());
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      bytes.push_back(type);
      append_number(bytes, static_cast<std::uint64_t>(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      append(bytes, type, *text);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      append(bytes, type, *blob);
    } else {
      bytes.push_back(type);
    }
  }
  return bytes;
}

}  // namespace

Seal::Seal(core::Secret key)
    : sealing_(derived(key, "seimon sealing v1")),
      authenticating_(core::Algorithm::kSha256, derived(key, "seimon authenticating v1")) {}

Blob Seal::close(const core::Secret& secret, const std::string& place) const {
  const core::Secret nonce = core::Secret::random(kNonceBytes);
  Blob sealed(nonce.reveal().begin(), nonce.reveal().end());
  sealed.resize(kNonceBytes + secret.size() + kTagBytes);
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  require(context != nullptr);
  require(EVP_EncryptInit_ex(context.get(), cipher(), nullptr, sealing_.reveal().data(), sealed.data()) == 1);
  const auto* text = reinterpret_cast<const unsigned char*>(place.data());
  require(EVP_EncryptUpdate(context.get(), nullptr, &written, text, length_of(place.size())) == 1);
  require(EVP_EncryptUpdate(context.get(), sealed.data() + kNonceBytes, &written, secret.reveal().data(),
                            length_of(secret.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), sealed.data() + kNonceBytes + written, &written) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                              sealed.data() + sealed.size() - kTagBytes) == 1);
  return sealed;
}

core::Secret Seal::open(std::span<const std::uint8_t> sealed, const std::string& place) const {
  if (sealed.size() < kNonceBytes + kTagBytes) throw core::StoreDamaged(place + ": too short to be sealed");
  const std::span<const std::uint8_t> text = sealed.subspan(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  Blob tag(sealed.end() - kTagBytes, sealed.end());
  Blob plain(text.size() + 1);
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  require(context != nullptr);
  require(EVP_DecryptInit_ex(context.get(), cipher(), nullptr, sealing_.reveal().data(), sealed.data()) == 1);
  const auto* bound = reinterpret_cast<const unsigned char*>(place.data());
  require(EVP_DecryptUpdate(context.get(), nullptr, &written, bound, length_of(place.size())) == 1);
  require(EVP_DecryptUpdate(context.get(), plain.data(), &written, text.data(), length_of(text.size())) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
  const bool genuine = EVP_DecryptFinal_ex(context.get(), plain.data() + written, &written) == 1;
  core::Secret secret;
  if (genuine) secret = core::Secret(std::span(plain).first(text.size()));
  OPENSSL_cleanse(plain.data(), plain.size());
  if (!genuine) throw core::StoreDamaged(place + ": the seal is broken");
  return secret;
}

Blob Seal::mac(std::string_view table, std::span<const Value> values) const {
  const core::Hmac::Code code = authenticating_.of(canonical(table, values));
  return {code.view().begin(), code.view().end()};
}

bool Seal::has_mac(std::string_view table, std::span<const Value> values, const Blob& mac) const {
  const core::Hmac::Code expected = authenticating_.of(canonical(table, values));
  return mac.size() == expected.size && CRYPTO_memcmp(mac.data(), expected.bytes.data(), expected.size) == 0;
}

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
#include "tools/pskc/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <stdexcept>
#include "base/text.h"

namespace seimon::pskc {

namespace {

struct Cipher {
  std::string_view uri;
  std::size_t key_bytes;
  std::size_t block;
  bool wraps;  // authenticates itself (RFC 3394), without IV and padding
  const EVP_CIPHER* (*cipher)();
};
constexpr std::array<Cipher, 10> kCiphers = {{
    {"http://www.w3.org/2001/04/xmlenc#aes128-cbc", 16, 16, false, EVP_aes_128_cbc},
    {"http://www.w3.org/2001/04/xmlenc#aes192-cbc", 24, 16, false, EVP_aes_192_cbc},
    {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", 32, 16, false, EVP_aes_256_cbc},
    {"http://www.w3.org/2001/04/xmlenc#tripledes-cbc", 24, 8, false, EVP_des_ede3_cbc},
    {"http://www.w3.org/2001/04/xmldsig-more#camellia128-cbc", 16, 16, false, EVP_camellia_128_cbc},
    {"http://www.w3.org/2001/04/xmldsig-more#camellia192-cbc", 24, 16, false, EVP_camellia_192_cbc},
    {"http://www.w3.org/2001/04/xmldsig-more#camellia256-cbc", 32, 16, false, EVP_camellia_256_cbc},
    {"http://www.w3.org/2001/04/xmlenc#kw-aes128", 16, 8, true, EVP_aes_128_wrap},
    {"http://www.w3.org/2001/04/xmlenc#kw-aes192", 24, 8, true, EVP_aes_192_wrap},
    {"http://www.w3.org/2001/04/xmlenc#kw-aes256", 32, 8, true, EVP_aes_256_wrap},
}};
const Cipher* cipher_of(std::string_view uri) {
  for (const Cipher& row : kCiphers)
    if (row.uri == uri) return &row;
  return nullptr;
}

struct Digest {
  std::string_view uri;
  const EVP_MD* (*digest)();
};
constexpr std::array<Digest, 8> kDigests = {{
    {"", EVP_sha1},
    {"http://www.w3.org/2000/09/xmldsig#hmac-sha1", EVP_sha1},
    {kHmacSha256, EVP_sha256},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha384", EVP_sha384},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha512", EVP_sha512},
    {"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#hmac-sha1", EVP_sha1},
    {"hmacWithSHA1", EVP_sha1},
    {"hmacWithSHA256", EVP_sha256},
}};

constexpr std::size_t kBlock = 16;

const EVP_MD* digest_of(std::string_view uri) {
  for (const Digest& row : kDigests)
    if (row.uri == uri) return row.digest();
  return nullptr;
}

const unsigned char* raw(const Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

// Without OpenSSL's own padding: XML Encryption fills the last block with anything.
std::optional<Bytes> run(const EVP_CIPHER* cipher, bool encrypts, const Bytes& key, const Bytes& iv, const Bytes& in) {
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Bytes out(in.size() + kBlock, '\0');
  int first = 0;
  int rest = 0;
  if (context) EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  const bool good = context &&
                    EVP_CipherInit_ex(context.get(), cipher, nullptr, raw(key), iv.empty() ? nullptr : raw(iv),
                                      encrypts ? 1 : 0) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
                    EVP_CipherUpdate(context.get(), raw(out), &first, raw(in), static_cast<int>(in.size())) == 1 &&
                    EVP_CipherFinal_ex(context.get(), raw(out) + first, &rest) == 1;
  if (!good) return std::nullopt;
  out.resize(static_cast<std::size_t>(first) + static_cast<std::size_t>(rest));
  return out;
}

}  // namespace

std::string aes_uri(std::size_t key_bytes) {
  for (const Cipher& row : kCiphers)
    if (row.key_bytes == key_bytes) return std::string(row.uri);  // AES stands first
  return "";
}

std::string reason_not_to_decrypt(std::string_view uri, std::size_t key_bytes) {
  const Cipher* cipher = cipher_of(uri);
  if (cipher == nullptr) return "the cipher \"" + std::string(uri) + "\" is not read here";
  if (cipher->key_bytes == key_bytes) return "";
  return "the cipher \"" + std::string(uri) + "\" takes a key of " + std::to_string(cipher->key_bytes) +
         " bytes, and this one has " + std::to_string(key_bytes);
}

bool authenticates_itself(std::string_view uri) {
  const Cipher* cipher = cipher_of(uri);
  return cipher != nullptr && cipher->wraps;
}

std::optional<Bytes> decrypt(std::string_view uri, const Bytes& key, const Bytes& value) {
  const Cipher* cipher = cipher_of(uri);
  if (cipher == nullptr || cipher->key_bytes != key.size()) return std::nullopt;
  const std::size_t block = cipher->block;
  if (value.size() < 2 * block || value.size() % block != 0) return std::nullopt;
  if (cipher->wraps) return run(cipher->cipher(), false, key, "", value);
  auto plain = run(cipher->cipher(), false, key, value.substr(0, block), value.substr(block));
  const std::size_t padding = plain && !plain->empty() ? static_cast<unsigned char>(plain->back()) : 0;
  if (!plain || padding == 0 || padding > block) return std::nullopt;
  plain->resize(plain->size() - padding);
  return plain;
}

Bytes encrypt(const Bytes& key, const Bytes& plain) {
  const Bytes iv = random_bytes(kBlock);
  const std::size_t padding = kBlock - plain.size() % kBlock;
  for (const Cipher& row : kCiphers)
    if (row.key_bytes == key.size())
      if (const auto out = run(row.cipher(), true, key, iv, plain + Bytes(padding, static_cast<char>(padding))))
        return iv + *out;
  throw std::runtime_error("cannot encrypt: the key must have 16, 24 or 32 bytes");
}

std::optional<Bytes> mac(std::string_view uri, const Bytes& key, const Bytes& value) {
  const EVP_MD* digest = uri.empty() ? nullptr : digest_of(uri);
  if (digest == nullptr) return std::nullopt;
  Bytes out(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  if (HMAC(digest, key.data(), static_cast<int>(key.size()), raw(value), value.size(), raw(out), &length) == nullptr)
    return std::nullopt;
  out.resize(length);
  return out;
}

bool is_same(const Bytes& one, const Bytes& other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::optional<Bytes> derive(std::string_view prf, const Bytes& passphrase, const Bytes& salt, int rounds,
                            std::size_t bytes) {
  constexpr int kMostRounds = 10'000'000;
  const EVP_MD* digest = digest_of(prf);
  if (digest == nullptr || rounds < 1 || rounds > kMostRounds || bytes == 0 || bytes > 64) return std::nullopt;
  Bytes key(bytes, '\0');
  if (PKCS5_PBKDF2_HMAC(passphrase.data(), static_cast<int>(passphrase.size()), raw(salt),
                        static_cast<int>(salt.size()), rounds, digest, static_cast<int>(bytes), raw(key)) != 1)
    return std::nullopt;
  return key;
}

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count, '\0');
  if (RAND_bytes(raw(bytes), static_cast<int>(count)) != 1) throw std::runtime_error("no random bytes");
  return bytes;
}

std::optional<Bytes> from_base64(std::string_view text) {
  Bytes letters;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') letters += c;
  if (letters.empty() || letters.size() % 4 != 0) return std::nullopt;
  Bytes bytes(letters.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(raw(bytes), raw(letters), static_cast<int>(letters.size())) < 0) return std::nullopt;
  for (int i = 0; i < 2 && letters.back() == '='; ++i) {
    letters.pop_back();
    bytes.pop_back();
  }
  return bytes;
}

std::string base64(const Bytes& bytes) {
  Bytes letters((bytes.size() + 2) / 3 * 4 + 1, '\0');
  letters.resize(static_cast<std::size_t>(EVP_EncodeBlock(raw(letters), raw(bytes), static_cast<int>(bytes.size()))));
  return letters;
}

std::optional<Bytes> from_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Bytes bytes;
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kDigits.find(static_cast<char>(text[i] | 32));
    const std::size_t low = kDigits.find(static_cast<char>(text[i + 1] | 32));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high << 4U | low);
  }
  return bytes;
}

std::string hex(const Bytes& bytes) {
  return base::hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace seimon::pskc

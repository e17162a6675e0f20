// SPDX-License-Identifier: Apache-2.0
// seimon-backup-crypto lock|unlock: what `seimon backup` writes and `seimon restore` reads. A filter between standard
// input and standard output; the passphrase, or the bytes of a key file, comes on descriptor 3.
//
// The format: "seimon-backup-1\n", 16 bytes of salt, then pieces of 64 KiB, each AES-256-GCM with its tag behind it.
// The key is scrypt (N = 2^16, r = 8, p = 1) of the secret and the salt. A piece's nonce is its number and, in the
// first byte, whether it is the last: pieces cannot be dropped, doubled or put in another order.
//
// MUST: nothing of a piece is written before its tag was found right; a backup that is cut short is refused.
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace seimon::crypto {

namespace {

constexpr std::string_view kMagic = "seimon-backup-1\n";
constexpr std::size_t kSalt = 16;
constexpr std::size_t kPiece = 65536;
constexpr std::size_t kTag = 16;
constexpr std::uint64_t kRounds = std::uint64_t{1} << 16U;
constexpr std::uint64_t kMostMemory = std::uint64_t{256} << 20U;

using Key = std::array<unsigned char, 32>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// Up to `most` bytes; fewer only at the end.
std::string read_some(std::FILE* from, std::size_t most) {
  std::string bytes(most, '\0');
  bytes.resize(std::fread(bytes.data(), 1, most, from));
  if (std::ferror(from) != 0) throw std::runtime_error("cannot be read");
  return bytes;
}

void write(const std::string& bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) throw std::runtime_error("cannot be written");
}

Key key_of(const std::string& salt) {
  constexpr std::size_t kMostSecret = 65536;
  std::FILE* from = fdopen(3, "r");
  if (from == nullptr) throw std::runtime_error("there is no passphrase or key");
  std::string secret = read_some(from, kMostSecret);
  Key key{};
  const bool good = !secret.empty() &&
                    EVP_PBE_scrypt(secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                                   salt.size(), kRounds, 8, 1, kMostMemory, key.data(), key.size()) == 1;
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!good) throw std::runtime_error("the passphrase or key is empty");
  return key;
}

std::array<unsigned char, 12> nonce_of(std::uint64_t number, bool last) {
  std::array<unsigned char, 12> nonce{};
  nonce[0] = last ? 1 : 0;
  for (unsigned i = 0; i < 8; ++i) nonce[4 + i] = static_cast<unsigned char>(number >> (56U - 8U * i));
  return nonce;
}

std::string sealed(const Key& key, std::uint64_t number, bool last, std::string plain) {
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const auto nonce = nonce_of(number, last);
  std::string out(plain.size() + kTag, '\0');
  int done = 0;
  int rest = 0;
  const bool good =
      context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
      EVP_EncryptUpdate(context.get(), raw(out), &done, raw(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), raw(out) + done, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, raw(out) + plain.size()) == 1;
  if (!good) throw std::runtime_error("cannot be encrypted");
  return out;
}

std::string opened(const Key& key, std::uint64_t number, bool last, std::string piece) {
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const auto nonce = nonce_of(number, last);
  const std::size_t size = piece.size() < kTag ? 0 : piece.size() - kTag;
  std::string out(size + 1, '\0');
  int done = 0;
  int rest = 0;
  const bool good = piece.size() >= kTag && context &&
                    EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
                    EVP_DecryptUpdate(context.get(), raw(out), &done, raw(piece), static_cast<int>(size)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, raw(piece) + size) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), raw(out) + done, &rest) == 1;
  if (!good)
    throw std::runtime_error(number == 0 ? "another passphrase or key, or it was changed"
                                         : "it was changed or cut short, at piece " + std::to_string(number));
  out.resize(size);
  return out;
}

void lock() {
  std::string salt(kSalt, '\0');
  if (RAND_bytes(raw(salt), kSalt) != 1) throw std::runtime_error("no random bytes");
  const Key key = key_of(salt);
  write(std::string(kMagic) + salt);
  std::string piece = read_some(stdin, kPiece);
  for (std::uint64_t number = 0;; ++number) {
    std::string next = piece.size() < kPiece ? "" : read_some(stdin, kPiece);
    const bool last = next.empty();
    write(sealed(key, number, last, std::move(piece)));
    if (last) return;
    piece = std::move(next);
  }
}

void unlock() {
  if (read_some(stdin, kMagic.size()) != kMagic) throw std::runtime_error("is no backup of seimon");
  const std::string salt = read_some(stdin, kSalt);
  if (salt.size() != kSalt) throw std::runtime_error("is cut short");
  const Key key = key_of(salt);
  std::string piece = read_some(stdin, kPiece + kTag);
  for (std::uint64_t number = 0;; ++number) {
    std::string next = read_some(stdin, kPiece + kTag);
    const bool last = next.empty();
    write(opened(key, number, last, std::move(piece)));
    if (last) return;
    piece = std::move(next);
  }
}

int run(std::string_view verb) try {
  if (verb == "lock") lock();
  else if (verb == "unlock") unlock();
  else return 2;
  return std::fflush(stdout) == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

}  // namespace

}  // namespace seimon::crypto

int main(int argc, char** argv) { return seimon::crypto::run(argc == 2 ? argv[1] : ""); }

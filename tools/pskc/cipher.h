// SPDX-License-Identifier: Apache-2.0
// The algorithms that RFC 6030 names by URI, on OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seimon::pskc {

using Bytes = std::string;

inline constexpr const char* kHmacSha256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
// The CBC mode of XML Encryption for a key of that size.
[[nodiscard]] std::string aes_uri(std::size_t key_bytes);

// Why a value of that cipher cannot be opened with a key of that size; empty when it can.
[[nodiscard]] std::string reason_not_to_decrypt(std::string_view uri, std::size_t key_bytes);
// A key wrap (RFC 3394): needs no MAC beside it.
[[nodiscard]] bool authenticates_itself(std::string_view uri);
// IV and ciphertext in, plain text out (XML Encryption §5.2); of a wrap the ciphertext alone. Nothing when the URI is
// unknown, the key has another size, or the padding or the wrap's own check is wrong.
[[nodiscard]] std::optional<Bytes> decrypt(std::string_view uri, const Bytes& key, const Bytes& value);
// With a random IV. REQUIRES a key of 16, 24 or 32 bytes.
[[nodiscard]] Bytes encrypt(const Bytes& key, const Bytes& plain);
// Nothing when the URI is unknown.
[[nodiscard]] std::optional<Bytes> mac(std::string_view uri, const Bytes& key, const Bytes& value);
[[nodiscard]] bool is_same(const Bytes& one, const Bytes& other);
// PKCS #5 PBKDF2; `prf` is a URI of mac, or empty for HMAC-SHA1.
[[nodiscard]] std::optional<Bytes> derive(std::string_view prf, const Bytes& passphrase, const Bytes& salt, int rounds,
                                          std::size_t bytes);
[[nodiscard]] Bytes random_bytes(std::size_t count);

// RFC 4648; blanks between the letters are skipped. Nothing when it is not base64.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);
[[nodiscard]] std::string base64(const Bytes& bytes);
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);
[[nodiscard]] std::string hex(const Bytes& bytes);

}  // namespace seimon::pskc

// SPDX-License-Identifier: Apache-2.0
// A phone's authenticator and browser, by OpenSSL alone: makes passkeys and signs with them, as WebAuthn says, and has
// every field to be altered.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "base/text.h"
#include "passkey/passkey.h"

namespace seimon::tests {

class Authenticator {
 public:
  // `algorithm`: -7 or -257.
  explicit Authenticator(int algorithm = -7) : algorithm_(algorithm) {
    key_ = Key(algorithm == -7 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), EVP_PKEY_free);
    if (!key_) throw std::runtime_error("no key");
  }

  std::string host = "gate.example.org";
  std::string origin = "https://gate.example.org";
  std::string end = R"(,"crossOrigin":false})";  // of the client data
  std::uint8_t flags = 0x05;                     // UP, UV
  std::uint32_t counter = 0;
  passkey::Bytes id = passkey::Bytes(16, 7);

  [[nodiscard]] passkey::Registration make(const passkey::Bytes& challenge,
                                           const std::string& type = "webauthn.create") const {
    passkey::Bytes data = header(static_cast<std::uint8_t>(flags | 0x40U));
    data.insert(data.end(), 16, 0);  // AAGUID
    data.push_back(static_cast<std::uint8_t>(id.size() >> 8U));
    data.push_back(static_cast<std::uint8_t>(id.size()));
    data.insert(data.end(), id.begin(), id.end());
    const passkey::Bytes key = cose();
    data.insert(data.end(), key.begin(), key.end());
    return {client_data(type, challenge), data};
  }

  [[nodiscard]] passkey::Assertion sign(const passkey::Bytes& challenge,
                                        const std::string& type = "webauthn.get") const {
    passkey::Assertion assertion{client_data(type, challenge), header(flags), {}};
    assertion.signature = signature(signed_bytes(assertion));
    return assertion;
  }

  // By the second verifier, OpenSSL: the signature alone.
  [[nodiscard]] bool has_signed(const passkey::Assertion& assertion) const {
    const passkey::Bytes data = signed_bytes(assertion);
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
           EVP_DigestVerify(context.get(), assertion.signature.data(), assertion.signature.size(), data.data(),
                            data.size()) == 1;
  }

  [[nodiscard]] passkey::Bytes client_data(const std::string& type, const passkey::Bytes& challenge) const {
    const std::string text = R"({"type":")" + type + R"(","challenge":")" + seimon::base::base64url(challenge) +
                             R"(","origin":")" + origin + '"' + end;
    return {text.begin(), text.end()};
  }

 private:
  using Key = std::shared_ptr<EVP_PKEY>;
  using Context = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

  [[nodiscard]] passkey::Bytes header(std::uint8_t with) const {
    passkey::Bytes data = passkey::sha256(host);
    data.push_back(with);
    for (const int shift : {24, 16, 8, 0}) data.push_back(static_cast<std::uint8_t>(counter >> shift));
    return data;
  }

  [[nodiscard]] static passkey::Bytes signed_bytes(const passkey::Assertion& assertion) {
    passkey::Bytes data = assertion.authenticator_data;
    const passkey::Bytes hash =
        passkey::sha256(std::string(assertion.client_data.begin(), assertion.client_data.end()));
    data.insert(data.end(), hash.begin(), hash.end());
    return data;
  }

  [[nodiscard]] passkey::Bytes signature(const passkey::Bytes& data) const {
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::size_t size = 0;
    passkey::Bytes bytes;
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
        EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size()) == 1) {
      bytes.resize(size);
      if (EVP_DigestSign(context.get(), bytes.data(), &size, data.data(), data.size()) == 1) bytes.resize(size);
    }
    if (bytes.empty()) throw std::runtime_error("no signature");
    return bytes;
  }

  [[nodiscard]] passkey::Bytes number(const char* name, std::size_t size) const {
    BIGNUM* value = nullptr;
    passkey::Bytes bytes(size);
    const bool known = EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1 &&
                       BN_bn2binpad(value, bytes.data(), static_cast<int>(size)) > 0;
    BN_free(value);
    if (!known) throw std::runtime_error("no number");
    return bytes;
  }

  // RFC 9053, RFC 8230: a map of small whole numbers, in CBOR.
  [[nodiscard]] passkey::Bytes cose() const {
    passkey::Bytes map;
    const auto add = [&](const passkey::Bytes& bytes) { map.insert(map.end(), bytes.begin(), bytes.end()); };
    if (algorithm_ == -7) {
      add({0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20});
      add(number(OSSL_PKEY_PARAM_EC_PUB_X, 32));
      add({0x22, 0x58, 0x20});
      add(number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    } else {
      add({0xA4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00});
      add(number(OSSL_PKEY_PARAM_RSA_N, 256));
      add({0x21, 0x43});
      add(number(OSSL_PKEY_PARAM_RSA_E, 3));
    }
    return map;
  }

  int algorithm_;
  Key key_;  // of copies, too
};

}  // namespace seimon::tests

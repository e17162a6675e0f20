// SPDX-License-Identifier: Apache-2.0
#include "passkey/passkey.h"

#include <fido.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "base/text.h"

namespace seimon::passkey {

namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::size_t kHash = 32;
constexpr std::size_t kMostBytes = 4096;  // of one part of an answer
// Flags of authenticator data.
constexpr std::uint8_t kPresent = 0x01;
constexpr std::uint8_t kVerified = 0x04;
constexpr std::uint8_t kBackupEligible = 0x08;
constexpr std::uint8_t kAttested = 0x40;
// And the bytes of a public key in the one encoding that CTAP2 allows (its §6 in version 2.1); libfido2 does not look
// at what stands behind it.
struct Algorithm {
  int number;
  std::size_t key_size;
};
constexpr std::array<Algorithm, 2> kAlgorithms = {{{COSE_ES256, 77}, {COSE_RS256, 272}}};
constexpr std::size_t kBeforeId = kHash + 1 + 4 + 16 + 2;

template <class Thing, void (*Free)(Thing**)>
struct Freed {
  void operator()(Thing* thing) const { Free(&thing); }
};
using Credential = std::unique_ptr<fido_cred_t, Freed<fido_cred_t, fido_cred_free>>;
using Asserted = std::unique_ptr<fido_assert_t, Freed<fido_assert_t, fido_assert_free>>;
using EcKey = std::unique_ptr<es256_pk_t, Freed<es256_pk_t, es256_pk_free>>;
using RsaKey = std::unique_ptr<rs256_pk_t, Freed<rs256_pk_t, rs256_pk_free>>;

void begin() {
  static std::once_flag once;
  std::call_once(once, [] { fido_init(0); });
}

Bytes bytes_of(const unsigned char* data, std::size_t size) {
  return data == nullptr ? Bytes() : Bytes(data, data + size);
}

std::string_view text(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// WebAuthn §5.8.1.2, limited verification: every browser writes these members first and in this order. Some leave
// crossOrigin out where it is false.
bool is_client_data(const Bytes& client_data, std::string_view type, const Bytes& challenge, const Site& site) {
  std::string expected = R"({"type":")" + std::string(type) + R"(","challenge":")" + base::base64url(challenge) +
                         R"(","origin":")" + site.origin + '"';
  const std::string_view given = text(client_data);
  if (given == expected + "}") return true;
  expected += R"(,"crossOrigin":false)";
  const bool begins = given.starts_with(expected) && given.size() > expected.size();
  return begins && (given[expected.size()] == '}' || given[expected.size()] == ',');
}

}  // namespace

Site site_of(const std::string& url) {
  Site site{"", url};
  if (!url.starts_with(kScheme)) return site;
  site.host = url.substr(kScheme.size());
  site.host.erase(std::min(site.host.find(':'), site.host.size()));
  return site;
}

Bytes sha256(std::string_view text) {
  Bytes hash(kHash);
  if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 failed");
  return hash;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.size() > kMostBytes * 4 / 3 || text.find_first_not_of(kLetters) != std::string_view::npos)
    return std::nullopt;
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  const std::size_t missing = (4 - padded.size() % 4) % 4;
  padded.append(missing, '=');
  Bytes bytes(padded.size() / 4 * 3);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(padded.data()),
                                   static_cast<int>(padded.size()));
  if (missing == 3 || size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - missing);
  // One spelling of each value: bits that belong to no byte are zero.
  return base::base64url(bytes) == text ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string text_of(const Passkey& passkey) {
  return std::to_string(passkey.algorithm) + ' ' + (passkey.is_synced ? "synced" : "kept") + ' ' +
         base::base64url(passkey.id) + ' ' + base::base64url(passkey.key);
}

std::optional<Passkey> parse(std::string_view text) {
  const std::string_view whole = text;
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) {
    word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  if (std::count(whole.begin(), whole.end(), ' ') != 3) return std::nullopt;
  Passkey passkey;
  const auto [end, failure] = std::from_chars(words[0].data(), words[0].data() + words[0].size(), passkey.algorithm);
  const auto id = from_base64url(words[2]);
  const auto key = from_base64url(words[3]);
  const bool is_number = failure == std::errc() && end == words[0].data() + words[0].size();
  if (!is_number || (words[1] != "synced" && words[1] != "kept") || !id || id->empty() || !key || key->empty())
    return std::nullopt;
  passkey.is_synced = words[1] == "synced";
  passkey.id = *id;
  passkey.key = *key;
  return passkey;
}

std::optional<Passkey> registered(const Registration& registration, const Site& site, const Bytes& challenge,
                                  std::string& problem) {
  begin();
  const Bytes& data = registration.authenticator_data;
  if (!is_client_data(registration.client_data, "webauthn.create", challenge, site)) {
    problem = "client-data";
    return std::nullopt;
  }
  const Bytes host = sha256(site.host);
  if (data.size() <= kHash || !std::equal(host.begin(), host.end(), data.begin())) {
    problem = "site";
    return std::nullopt;
  }
  constexpr std::uint8_t kWanted = kPresent | kVerified | kAttested;
  const std::uint8_t flags = data[kHash];
  if ((flags & kWanted) != kWanted) {
    problem = "not-verified";
    return std::nullopt;
  }
  const Bytes hash = sha256(text(registration.client_data));
  for (const auto& [algorithm, key_size] : kAlgorithms) {
    const Credential credential(fido_cred_new());
    const bool fits = credential != nullptr && fido_cred_set_type(credential.get(), algorithm) == FIDO_OK &&
                      fido_cred_set_rp(credential.get(), site.host.c_str(), nullptr) == FIDO_OK &&
                      fido_cred_set_clientdata_hash(credential.get(), hash.data(), hash.size()) == FIDO_OK &&
                      fido_cred_set_authdata_raw(credential.get(), data.data(), data.size()) == FIDO_OK;
    if (!fits) continue;
    Passkey passkey;
    passkey.id = bytes_of(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get()));
    passkey.algorithm = algorithm;
    passkey.key = bytes_of(fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get()));
    passkey.is_synced = (flags & kBackupEligible) != 0;
    passkey.counter = fido_cred_sigcount(credential.get());
    const bool is_whole = data.size() == kBeforeId + passkey.id.size() + key_size;
    if (!passkey.id.empty() && is_whole && !passkey.key.empty()) return passkey;
  }
  problem = "key";
  return std::nullopt;
}

namespace {

bool is_signed(const fido_assert_t* assertion, const Passkey& passkey) {
  if (passkey.algorithm == COSE_ES256) {
    const EcKey key(es256_pk_new());
    return key != nullptr && es256_pk_from_ptr(key.get(), passkey.key.data(), passkey.key.size()) == FIDO_OK &&
           fido_assert_verify(assertion, 0, COSE_ES256, key.get()) == FIDO_OK;
  }
  const RsaKey key(rs256_pk_new());
  return passkey.algorithm == COSE_RS256 && key != nullptr &&
         rs256_pk_from_ptr(key.get(), passkey.key.data(), passkey.key.size()) == FIDO_OK &&
         fido_assert_verify(assertion, 0, COSE_RS256, key.get()) == FIDO_OK;
}

}  // namespace

std::optional<std::uint32_t> verified(const Assertion& assertion, const Passkey& passkey, const Site& site,
                                      const Bytes& challenge, std::string& problem) {
  begin();
  if (!is_client_data(assertion.client_data, "webauthn.get", challenge, site)) {
    problem = "client-data";
    return std::nullopt;
  }
  const Bytes hash = sha256(text(assertion.client_data));
  const Bytes& data = assertion.authenticator_data;
  const Asserted given(fido_assert_new());
  const bool fits =
      given != nullptr && fido_assert_set_rp(given.get(), site.host.c_str()) == FIDO_OK &&
      fido_assert_set_count(given.get(), 1) == FIDO_OK &&
      fido_assert_set_clientdata_hash(given.get(), hash.data(), hash.size()) == FIDO_OK &&
      fido_assert_set_authdata_raw(given.get(), 0, data.data(), data.size()) == FIDO_OK &&
      fido_assert_set_sig(given.get(), 0, assertion.signature.data(), assertion.signature.size()) == FIDO_OK &&
      fido_assert_set_up(given.get(), FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_uv(given.get(), FIDO_OPT_TRUE) == FIDO_OK;
  if (!fits) {
    problem = "authenticator-data";
    return std::nullopt;
  }
  if (!is_signed(given.get(), passkey)) {
    problem = "signature";
    return std::nullopt;
  }
  return fido_assert_sigcount(given.get(), 0);
}

}  // namespace seimon::passkey

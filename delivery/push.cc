// SPDX-License-Identifier: Apache-2.0
#include "delivery/push.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/text.h"
#include "core/factors/contact.h"
#include "daemon/system/clock.h"
#include "daemon/system/trust.h"
#include "delivery/web.h"

namespace seimon::delivery {

namespace {

using daemon::Driver;
using daemon::MessageTemplate;
using nlohmann::json;

constexpr int kHalf = 32;  // bytes of r, and of s (RFC 7518 §3.4)

struct Release {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

std::string encoded(const std::string& text) {
  return base::base64url(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

Owned<EVP_PKEY> read_key(const std::string& path) {
  constexpr std::size_t kMostKey = 4096;
  const std::string pem = daemon::TrustedFile(path).text(kMostKey);
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Owned<EVP_PKEY> key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key || EVP_PKEY_is_a(key.get(), "EC") != 1) throw std::runtime_error(path + ": is no key of Web Push");
  return key;
}

// ES256 (RFC 7518 §3.4).
std::string signature_of(EVP_PKEY* key, const std::string& text) {
  std::array<std::uint8_t, 128> der{};
  std::size_t size = der.size();
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, reinterpret_cast<const std::uint8_t*>(text.data()),
                     text.size()) != 1)
    throw std::runtime_error("the key of Web Push does not sign");
  const std::uint8_t* at = der.data();
  const Owned<ECDSA_SIG> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::array<std::uint8_t, std::size_t{2} * kHalf> raw{};
  if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), kHalf) != kHalf ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + kHalf, kHalf) != kHalf)
    throw std::runtime_error("the key of Web Push is not of P-256");
  return base::base64url(raw);
}

std::string public_point(EVP_PKEY* key) {
  std::array<std::uint8_t, 65> point{};
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1 ||
      size != point.size())
    throw std::runtime_error("the key of Web Push has no public half");
  return base::base64url(point);
}

}  // namespace

std::string vapid_header(const std::string& key_path, const std::string& audience, const std::string& subject,
                         std::int64_t until) {
  const Owned<EVP_PKEY> key = read_key(key_path);
  const std::string text = encoded(json{{"typ", "JWT"}, {"alg", "ES256"}}.dump()) + "." +
                           encoded(json{{"aud", audience}, {"exp", until}, {"sub", subject}}.dump());
  return "vapid t=" + text + "." + signature_of(key.get(), text) + ", k=" + public_point(key.get());
}

Attempt send_push(const daemon::Delivery& delivery, const daemon::Message& message) {
  constexpr core::seconds kTokenLives = std::chrono::hours(1);  // RFC 8292 §2: at most a day
  const auto endpoint = core::PushEndpoint::parse(message.to);
  if (!endpoint) return {Attempt::Result::kBadAddress, "webpush", "no push service of a browser"};
  Driver driver;
  driver.name = "webpush";
  driver.url = MessageTemplate(endpoint->url(), MessageTemplate::Encoding::kForm);
  try {
    const std::int64_t until = (daemon::now() + kTokenLives).time_since_epoch().count();
    driver.headers = {
        "TTL: " + std::to_string(delivery.push_life.count()), "Urgency: high",
        "Authorization: " + vapid_header(delivery.push_key, endpoint->origin(), delivery.push_subject, until)};
  } catch (const std::runtime_error& error) {
    return {Attempt::Result::kFailed, driver.name, first_line(error.what())};
  }
  Attempt attempt = send_by_web(driver, message);
  if (attempt.status == 404) attempt.result = Attempt::Result::kBadAddress;  // RFC 8030 §7.3
  return attempt;
}

}  // namespace seimon::delivery

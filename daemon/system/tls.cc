// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/tls.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>

#include <sys/stat.h>

#include "core/secret.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostPemBytes = 65536;

struct FreeTls {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeTls>;

void require(bool good, const std::string& file, const char* reason) {
  if (!good) throw std::runtime_error(file + ": " + reason + "\n  make one at a gate: seimon host enroll");
}

// The text of a file that holds a private key.
std::string private_text(const std::string& path, uid_t owner) {
  const TrustedFile file(path, owner);
  if ((file.status().st_mode & S_IRWXO) != 0)
    throw std::runtime_error(path + ": others may read the private key\n  chmod o= " + path);
  return file.text(kMostPemBytes);
}

}  // namespace

asio::ssl::context tls_context(const std::string& file, Side side, uid_t owner) {
  std::string text = private_text(file, owner);
  const Owned<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const Owned<X509> own(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const Owned<X509> authority(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  core::wipe(text);
  require(key && own && authority, file, "is not a private key, its certificate and the authority's");

  asio::ssl::context context(side == Side::kGate ? asio::ssl::context::tls_server : asio::ssl::context::tls_client);
  SSL_CTX* raw = context.native_handle();
  require(SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 && SSL_CTX_use_certificate(raw, own.get()) == 1 &&
              SSL_CTX_use_PrivateKey(raw, key.get()) == 1 && SSL_CTX_check_private_key(raw) == 1,
          file, "the certificate is not of this private key");
  require(X509_check_ca(authority.get()) == 1 && X509_STORE_add_cert(SSL_CTX_get_cert_store(raw), authority.get()) == 1,
          file, "its last certificate is not an authority's");
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  return context;
}

}  // namespace seimon::daemon

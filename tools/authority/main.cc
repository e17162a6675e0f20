// SPDX-License-Identifier: Apache-2.0
// seimon-authority webpush OUT: a key of P-256 that signs Web Push messages (RFC 8292), and OUT.pub, its public half in
// base64url.
// seimon-authority host|gate NAME DAYS AUTHORITY OUT: a certificate for a login host or a gate, from the site's private
// authority, which is made where its file is missing. OUT is a new file of private key, certificate and the authority's
// certificate; on standard output stands one line: serial number and end in seconds since 1970.
//
// MUST:
//  1. A host's certificate cannot be a gate's, nor a gate's a host's (RFC 5280, 4.2.1.12), and neither can sign.
//  2. A private key is in a file with mode 0600, whole and on the disk, before anybody hears of it; nothing is
//  replaced.
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/text.h"

namespace seimon::authority {

namespace {

constexpr long kAuthorityDays = 20L * 365;
constexpr long kDay = 24L * 3600;

struct Release {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

struct Pair {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

void require(bool good, const std::string& reason) {
  if (!good) throw std::runtime_error(reason);
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value + ": cannot stand in a certificate");
}

// A fresh key and its certificate, without extensions, not signed yet.
Pair fresh(const std::string& name, long days) {
  Pair pair{Owned<EVP_PKEY>(EVP_EC_gen("P-256")), Owned<X509>(X509_new())};
  X509* certificate = pair.certificate.get();
  unsigned char random[16];
  const bool has_random = RAND_bytes(random, sizeof random) == 1;
  random[0] = static_cast<unsigned char>((random[0] & 0x7FU) | 0x40U);  // positive, and of one length
  const Owned<BIGNUM> number(BN_bin2bn(random, sizeof random, nullptr));
  X509_NAME* subject = X509_get_subject_name(certificate);
  // Of the clock of a host that is a little behind.
  const bool good =
      pair.key && has_random && number && X509_set_version(certificate, 2) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
      X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay) != nullptr &&
      X509_time_adj_ex(X509_getm_notAfter(certificate), static_cast<int>(days), 0, nullptr) != nullptr &&
      X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.substr(0, 64).c_str()), -1, -1, 0) == 1 &&
      X509_set_pubkey(certificate, pair.key.get()) == 1;
  require(good, "a key cannot be made");
  return pair;
}

Pair new_authority() {
  Pair own = fresh("Seimon hosts", kAuthorityDays);
  X509* certificate = own.certificate.get();
  require(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1, "a key cannot be made");
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  extend(certificate, certificate, NID_subject_key_identifier, "hash");
  require(X509_sign(certificate, own.key.get(), EVP_sha256()) > 0, "the authority cannot sign");
  return own;
}

Pair issued(const Pair& authority, bool is_gate, const std::string& name, long days) {
  Pair own = fresh(name, days);
  X509* certificate = own.certificate.get();
  X509* issuer = authority.certificate.get();
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "a key cannot be made");
  extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  extend(certificate, issuer, NID_key_usage, "critical,digitalSignature");
  extend(certificate, issuer, NID_ext_key_usage, is_gate ? "critical,serverAuth" : "critical,clientAuth");
  extend(certificate, issuer, NID_subject_key_identifier, "hash");
  extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  extend(certificate, issuer, NID_subject_alt_name, "DNS:" + name);
  require(X509_sign(certificate, authority.key.get(), EVP_sha256()) > 0, "the authority cannot sign");
  return own;
}

std::string pem_of(const Pair& pair, const X509* authority) {
  const Owned<BIO> out(BIO_new(BIO_s_secmem()));
  const bool good = out &&
                    PEM_write_bio_PrivateKey(out.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
                    PEM_write_bio_X509(out.get(), pair.certificate.get()) == 1 &&
                    (authority == nullptr || PEM_write_bio_X509(out.get(), authority) == 1);
  char* text = nullptr;
  const long size = good ? BIO_get_mem_data(out.get(), &text) : 0;
  require(size > 0, "a key cannot be written");
  return {text, static_cast<std::size_t>(size)};
}

Pair read_authority(const std::string& path, int fd) {
  struct stat status = {};
  require(fstat(fd, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0,
          path + ": others may read the authority's key: chmod 600 " + path);
  std::FILE* file = fdopen(fd, "r");
  require(file != nullptr, path + ": " + std::strerror(errno));
  Pair pair{Owned<EVP_PKEY>(PEM_read_PrivateKey(file, nullptr, nullptr, nullptr)),
            Owned<X509>(PEM_read_X509(file, nullptr, nullptr, nullptr))};
  (void)std::fclose(file);
  require(pair.key && pair.certificate && X509_check_private_key(pair.certificate.get(), pair.key.get()) == 1,
          path + ": is not an authority's private key and its certificate");
  return pair;
}

// A new file, on the disk before this returns.
void write_new(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  require(fd >= 0, path + ": " + std::strerror(errno));
  const bool good = base::write_all(fd, text) && fsync(fd) == 0 && base::sync_folder_of(path);
  const std::string reason = std::strerror(errno);
  ::close(fd);
  if (!good) (void)unlink(path.c_str());
  require(good, path + ": " + reason);
}

// Linked into its place once it is whole: two at once agree on one.
Pair open_authority(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) {
    const std::string draft = path + "." + std::to_string(getpid());
    write_new(draft, pem_of(new_authority(), nullptr));
    const bool linked = link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
    const std::string reason = std::strerror(errno);
    (void)unlink(draft.c_str());
    require(linked && base::sync_folder_of(path), path + ": " + reason);
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  }
  require(fd >= 0, path + ": " + std::strerror(errno));
  return read_authority(path, fd);
}

// Lower case, digits, hyphens, dots: RFC 1123, 2.1.
bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.front() != '-' && name.back() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
}

void run(const std::string& kind, const std::string& name, long days, const std::string& path, const std::string& out) {
  require(is_host_name(name), name + ": is not a host name of lower-case letters, digits, hyphens and dots");
  require(days >= 1 && days <= kAuthorityDays, "--days: write 1 to 7300");
  const Pair authority = open_authority(path);
  const Pair own = issued(authority, kind == "gate", name, days);
  const Owned<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(own.certificate.get()), nullptr));
  char* hex = number ? BN_bn2hex(number.get()) : nullptr;
  const std::string digits = hex == nullptr ? "" : hex;
  OPENSSL_free(hex);
  std::tm end = {};
  require(!digits.empty() && ASN1_TIME_to_tm(X509_get0_notAfter(own.certificate.get()), &end) == 1,
          "the certificate cannot be read");
  std::string text = pem_of(own, authority.certificate.get());
  write_new(out, text);
  OPENSSL_cleanse(text.data(), text.size());
  std::printf("%s %lld\n", digits.c_str(), static_cast<long long>(timegm(&end)));
}

void make_push_key(const std::string& out) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  std::uint8_t point[65];
  std::size_t size = 0;
  char* text = nullptr;
  require(key && bio && PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
              EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size) == 1,
          "a key cannot be made");
  const long length = BIO_get_mem_data(bio.get(), &text);
  // Two at once would mix their halves; this lock ends with its process.
  const int folder = ::open((out.substr(0, out.rfind('/') + 1) + ".").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(folder >= 0 && flock(folder, LOCK_EX) == 0, out + ": " + std::strerror(errno));
  // The key last: killed before it, the command can be run again.
  const std::string half = out + ".pub";
  require(access(out.c_str(), F_OK) != 0, out + ": " + std::strerror(EEXIST));
  (void)unlink(half.c_str());  // of a key that is gone, or was not made
  write_new(half, base::base64url(std::span(point, size)) + "\n");
  require(chmod(half.c_str(), 0644) == 0, half + ": " + std::strerror(errno));
  write_new(out, {text, static_cast<std::size_t>(length)});
}

}  // namespace

}  // namespace seimon::authority

int main(int argc, char** argv) {
  const std::string kind = argc >= 2 ? argv[1] : "";
  const bool is_push_key = argc == 3 && kind == "webpush";
  if (!is_push_key && (argc != 6 || (kind != "host" && kind != "gate"))) return 2;
  try {
    if (is_push_key) {
      seimon::authority::make_push_key(argv[2]);
      return 0;
    }
    seimon::authority::run(kind, argv[2], std::strtol(argv[3], nullptr, 10), argv[4], argv[5]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

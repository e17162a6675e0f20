/* SPDX-License-Identifier: Apache-2.0 */
/* A security key for OpenSSH in a file: what ssh(1) loads as SecurityKeyProvider (PROTOCOL.u2f and sk-api.h of OpenSSH say
   what such a library has). The key handle is the private key. For tests; and the proof that a type of key proves no
   hardware. */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sk_enroll_response {
  uint8_t flags;
  uint8_t *public_key;
  size_t public_key_len;
  uint8_t *key_handle;
  size_t key_handle_len;
  uint8_t *signature;
  size_t signature_len;
  uint8_t *attestation_cert;
  size_t attestation_cert_len;
  uint8_t *authdata;
  size_t authdata_len;
};

struct sk_sign_response {
  uint8_t flags;
  uint32_t counter;
  uint8_t *sig_r;
  size_t sig_r_len;
  uint8_t *sig_s;
  size_t sig_s_len;
};

enum { kVersion = 0x000a0000, kEd25519 = 1, kLength = 32, kSignature = 64, kTouchedAndVerified = 0x05, kFailed = -1 };

uint32_t sk_api_version(void) { return kVersion; }

int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_size, const char *application, uint8_t flags,
              const char *pin, void **options, struct sk_enroll_response **response) {
  (void)challenge, (void)challenge_size, (void)application, (void)pin, (void)options;
  if (algorithm != kEd25519) return kFailed;
  struct sk_enroll_response *made = calloc(1, sizeof *made);
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  size_t length = kLength;
  made->flags = flags;
  made->public_key = calloc(1, kLength);
  made->key_handle = calloc(1, kLength);
  made->signature = calloc(1, 1);
  EVP_PKEY_get_raw_public_key(key, made->public_key, &length);
  EVP_PKEY_get_raw_private_key(key, made->key_handle, &length);
  EVP_PKEY_free(key);
  made->public_key_len = made->key_handle_len = kLength;
  *response = made;
  return 0;
}

int sk_sign(uint32_t algorithm, const uint8_t *data, size_t size, const char *application, const uint8_t *handle,
            size_t handle_size, uint8_t flags, const char *pin, void **options, struct sk_sign_response **response) {
  (void)flags, (void)pin, (void)options;
  if (algorithm != kEd25519 || handle_size != kLength) return kFailed;
  /* SHA-256 of the application, flags, counter, SHA-256 of the message. */
  uint8_t text[kLength + 1 + 4 + kLength] = {0};
  EVP_Digest(application, strlen(application), text, NULL, EVP_sha256(), NULL);
  text[kLength] = kTouchedAndVerified;
  text[kLength + 4] = 1;
  EVP_Digest(data, size, text + kLength + 5, NULL, EVP_sha256(), NULL);
  struct sk_sign_response *made = calloc(1, sizeof *made);
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, handle, handle_size);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  made->flags = kTouchedAndVerified;
  made->counter = 1;
  made->sig_r = calloc(1, kSignature);
  made->sig_r_len = kSignature;
  EVP_DigestSignInit(context, NULL, NULL, NULL, key);
  const int is_signed = EVP_DigestSign(context, made->sig_r, &made->sig_r_len, text, sizeof text);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  *response = made;
  return is_signed == 1 ? 0 : kFailed;
}

int sk_load_resident_keys(const char *pin, void **options, void ***keys, size_t *count) {
  (void)pin, (void)options, (void)keys, (void)count;
  return kFailed;
}

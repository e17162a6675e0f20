// SPDX-License-Identifier: Apache-2.0
#include <libxml/tree.h>

#include <memory>

#include "tools/pskc/cipher.h"
#include "tools/pskc/document.h"

namespace seimon::pskc {

namespace {

using nlohmann::json;

constexpr const char* kPskc = "urn:ietf:params:xml:ns:keyprov:pskc";
constexpr const char* kXmlenc = "http://www.w3.org/2001/04/xmlenc#";
constexpr const char* kXmlenc11 = "http://www.w3.org/2009/xmlenc11#";
constexpr const char* kXmldsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr const char* kPkcs5 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#";
constexpr const char* kPbkdf2 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2";
constexpr int kRounds = 600'000;
constexpr std::size_t kKeyBytes = 32;

const xmlChar* chars(const std::string& text) { return reinterpret_cast<const xmlChar*>(text.c_str()); }

struct Spaces {
  xmlNs* pskc = nullptr;
  xmlNs* xenc = nullptr;
  xmlNs* xenc11 = nullptr;
  xmlNs* ds = nullptr;
  xmlNs* pkcs5 = nullptr;
};

xmlNode* add(xmlNode* parent, xmlNs* space, const std::string& name, const std::string& text = "") {
  return xmlNewTextChild(parent, space, chars(name), text.empty() ? nullptr : chars(text));
}

void set(xmlNode* node, const std::string& name, const std::string& value) {
  (void)xmlNewProp(node, chars(name), chars(value));
}

// EncryptionMethod and CipherData below `parent`.
void add_cipher(xmlNode* parent, const Spaces& spaces, const Bytes& key, const Bytes& value) {
  set(add(parent, spaces.xenc, "EncryptionMethod"), "Algorithm", aes_uri(key.size()));
  add(add(parent, spaces.xenc, "CipherData"), spaces.xenc, "CipherValue", base64(value));
}

struct FreshKeys {
  Bytes key;  // empty: plain
  Bytes mac_key;
};

FreshKeys add_head(xmlNode* root, const Spaces& spaces, const Lock& lock) {
  FreshKeys keys;
  if (lock.key.empty() && lock.passphrase.empty()) return keys;
  xmlNode* encryption = add(root, spaces.pskc, "EncryptionKey");
  if (!lock.key.empty()) {
    if (aes_uri(lock.key.size()).empty()) throw Failure("a key has 16, 24 or 32 bytes");
    keys.key = lock.key;
    add(encryption, spaces.ds, "KeyName", "pre-shared key");
  } else {
    const Bytes salt = random_bytes(16);
    keys.key = derive(kHmacSha256, lock.passphrase, salt, kRounds, kKeyBytes).value();
    xmlNode* method = add(add(encryption, spaces.xenc11, "DerivedKey"), spaces.xenc11, "KeyDerivationMethod");
    set(method, "Algorithm", kPbkdf2);
    xmlNode* parameters = add(method, spaces.pkcs5, "PBKDF2-params");
    add(add(parameters, nullptr, "Salt"), nullptr, "Specified", base64(salt));
    add(parameters, nullptr, "IterationCount", std::to_string(kRounds));
    add(parameters, nullptr, "KeyLength", std::to_string(kKeyBytes));
    set(add(parameters, nullptr, "PRF"), "Algorithm", kHmacSha256);
  }
  keys.mac_key = random_bytes(kKeyBytes);
  xmlNode* method = add(root, spaces.pskc, "MACMethod");
  set(method, "Algorithm", kHmacSha256);
  add_cipher(add(method, spaces.pskc, "MACKey"), spaces, keys.key, encrypt(keys.key, keys.mac_key));
  return keys;
}

void add_secret(xmlNode* data, const Spaces& spaces, const FreshKeys& keys, const Bytes& secret) {
  xmlNode* element = add(data, spaces.pskc, "Secret");
  if (keys.key.empty()) {
    add(element, spaces.pskc, "PlainValue", base64(secret));
    return;
  }
  const Bytes value = encrypt(keys.key, secret);
  add_cipher(add(element, spaces.pskc, "EncryptedValue"), spaces, keys.key, value);
  add(element, spaces.pskc, "ValueMAC", base64(mac(kHmacSha256, keys.mac_key, value).value()));
}

void add_package(xmlNode* root, const Spaces& spaces, const FreshKeys& keys, const json& row, std::size_t number) {
  xmlNode* package = add(root, spaces.pskc, "KeyPackage");
  xmlNode* device = add(package, spaces.pskc, "DeviceInfo");
  add(device, spaces.pskc, "Manufacturer", "Seimon");
  add(device, spaces.pskc, "SerialNo", std::to_string(number));
  const bool by_time = row.contains("period");
  xmlNode* key = add(package, spaces.pskc, "Key");
  set(key, "Id", std::to_string(number));
  set(key, "Algorithm", std::string(kPskc) + (by_time ? ":totp" : ":hotp"));
  xmlNode* parameters = add(key, spaces.pskc, "AlgorithmParameters");
  if (row.at("algorithm") != "SHA1")
    add(parameters, spaces.pskc, "Suite", "HMAC-" + row.at("algorithm").get<std::string>());
  xmlNode* format = add(parameters, spaces.pskc, "ResponseFormat");
  set(format, "Length", std::to_string(row.at("digits").get<int>()));
  set(format, "Encoding", "DECIMAL");
  add(key, spaces.pskc, "FriendlyName", row.value("label", ""));
  xmlNode* data = add(key, spaces.pskc, "Data");
  add_secret(data, spaces, keys, from_hex(row.at("secret").get<std::string>()).value());
  const char* name = by_time ? "TimeInterval" : "Counter";
  add(add(data, spaces.pskc, name), spaces.pskc, "PlainValue",
      std::to_string(row.at(by_time ? "period" : "counter").get<std::int64_t>()));
  add(key, spaces.pskc, "UserId", "UID=" + row.at("user").get<std::string>());
}

using Document = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;

}  // namespace

std::string write_document(const json& rows, const Lock& lock) {
  const Document document(xmlNewDoc(chars("1.0")), xmlFreeDoc);
  xmlNode* root = xmlNewNode(nullptr, chars("KeyContainer"));
  (void)xmlDocSetRootElement(document.get(), root);
  Spaces spaces;
  spaces.pskc = xmlNewNs(root, chars(kPskc), chars("pskc"));
  xmlSetNs(root, spaces.pskc);
  set(root, "Version", "1.0");
  spaces.xenc = xmlNewNs(root, chars(kXmlenc), chars("xenc"));
  spaces.xenc11 = xmlNewNs(root, chars(kXmlenc11), chars("xenc11"));
  spaces.ds = xmlNewNs(root, chars(kXmldsig), chars("ds"));
  spaces.pkcs5 = xmlNewNs(root, chars(kPkcs5), chars("pkcs5"));
  const FreshKeys keys = add_head(root, spaces, lock);
  std::size_t number = 0;
  for (const auto& row : rows) add_package(root, spaces, keys, row, ++number);
  xmlChar* text = nullptr;
  int size = 0;
  xmlDocDumpFormatMemoryEnc(document.get(), &text, &size, "UTF-8", 1);
  std::string result(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  xmlFree(text);
  return result;
}

}  // namespace seimon::pskc

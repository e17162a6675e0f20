// SPDX-License-Identifier: Apache-2.0
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "tools/pskc/cipher.h"
#include "tools/pskc/document.h"

namespace seimon::pskc {

namespace {

using nlohmann::json;

const char* text_of(const xmlChar* text) { return text == nullptr ? "" : reinterpret_cast<const char*>(text); }

// A child by its local name; documents name their prefixes as they like.
const xmlNode* child(const xmlNode* node, std::string_view name) {
  for (const xmlNode* at = node == nullptr ? nullptr : node->children; at != nullptr; at = at->next)
    if (at->type == XML_ELEMENT_NODE && name == text_of(at->name)) return at;
  return nullptr;
}

template <class... Names>
const xmlNode* child(const xmlNode* node, std::string_view name, Names... names) {
  return child(child(node, name), names...);
}

std::string content(const xmlNode* node) {
  const std::unique_ptr<xmlChar, decltype(xmlFree)> text(node == nullptr ? nullptr : xmlNodeGetContent(node), xmlFree);
  std::string result = text_of(text.get());
  result.erase(0, result.find_first_not_of(" \t\r\n"));
  while (!result.empty() && std::string_view(" \t\r\n").find(result.back()) != std::string_view::npos)
    result.pop_back();
  return result;
}

std::string attribute(const xmlNode* node, const char* name) {
  const std::unique_ptr<xmlChar, decltype(xmlFree)> text(
      node == nullptr ? nullptr : xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)), xmlFree);
  return text_of(text.get());
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The encryption header of a document.
struct DocumentKeys {
  bool has_key = false;
  Bytes key;
  std::string mac_uri;
  Bytes mac_key;
};

constexpr const char* kOtherKey = "the key or passphrase is not the one that this document was locked with";
constexpr const char* kWrongMac = "the MAC of ";

Bytes derived(const xmlNode* method, const Lock& lock) {
  const xmlNode* parameters = child(method, "PBKDF2-params");
  const auto salt = from_base64(content(child(parameters, "Salt", "Specified")));
  const auto rounds = number(content(child(parameters, "IterationCount")));
  const auto length = number(content(child(parameters, "KeyLength")));
  const std::string prf = attribute(child(parameters, "PRF"), "Algorithm");
  if (!salt || !rounds || *rounds > 10'000'000) throw Failure("its key derivation is not PBKDF2 as RFC 6030 has it");
  const auto key = derive(prf, lock.passphrase, *salt, static_cast<int>(*rounds),
                          static_cast<std::size_t>(std::max<std::int64_t>(length.value_or(16), 0)));
  if (!key) throw Failure("its key derivation is unknown: " + prf);
  return *key;
}

Bytes cipher_value(const xmlNode* node) {
  return from_base64(content(child(node, "CipherData", "CipherValue"))).value_or("");
}

void demand_cipher(const std::string& uri, const Bytes& key) {
  const std::string reason = reason_not_to_decrypt(uri, key.size());
  if (!reason.empty()) throw Failure(reason);
}

DocumentKeys keys_of(const xmlNode* container, const Lock& lock) {
  DocumentKeys keys;
  const xmlNode* encryption = child(container, "EncryptionKey");
  // An attacker who could remove the lock could have replaced the keys, too.
  if (encryption == nullptr && !(lock.key.empty() && lock.passphrase.empty()))
    throw Failure("it is not locked, though a key or passphrase was given; is it the document that was sent?");
  if (encryption == nullptr) return keys;
  const xmlNode* method = child(encryption, "DerivedKey", "KeyDerivationMethod");
  if (method != nullptr && lock.passphrase.empty()) throw Failure("it is locked by a passphrase: --passphrase-file");
  if (method == nullptr && lock.key.empty())
    throw Failure("it is locked by a key \"" + content(child(encryption, "KeyName")) + "\": --key-file");
  keys.key = method != nullptr ? derived(method, lock) : lock.key;
  keys.has_key = true;
  const xmlNode* mac_method = child(container, "MACMethod");
  keys.mac_uri = attribute(mac_method, "Algorithm");
  keys.mac_key = keys.key;
  if (const xmlNode* mac_key = child(mac_method, "MACKey")) {
    const std::string uri = attribute(child(mac_key, "EncryptionMethod"), "Algorithm");
    demand_cipher(uri, keys.key);
    const auto opened = decrypt(uri, keys.key, cipher_value(mac_key));
    if (!opened) throw Failure(kOtherKey);
    keys.mac_key = *opened;
  }
  return keys;
}

// A Secret, Counter or other element of Data. Throws Failure.
std::optional<Bytes> value_of(const xmlNode* data, const char* name, const DocumentKeys& keys, bool is_number) {
  const xmlNode* element = child(data, name);
  if (element == nullptr) return std::nullopt;
  if (const xmlNode* plain = child(element, "PlainValue")) {
    if (keys.has_key && !is_number)
      throw Failure(std::string(name) + " is not encrypted, in a document that is locked");
    if (is_number) return content(plain);
    auto bytes = from_base64(content(plain));
    if (!bytes) throw Failure(std::string(name) + " is not base64");
    return bytes;
  }
  const xmlNode* encrypted = child(element, "EncryptedValue");
  if (encrypted == nullptr) throw Failure(std::string(name) + " has no value");
  if (!keys.has_key) throw Failure(std::string(name) + " is encrypted, but the document names no key");
  const Bytes value = cipher_value(encrypted);
  const std::string uri = attribute(child(encrypted, "EncryptionMethod"), "Algorithm");
  demand_cipher(uri, keys.key);
  const auto right = mac(keys.mac_uri, keys.mac_key, value);
  const auto found = from_base64(content(child(element, "ValueMAC")));
  const bool by_mac = right && found;
  if (!by_mac && !authenticates_itself(uri))
    throw Failure(std::string(name) + " is encrypted without a MAC that we know");
  if (by_mac && !is_same(*right, *found))
    throw Failure(std::string(kWrongMac) + name + " is wrong: another key, or changed");
  auto plain = decrypt(uri, keys.key, value);
  if (!plain) throw Failure(std::string(name) + " cannot be opened: another key, or changed");
  if (!is_number) return plain;
  std::uint64_t whole = 0;  // RFC 6030 §4.2: big endian
  if (plain->size() > 8) throw Failure(std::string(name) + " has more than 8 bytes");
  for (const char c : *plain) whole = whole << 8U | static_cast<unsigned char>(c);
  return std::to_string(whole);
}

// "UID=alice,DC=example,DC=org", or the name alone.
std::string user_in(const std::string& text) {
  for (const std::string_view key : {"UID=", "uid=", "CN=", "cn="}) {
    const std::size_t at = text.find(key);
    if (at == std::string::npos || (at > 0 && text[at - 1] != ',' && text[at - 1] != ' ')) continue;
    const std::size_t start = at + key.size();
    return text.substr(start, std::min(text.find(',', start), text.size()) - start);
  }
  return text;
}

void read_algorithm(const xmlNode* key, json& row) {
  const std::string uri = attribute(key, "Algorithm");
  const bool by_time = uri.ends_with(":totp");
  if (!by_time && !uri.ends_with(":hotp")) throw Failure("its algorithm is neither HOTP nor TOTP: " + uri);
  const xmlNode* parameters = child(key, "AlgorithmParameters");
  const std::string suite = content(child(parameters, "Suite"));
  row["algorithm"] = suite.find("512") != std::string::npos   ? "SHA512"
                     : suite.find("256") != std::string::npos ? "SHA256"
                                                              : "SHA1";
  const xmlNode* response = child(parameters, "ResponseFormat");
  const std::string encoding = attribute(response, "Encoding");
  if (response != nullptr && encoding != "DECIMAL") throw Failure("its codes are not decimal: " + encoding);
  if (attribute(response, "CheckDigits") == "true") throw Failure("its codes have a check digit");
  row["digits"] = number(attribute(response, "Length")).value_or(6);
  row[by_time ? "period" : "counter"] = by_time ? 30 : 0;
}

// RFC 6030 §5: a key whose policy is not understood, or forbids one-time codes, is not to be used.
void demand_policy(const xmlNode* policy) {
  bool has_usage = false;
  bool otp = false;
  for (const xmlNode* at = policy == nullptr ? nullptr : policy->children; at != nullptr; at = at->next) {
    if (at->type != XML_ELEMENT_NODE) continue;
    const std::string_view name = text_of(at->name);
    if (name == "KeyUsage") has_usage = true, otp = otp || content(at) == "OTP";
    const bool known = name == "KeyUsage" || name == "PINPolicy" || name == "StartDate" || name == "ExpiryDate" ||
                       name == "NumberOfTransactions";
    if (!known) throw Failure("its policy has \"" + std::string(name) + "\", which is not known here");
  }
  if (has_usage && !otp) throw Failure("its policy does not allow one-time codes (KeyUsage)");
}

void read_key(const xmlNode* key, const DocumentKeys& keys, json& row) {
  read_algorithm(key, row);
  const xmlNode* data = child(key, "Data");
  const auto secret = value_of(data, "Secret", keys, false);
  if (!secret) throw Failure("it has no secret");
  row["secret"] = hex(*secret);
  const auto take = [&](const char* element, const char* name) {
    const auto text = value_of(data, element, keys, true);
    if (!text) return;
    const auto value = number(*text);
    if (!value) throw Failure(std::string(element) + " is no number");
    row[name] = *value;
  };
  if (row.contains("counter")) take("Counter", "counter");
  else take("TimeInterval", "period"), take("TimeDrift", "drift");
  demand_policy(child(key, "Policy"));
  const xmlNode* policy = child(key, "Policy");
  if (child(policy, "PINPolicy") != nullptr) row["notes"].push_back("its PIN policy is not taken over");
  if (child(policy, "ExpiryDate") != nullptr)
    row["notes"].push_back("its end on " + content(child(policy, "ExpiryDate")) + " is not taken over");
}

json row_of(const xmlNode* package, const DocumentKeys& keys) {
  const xmlNode* device = child(package, "DeviceInfo");
  const xmlNode* key = child(package, "Key");
  const std::string owner = content(child(key, "UserId"));
  json row = {{"id", attribute(key, "Id")},
              {"line", key == nullptr ? xmlGetLineNo(package) : xmlGetLineNo(key)},
              {"serial", content(child(device, "SerialNo"))},
              {"manufacturer", content(child(device, "Manufacturer"))},
              {"user", user_in(owner.empty() ? content(child(device, "UserId")) : owner)},
              {"reason", ""},
              {"notes", json::array()}};
  try {
    if (key == nullptr) throw Failure("it has no key");
    read_key(key, keys, row);
  } catch (const Failure& failure) {
    row["reason"] = failure.what();
    row.erase("secret");
  }
  return row;
}

using Document = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;

}  // namespace

json read_document(const std::string& text, const Lock& lock) {
  if (text.find("<!DOCTYPE") != std::string::npos || text.find("<!ENTITY") != std::string::npos)
    throw Failure("it has a document type declaration: entities are not followed");
  const Document document(xmlReadMemory(text.data(), static_cast<int>(text.size()), "pskc", nullptr,
                                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA),
                          xmlFreeDoc);
  if (!document) {
    const xmlError* error = xmlGetLastError();
    throw Failure("line " + std::to_string(error == nullptr ? 0 : error->line) + ": it is not well-formed XML");
  }
  // In another encoding, where the text above did not show it.
  if (xmlGetIntSubset(document.get()) != nullptr) throw Failure("it has a document type declaration");
  const xmlNode* container = xmlDocGetRootElement(document.get());
  if (container == nullptr || std::string_view(text_of(container->name)) != "KeyContainer")
    throw Failure("it is no PSKC document: its root is not KeyContainer");
  if (child(container, "KeyPackage") == nullptr)
    throw Failure(
        child(container, "Device") != nullptr
            ? "it is of a draft older than RFC 6030 (Device instead of KeyPackage): ask its maker for RFC 6030"
            : "there is no key in it (no KeyPackage)");
  const DocumentKeys keys = keys_of(container, lock);
  json rows = json::array();
  for (const xmlNode* at = container->children; at != nullptr; at = at->next)
    if (at->type == XML_ELEMENT_NODE && std::string_view(text_of(at->name)) == "KeyPackage")
      rows.push_back(row_of(at, keys));
  // Under another key the MAC's own key is not refused when the padding fits by chance: then no MAC is right.
  const bool has_right_mac = std::any_of(rows.begin(), rows.end(), [](const json& row) {
    return !row["reason"].get_ref<const std::string&>().starts_with(kWrongMac);
  });
  if (keys.mac_key != keys.key && !has_right_mac) throw Failure(kOtherKey);
  return rows;
}

}  // namespace seimon::pskc

// SPDX-License-Identifier: Apache-2.0
// A PSKC document (RFC 6030) as rows of JSON, and back. libxml2 reads it, without network, DTD or entities.
// Always true: of an encrypted value nothing is used before its MAC, or the check of its key wrap, was found right.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace seimon::pskc {

// The lock of a document: a key (its bytes), or a passphrase; none for plain documents.
struct Lock {
  std::string key;
  std::string passphrase;
};

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An array of {"id", "line", "serial", "user", "manufacturer", "secret" (hex), "digits", "algorithm", "period" or
// "counter", "drift", "reason" (why not), "notes"}. Throws Failure where the whole cannot be read.
[[nodiscard]] nlohmann::json read_document(const std::string& text, const Lock& lock);
// From the same keys, and "label". Encrypted with AES-CBC and HMAC-SHA256 where there is a lock.
[[nodiscard]] std::string write_document(const nlohmann::json& rows, const Lock& lock);

}  // namespace seimon::pskc

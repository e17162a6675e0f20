// SPDX-License-Identifier: Apache-2.0
// The people of the benches: "u" and seven digits, and a key that follows from the name. directory.c makes them
// accounts.
#pragma once

#include <openssl/sha.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/factors/otp.h"

namespace seimon::bench {

inline std::string name_of(std::int64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "u%07lld", static_cast<long long>(number));
  return text;
}

inline core::Secret key_of(const std::string& user) {
  std::vector<std::uint8_t> bytes(SHA_DIGEST_LENGTH);
  SHA1(reinterpret_cast<const unsigned char*>(user.data()), user.size(), bytes.data());
  return core::Secret(bytes);
}

inline core::Instant now() { return std::chrono::floor<core::seconds>(std::chrono::system_clock::now()); }
inline core::Step step_now() { return core::step_at(now(), core::seconds(30)); }

inline std::string code_of(const std::string& user, core::Step step) {
  char code[16];
  std::snprintf(code, sizeof code, "%06u", core::code_at(key_of(user), core::Algorithm::kSha1, 6, step));
  return code;
}

}  // namespace seimon::bench

// SPDX-License-Identifier: Apache-2.0
#include "core/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstring>
#include <limits>
#include <stdexcept>

#include "base/text.h"

namespace seimon::core {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int base32_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

}  // namespace

Secret Secret::random(std::size_t size) {
  Secret secret;
  secret.bytes_.resize(size);
  if (size > std::numeric_limits<int>::max() || RAND_priv_bytes(secret.bytes_.data(), static_cast<int>(size)) != 1)
    throw std::runtime_error("the system gave no random bytes");
  return secret;
}

std::string random_id() { return base::hex(Secret::random(16).reveal()); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::move(other.bytes_);
  other.bytes_.clear();
  return *this;
}

bool Secret::operator==(const Secret& other) const {
  return size() == other.size() && CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), size()) == 0;
}

void Secret::wipe() {
  if (!bytes_.empty()) OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

std::uint32_t random_bits() {
  const Secret bytes = Secret::random(sizeof(std::uint32_t));
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes.reveal().data(), sizeof bits);
  return bits;
}

Secret secret_of(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::string text_of(const Secret& secret) { return {secret.reveal().begin(), secret.reveal().end()}; }

std::string base32(const Secret& secret) {
  std::string text;
  text.reserve(secret.size() * 8 / 5 + 1);
  std::uint32_t bits = 0;
  int held = 0;
  for (std::uint8_t byte : secret.reveal()) {
    bits = (bits << 8 | byte) & 0xFFFF;
    held += 8;
    for (; held >= 5; held -= 5) text += kAlphabet[bits >> (held - 5) & 31];
  }
  if (held > 0) text += kAlphabet[bits << (5 - held) & 31];
  return text;
}

Secret from_base32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() * 5 / 8 + 1);
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '='; ++at) {
    if (text[at] == ' ' || text[at] == '-') continue;
    const int value = base32_value(text[at]);
    if (value < 0) return {};
    bits = (bits << 5 | static_cast<std::uint32_t>(value)) & 0xFFF;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> held));
  }
  // Left-over bits are dropped, as apps and the other programs do; a whole letter too many is none of them.
  const bool extra_letter = held >= 5;
  const bool extra_text = text.find_first_not_of('=', at) != std::string_view::npos || text.size() - at > 6;
  Secret secret(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return extra_letter || extra_text ? Secret() : std::move(secret);
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/otp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "core/characters.h"

namespace seimon::core {

namespace {

struct Row {
  Algorithm algorithm;
  std::string_view name;
  const EVP_MD* (*digest)();
};

constexpr std::array<Row, 3> kAlgorithms = {{
    {Algorithm::kSha1, "SHA1", EVP_sha1},
    {Algorithm::kSha256, "SHA256", EVP_sha256},
    {Algorithm::kSha512, "SHA512", EVP_sha512},
}};

constexpr std::array<std::uint32_t, 9> kPowersOfTen = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

// All ones when a == b, else all zeros; no branch.
std::uint64_t equal_mask(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t difference = a ^ b;
  return ((difference | (~difference + 1)) >> 63) - 1;
}

bool is_ignored(char32_t c) { return c == U' ' || c == U'-' || c == U'　' || c == U'－' || c == U'\u00A0'; }

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) { return kAlgorithms[static_cast<std::size_t>(algorithm)].name; }

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  for (const Row& row : kAlgorithms)
    if (row.name == name) return row.algorithm;
  return std::nullopt;
}

std::optional<Code> parse_code(std::string_view typed) {
  Code code;
  while (!typed.empty()) {
    const auto character = take_character(typed);
    if (!character) return std::nullopt;
    char32_t c = *character;
    if (is_ignored(c)) continue;
    if (c >= U'０' && c <= U'９') c = c - U'０' + U'0';
    if (c < U'0' || c > U'9' || code.digits == 8) return std::nullopt;
    code.value = code.value * 10 + static_cast<std::uint32_t>(c - U'0');
    ++code.digits;
  }
  if (code.digits < 6) return std::nullopt;
  return code;
}

std::uint32_t code_at(const Secret& key, Algorithm algorithm, int digits, Step step) {
  std::array<std::uint8_t, 8> moving{};
  auto factor = static_cast<std::uint64_t>(step);
  for (std::size_t i = moving.size(); i-- > 0; factor >>= 8) moving[i] = static_cast<std::uint8_t>(factor);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  const EVP_MD* digest = kAlgorithms[static_cast<std::size_t>(algorithm)].digest();
  if (HMAC(digest, key.reveal().data(), static_cast<int>(key.size()), moving.data(), moving.size(), mac.data(),
           &size) == nullptr ||
      size < 20)
    throw std::runtime_error("libcrypto cannot compute an HMAC");
  // RFC 4226 §5.3. The offset is secret, but an index into 64 bytes stays within one cache line's worth of stack.
  const std::size_t offset = mac[size - 1] & 0x0FU;
  const std::uint32_t truncated = (mac[offset] & 0x7FU) << 24 | static_cast<std::uint32_t>(mac[offset + 1]) << 16 |
                                  static_cast<std::uint32_t>(mac[offset + 2]) << 8 | mac[offset + 3];
  return truncated % kPowersOfTen[static_cast<std::size_t>(digits)];
}

Step step_at(Instant now, seconds period) { return Step{std::chrono::floor<seconds>(now).time_since_epoch() / period}; }

Found find_code(const Secret& key, const OtpParameters& parameters, Window window, Step mark, const Code& code) {
  std::uint64_t newest = 0;
  std::uint64_t any_fresh = 0;
  std::uint64_t any_spent = 0;
  const std::uint64_t same_digits =
      equal_mask(static_cast<std::uint64_t>(code.digits), static_cast<std::uint64_t>(parameters.digits));
  for (auto at = static_cast<std::int64_t>(window.first); at <= static_cast<std::int64_t>(window.last); ++at) {
    const std::uint32_t expected = code_at(key, parameters.algorithm, parameters.digits, Step{at});
    const std::uint64_t equal = equal_mask(expected, code.value) & same_digits;
    const std::uint64_t beyond = at > static_cast<std::int64_t>(mark) ? ~std::uint64_t{0} : 0;  // not a secret
    any_fresh |= equal & beyond;
    any_spent |= equal & ~beyond;
    newest = (newest & ~(equal & beyond)) | (static_cast<std::uint64_t>(at) & equal & beyond);
  }
  Found found;
  if (any_fresh != 0) found.fresh = Step{static_cast<std::int64_t>(newest)};
  found.spent = any_fresh == 0 && any_spent != 0;
  return found;
}

}  // namespace seimon::core

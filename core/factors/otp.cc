// SPDX-License-Identifier: Apache-2.0
#include "core/factors/otp.h"

#include <openssl/crypto.h>

#include <array>
#include <stdexcept>

#include "base/characters.h"

namespace seimon::core {

namespace {

struct Row {
  Algorithm algorithm;
  std::string_view name;
};

constexpr std::array<Row, 3> kAlgorithms = {{
    {Algorithm::kSha1, "SHA1"},
    {Algorithm::kSha256, "SHA256"},
    {Algorithm::kSha512, "SHA512"},
}};

constexpr std::size_t kMostDigits = 16;  // of two codes

// The digits typed, folded; nothing when anything else stands there.
struct Digits {
  std::array<std::uint32_t, kMostDigits> digit{};
  std::size_t count = 0;
};

// The divisors are constants, so that no division instruction takes its time from a secret.
std::uint32_t last_digits(std::uint32_t number, int digits) {
  if (digits == 6) return number % 1000000;
  if (digits == 7) return number % 10000000;
  return number % 100000000;
}

std::uint64_t beyond_mask(std::int64_t at, Step last_step) {
  return at > static_cast<std::int64_t>(last_step) ? ~std::uint64_t{0} : 0;  // neither is a secret
}

std::uint64_t same_digits(const Code& code, const OtpParameters& parameters) {
  return equal_mask(static_cast<std::uint64_t>(code.digits), static_cast<std::uint64_t>(parameters.digits));
}

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) { return kAlgorithms[static_cast<std::size_t>(algorithm)].name; }

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  for (const Row& row : kAlgorithms)
    if (row.name == name) return row.algorithm;
  return std::nullopt;
}

namespace {

std::optional<Digits> parse_digits(std::string_view typed) {
  Digits digits;
  while (!typed.empty()) {
    const auto character = base::take_character(typed);
    if (!character) return std::nullopt;
    char32_t c = *character;
    if (base::is_grouping(c)) continue;
    if (c >= U'０' && c <= U'９') c = c - U'０' + U'0';
    if (c < U'0' || c > U'9' || digits.count == kMostDigits) return std::nullopt;
    digits.digit[digits.count++] = static_cast<std::uint32_t>(c - U'0');
  }
  return digits;
}

Code code_from(const Digits& digits, std::size_t first, std::size_t count) {
  Code code{0, static_cast<int>(count)};
  for (std::size_t i = first; i < first + count; ++i) code.value = code.value * 10 + digits.digit[i];
  return code;
}

}  // namespace

std::optional<Code> parse_code(std::string_view typed) {
  const auto digits = parse_digits(typed);
  if (!digits || digits->count < 6 || digits->count > 8) return std::nullopt;
  return code_from(*digits, 0, digits->count);
}

std::optional<std::pair<Code, Code>> parse_pair(std::string_view typed) {
  const auto digits = parse_digits(typed);
  if (!digits || digits->count < 12 || digits->count % 2 != 0) return std::nullopt;
  const std::size_t half = digits->count / 2;
  return std::pair(code_from(*digits, 0, half), code_from(*digits, half, half));
}

namespace {

std::uint32_t code_at(Hmac& hmac, int digits, std::int64_t step) {
  std::array<std::uint8_t, 8> moving{};
  auto factor = static_cast<std::uint64_t>(step);
  for (std::size_t i = moving.size(); i-- > 0; factor >>= 8) moving[i] = static_cast<std::uint8_t>(factor);
  Hmac::Code whole = hmac.of(moving);
  const auto& mac = whole.bytes;
  // RFC 4226 §5.3. The offset is secret, so each of the sixteen is read and one is kept.
  const std::uint64_t offset = mac[whole.size - 1] & 0x0FU;
  std::uint64_t truncated = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const std::uint64_t word =
        std::uint64_t{mac[i]} << 24 | std::uint64_t{mac[i + 1]} << 16 | std::uint64_t{mac[i + 2]} << 8 | mac[i + 3];
    truncated |= word & equal_mask(i, offset);
  }
  const std::uint32_t code = last_digits(static_cast<std::uint32_t>(truncated) & 0x7FFFFFFFU, digits);
  OPENSSL_cleanse(whole.bytes.data(), whole.bytes.size());
  return code;
}

}  // namespace

std::uint32_t code_at(const Secret& key, Algorithm algorithm, int digits, Step step) {
  Hmac hmac(algorithm, key);
  return code_at(hmac, digits, static_cast<std::int64_t>(step));
}

Step step_at(Instant now, seconds period) { return Step{std::chrono::floor<seconds>(now).time_since_epoch() / period}; }

Match match_code(const Secret& key, const OtpParameters& parameters, Window window, Step last_step, const Code& code) {
  Match match;
  Hmac hmac(parameters.algorithm, key);
  for (auto at = static_cast<std::int64_t>(window.first); at <= static_cast<std::int64_t>(window.last); ++at) {
    const std::uint32_t expected = code_at(hmac, parameters.digits, at);
    const std::uint64_t equal = equal_mask(expected, code.value) & same_digits(code, parameters);
    const std::uint64_t fresh = equal & beyond_mask(at, last_step);
    match.fresh |= fresh;
    match.spent |= equal & ~beyond_mask(at, last_step);
    match.step = (match.step & ~fresh) | (static_cast<std::uint64_t>(at) & fresh);
  }
  return match;
}

Match match_pair(const Secret& key, const OtpParameters& parameters, Window window, Step last_step, const Code& first,
                 const Code& second) {
  Match match;
  const std::uint64_t digits = same_digits(first, parameters) & same_digits(second, parameters);
  const auto begin = static_cast<std::int64_t>(window.first);
  Hmac hmac(parameters.algorithm, key);
  std::uint32_t before = code_at(hmac, parameters.digits, begin - 1);
  for (std::int64_t at = begin; at <= static_cast<std::int64_t>(window.last); ++at) {
    const std::uint32_t expected = code_at(hmac, parameters.digits, at);
    const std::uint64_t equal = equal_mask(before, first.value) & equal_mask(expected, second.value) & digits;
    const std::uint64_t fresh = equal & beyond_mask(at - 1, last_step);
    match.fresh |= fresh;
    match.spent |= equal & ~beyond_mask(at - 1, last_step);
    match.step = (match.step & ~fresh) | (static_cast<std::uint64_t>(at) & fresh);
    before = expected;
  }
  return match;
}

Found find_code(const Secret& key, const OtpParameters& parameters, Window window, Step last_step, const Code& code) {
  const Match match = match_code(key, parameters, window, last_step, code);
  Found found;
  if (match.fresh != 0) found.fresh = Step{static_cast<std::int64_t>(match.step)};
  found.spent = match.fresh == 0 && match.spent != 0;
  return found;
}

}  // namespace seimon::core

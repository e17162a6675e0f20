// SPDX-License-Identifier: Apache-2.0
#include "core/factors/sent_code.h"

#include "core/secret.h"

namespace seimon::core {

bool suffices(const SentCode& sent, bool is_open) { return is_open || sent.code.digits == kGuardedSentDigits; }

Code random_code(int digits) {
  std::uint64_t values = 1;
  for (int i = 0; i < digits; ++i) values *= 10;
  // The last, incomplete run of values is thrown away: what is left is the same for each.
  const std::uint64_t most = (std::uint64_t{1} << 32U) / values * values;
  while (true) {
    const std::uint32_t number = random_bits();
    if (number < most) return {static_cast<std::uint32_t>(number % values), digits};
  }
}

SentCode new_sent_code(MethodId method, Step serial, int digits, Instant until) {
  return {method, serial, random_code(digits), until};
}

std::string text_of(const Code& code) {
  const std::string number = std::to_string(code.value);
  return std::string(static_cast<std::size_t>(code.digits) - number.size(), '0') + number;
}

std::uint64_t matches(const SentCode& sent, const Code& typed, Instant now) {
  const std::uint64_t in_time = now < sent.until ? ~std::uint64_t{0} : 0;  // no secret
  return equal_mask(sent.code.value, typed.value) &
         equal_mask(static_cast<std::uint64_t>(sent.code.digits), static_cast<std::uint64_t>(typed.digits)) & in_time;
}

}  // namespace seimon::core

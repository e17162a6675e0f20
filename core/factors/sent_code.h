// SPDX-License-Identifier: Apache-2.0
// A code that is sent to its user (NIST SP 800-63B-4 §3.1.3): random, good in the conversation that asked for it, once,
// for a few minutes. Always true: it lives in memory and in the message, and nowhere else.
#pragma once

#include "core/factors/otp.h"
#include "core/types.h"

namespace seimon::core {

inline constexpr int kSentDigits = 6;
inline constexpr int kGuardedSentDigits = 8;

struct SentCode {
  MethodId method{};
  // Rises with each code of its user. Spending it is raising the method's last step to it (Store::spend), so that an
  // older code of another conversation ends with it.
  Step serial{-1};
  Code code;
  Instant until{};
};

// True if it is long enough: six digits where one code of an app is asked for, eight where two are.
[[nodiscard]] bool suffices(const SentCode& sent, bool is_open);

// `digits` 6 or 8, every value equally likely. Throws std::runtime_error when there is no randomness.
[[nodiscard]] Code random_code(int digits);
// A new one, of `digits` digits (6 or 8). Throws as random_code.
[[nodiscard]] SentCode new_sent_code(MethodId method, Step serial, int digits, Instant until);
// "049203"
[[nodiscard]] std::string text_of(const Code& code);
// All ones when `typed` is the code and `now` is before its end, else all zeros; takes the same time whether or not it
// is.
[[nodiscard]] std::uint64_t matches(const SentCode& sent, const Code& typed, Instant now);

}  // namespace seimon::core

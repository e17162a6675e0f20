// SPDX-License-Identifier: Apache-2.0
// One-time codes: HOTP (RFC 4226 §5.3) and TOTP (RFC 6238 §4), and finding a typed code among the ones that a method
// would accept now.
// Always true: finding takes the same time whether, where and which code matches (no branch and no index depends on a
// key or a code).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/factors/hmac.h"
#include "core/secret.h"
#include "core/types.h"

namespace seimon::core {

[[nodiscard]] std::string_view algorithm_name(Algorithm algorithm);
[[nodiscard]] std::optional<Algorithm> parse_algorithm(std::string_view name);

struct OtpParameters {
  Algorithm algorithm = Algorithm::kSha1;
  int digits = 6;      // 6-8
  seconds period{30};  // 15-120; 0 for a counter (HOTP)
  [[nodiscard]] bool by_counter() const { return period == seconds{0}; }
};

// A code as typed: its number and how many digits it had.
struct Code {
  std::uint32_t value = 0;
  int digits = 0;
};
// 6-8 decimal digits; blanks, hyphens (ASCII and full-width) are dropped and full-width digits folded first. Nothing
// else is a code.
[[nodiscard]] std::optional<Code> parse_code(std::string_view typed);
// Two codes of the same length, one after the other: 12, 14 or 16 digits.
[[nodiscard]] std::optional<std::pair<Code, Code>> parse_pair(std::string_view typed);
// All ones when a == b, else all zeros; no branch.
[[nodiscard]] constexpr std::uint64_t equal_mask(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t difference = a ^ b;
  return ((difference | (~difference + 1)) >> 63) - 1;
}

// REQUIRES digits 6-8. Throws std::runtime_error if libcrypto cannot compute.
[[nodiscard]] std::uint32_t code_at(const Secret& key, Algorithm algorithm, int digits, Step step);
[[nodiscard]] Step step_at(Instant now, seconds period);

// Steps first..last, both included, that a method accepts.
struct Window {
  Step first{};
  Step last{};
};

// Result of a comparison, as masks: all ones or all zeros. No branch on a key or a code was taken to get it; a branch
// on the masks is the decision.
struct Match {
  std::uint64_t fresh = 0;  // a step beyond `last_step` matches
  std::uint64_t spent = 0;  // a step up to `last_step` matches
  std::uint64_t step = 0;   // the newest that matches, where `fresh`
};
[[nodiscard]] Match match_code(const Secret& key, const OtpParameters& parameters, Window window, Step last_step,
                               const Code& code);
// `window` is the second code's; the first one is the step before it, and both must be beyond `last_step`. `step` is
// the second code's.
[[nodiscard]] Match match_pair(const Secret& key, const OtpParameters& parameters, Window window, Step last_step,
                               const Code& first, const Code& second);

struct Found {
  std::optional<Step> fresh;  // the newest matching step beyond `last_step`
  bool spent = false;         // matches, but only steps up to `last_step`
};
[[nodiscard]] Found find_code(const Secret& key, const OtpParameters& parameters, Window window, Step last_step,
                              const Code& code);

}  // namespace seimon::core

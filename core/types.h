// SPDX-License-Identifier: Apache-2.0
// The small strong types of a decision. Each is built only by its parse(): whoever holds a UserName holds a valid
// one. Time is always an argument, in UTC seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seimon::core {

using Instant = std::chrono::sys_seconds;
using std::chrono::seconds;

// When a step happens. Codes, the hours and dates of rules, and what people read go by `wall`, which is what this
// host's clock shows. What is kept and then relaxes or ends goes by `age`: wall time that only time moves, not a clock
// that is set (daemon/system/clock.h).
struct Moment {
  Instant wall{};
  Instant age{};
  // From when to count what lasts for a while. Of a clock that is behind, `wall`: it has ended already, and does not
  // last for years once that clock is accepted.
  [[nodiscard]] Instant start() const { return std::min(wall, age); }
};

enum class MethodId : std::int64_t {};
// A time step of RFC 6238, or a counter of RFC 4226: the moving factor of one method.
enum class Step : std::int64_t {};

// The scope that a failure counts in: the login service (root), or one local user who asks about themselves and
// whose word on where they are proves nothing (threat model D1). A login host that the gate does not trust has a number
// below kTrusted (core/policy/source.h).
enum class CounterScope : std::int64_t { kTrusted = -1 };

// An account's name as NSS returns it (pw_name).
class UserName {
 public:
  // 1-255 bytes of valid UTF-8 without control characters, '/' and ':', not beginning with '-' (an option to some
  // program) or '#' (a number to some) and not beginning or ending with a blank.
  [[nodiscard]] static std::optional<UserName> parse(std::string_view text);
  // A name as a stored record has it, whatever it is: for inspecting and dropping records only.
  [[nodiscard]] static UserName of_record(std::string_view text) { return UserName(text); }
  // A name that parse() refuses, so that it is nobody's: under it the failures of unknown names are kept.
  [[nodiscard]] static UserName decoy(const std::string& which) { return UserName("/decoy/" + which); }
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const UserName&) const = default;

 private:
  explicit UserName(std::string_view text) : text_(text) {}
  std::string text_;
};

// True for the label of a method: 1-64 bytes of printable UTF-8, no leading '-'.
[[nodiscard]] bool is_valid_label(std::string_view text);

}  // namespace seimon::core

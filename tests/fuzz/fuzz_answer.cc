// SPDX-License-Identifier: Apache-2.0
// Input typed by people, and names from outside: no crash; a code is 6 to 8 digits and reads the same when it is
// typed plainly; so do recovery codes and codes of the help desk; hours; what is escaped is one printable line.
#include <cstdlib>
#include <string>

#include "base/characters.h"
#include "core/account/profile.h"
#include "core/factors/otp.h"
#include "core/policy/policy.h"
#include "core/secret.h"
#include "core/types.h"

using namespace seimon::core;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto code = parse_code(text)) {
    if (code->digits < 6 || code->digits > 8) std::abort();
    std::string plain = std::to_string(code->value);
    plain.insert(0, static_cast<std::size_t>(code->digits) - plain.size(), '0');
    const auto again = parse_code(plain);
    if (!again || again->value != code->value || again->digits != code->digits) std::abort();
  }
  const auto recovery_codes = parse_recovery_code(text);
  if (recovery_codes && (recovery_codes->size() != 16 || parse_recovery_code(*recovery_codes) != recovery_codes))
    std::abort();
  const auto bypass = parse_bypass_code(text);
  if (bypass && (bypass->size() != 9 || parse_bypass_code(*bypass) != bypass || parse_code(text))) std::abort();
  if (const auto hours = Hours::parse(text)) (void)hours->contain(Instant(seconds(1795262410)), seconds(0));
  std::string_view line = text;
  const std::string shown = seimon::base::escaped(line);
  std::string_view rest = shown;
  while (!rest.empty()) {
    const auto character = seimon::base::take_character(rest);
    if (!character || seimon::base::is_unprintable(*character)) std::abort();
  }
  if (const auto user = UserName::parse(text);
      user && seimon::base::escaped(user->text()).find('\n') != std::string::npos)
    std::abort();
  const Secret secret = from_base32(text);
  if (!secret.empty() && !(from_base32(base32(secret)) == secret)) std::abort();
  return 0;
}

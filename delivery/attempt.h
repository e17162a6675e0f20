// SPDX-License-Identifier: Apache-2.0
// The outcome of one driver's attempt, and how it is read from what a gateway answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace seimon::delivery {

struct Attempt {
  // kFailed: the gateway has not taken it. kUnknown: it may have.
  enum class Result : std::uint8_t { kFailed, kSent, kBadAddress, kRefused, kUnknown, kNotAnswered };
  Result result = Result::kFailed;
  std::string driver;     // its name
  std::string detail;     // one line, without digits; empty when there is nothing to say
  std::string keys = {};  // that were pressed in a call
  long status = 0;        // of a web interface: HTTP's
};
// "sent", "bad-address", "refused", "failed", "unknown", "not-answered".
[[nodiscard]] std::string_view result_name(Attempt::Result result);

// The meaning of an HTTP status: 2xx was taken; 410 and 422 are about the address, to which no other driver can send
// either; of 5xx but 503 it is not known; all others are a failure, which may be our own: a wrong password, a field
// that is missing.
[[nodiscard]] Attempt::Result result_of_status(long status);
// The exit codes of sysexits.h: 0; EX_DATAERR and EX_NOUSER: a bad address; EX_NOPERM: refused; all others failed. Of a
// mailer EX_NOUSER alone is about the address: others are also what it says of its own password or rights.
[[nodiscard]] Attempt::Result result_of_exit(int code, bool is_mailer);
// True for nothing, or one flat JSON object such as {"id": "…"}, the gateway's own name of the message: that is all
// that a driver program may print.
[[nodiscard]] bool is_driver_output(const std::string& output);
// The output of a driver of calls, where is_driver_output() is true: {"answered": false} is kNotAnswered, {"keys":
// "42"} the keys, at most sixteen of 0 to 9 and *. Without either it was answered, and nothing was pressed.
void read_call_output(const std::string& output, Attempt& attempt);
// The first line of `text`, printable, each digit replaced by "#", and not longer than a line of a log: a driver may
// repeat the number or the code.
[[nodiscard]] std::string first_line(std::string_view text);

}  // namespace seimon::delivery

// SPDX-License-Identifier: Apache-2.0
#include "delivery/attempt.h"

#include <sysexits.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/characters.h"

namespace seimon::delivery {

using nlohmann::json;
using Result = Attempt::Result;

std::string_view result_name(Result result) {
  switch (result) {
    case Result::kSent: return "sent";
    case Result::kBadAddress: return "bad-address";
    case Result::kRefused: return "refused";
    case Result::kFailed: return "failed";
    case Result::kUnknown: return "unknown";
    case Result::kNotAnswered: return "not-answered";
  }
  return "failed";
}

Result result_of_status(long status) {
  if (status >= 200 && status < 300) return Result::kSent;
  if (status == 410 || status == 422) return Result::kBadAddress;
  return status >= 500 && status != 503 ? Result::kUnknown : Result::kFailed;
}

Result result_of_exit(int code, bool is_mailer) {
  switch (code) {
    case EX_OK: return Result::kSent;
    case EX_NOUSER: return Result::kBadAddress;
    case EX_DATAERR: return is_mailer ? Result::kFailed : Result::kBadAddress;
    case EX_NOPERM: return is_mailer ? Result::kFailed : Result::kRefused;
    default: return Result::kFailed;
  }
}

bool is_driver_output(const std::string& output) {
  if (output.find_first_not_of(" \t\r\n") == std::string::npos) return true;
  // Depth is bounded by the callback: a parser that recurses is not handed 4096 brackets.
  const auto flat = [](int depth, json::parse_event_t, json&) {
    if (depth > 2) throw std::invalid_argument("nested");
    return true;
  };
  try {
    const json parsed = json::parse(output, flat, false);
    return parsed.is_object() &&
           std::all_of(parsed.begin(), parsed.end(), [](const json& value) { return value.is_primitive(); });
  } catch (const std::invalid_argument&) {
    return false;
  }
}

void read_call_output(const std::string& output, Attempt& attempt) {
  constexpr std::size_t kMostKeys = 16;
  const json parsed = json::parse(output, nullptr, false);
  if (!parsed.is_object()) return;
  const auto answered = parsed.find("answered");
  if (answered != parsed.end() && *answered == false) attempt.result = Result::kNotAnswered;
  const auto keys = parsed.find("keys");
  if (keys == parsed.end() || !keys->is_string() || attempt.result != Result::kSent) return;
  const std::string pressed = keys->get<std::string>();
  if (pressed.size() <= kMostKeys && pressed.find_first_not_of("0123456789*") == std::string::npos)
    attempt.keys = pressed;
}

std::string first_line(std::string_view text) {
  constexpr std::size_t kMost = 120;
  std::string line = base::escaped(text.substr(0, std::min(text.find('\n'), kMost)));
  for (char& c : line)
    if (c >= '0' && c <= '9') c = '#';
  return line;
}

}  // namespace seimon::delivery

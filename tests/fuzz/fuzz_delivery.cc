// SPDX-License-Identifier: Apache-2.0
// Texts for gateways and from them: telephone numbers, templates, the output of drivers.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "core/factors/contact.h"
#include "daemon/config/message_template.h"
#include "delivery/driver.h"

using namespace seimon;

namespace {

// A number is one line in its only form, reading it again changes nothing, and it lies within the prefixes.
void try_number(const std::string& typed) {
  for (const char* country : {"", "81", "1", "39"}) {
    const auto number = core::PhoneNumber::parse(typed, country);
    if (!number) continue;
    const std::string& text = number->text();
    if (text.size() < 8 || text.size() > 16 || text[0] != '+' || text[1] == '0' ||
        text.find_first_not_of("0123456789", 1) != std::string::npos)
      std::abort();
    const auto again = core::PhoneNumber::parse(text, country);
    // "+810…" cannot be written but by leaving out the zero.
    if (!again || again->text() != text) std::abort();
    const core::NumberPlan plan{.prefixes = {"+8190", "+1"}, .never = {"+81901"}};
    const bool is_within = (text.starts_with("+8190") && !text.starts_with("+81901")) || text.starts_with("+1");
    if (plan.allows(*number) != is_within) std::abort();
    if (number->masked().find(text.substr(text.size() - 4)) != std::string::npos) std::abort();
  }
}

std::string no_secret(const std::string&) { return ""; }

// Whatever the parts of a message are, a JSON body has the fields that it was written with, and a form its own.
void try_values(const std::string& value) {
  daemon::Message message;
  message.to = value;
  message.text = value;
  const daemon::MessageTemplate json_body("{\"to\":\"{to}\",\"text\":\"{text:json}\"}",
                                          daemon::MessageTemplate::Encoding::kJson);
  const auto parsed = nlohmann::json::parse(json_body.filled(message, no_secret), nullptr, false);
  if (!parsed.is_object() || parsed.size() != 2 || !parsed.at("to").is_string()) std::abort();
  const daemon::MessageTemplate form("to={to}&text={text}", daemon::MessageTemplate::Encoding::kForm);
  const std::string filled = form.filled(message, no_secret);
  if (std::count(filled.begin(), filled.end(), '&') != 1 || std::count(filled.begin(), filled.end(), '=') != 2)
    std::abort();
  if (filled.find_first_of("\r\n \"#?/") != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_number(text);
  try_values(text);
  try {
    const daemon::MessageTemplate any(text, daemon::MessageTemplate::Encoding::kForm);
    if (any.filled({}, no_secret).size() > text.size()) std::abort();
  } catch (const std::invalid_argument&) {
  }
  (void)delivery::is_driver_output(text);
  const std::string line = delivery::first_line(text);
  if (line.find_first_of("\r\n0123456789") != std::string::npos) std::abort();
  return 0;
}

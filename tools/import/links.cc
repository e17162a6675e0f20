// SPDX-License-Identifier: Apache-2.0
// Keys as people have them: base32, hexadecimal, otpauth:// links, and lists of these links.
#include <algorithm>

#include "tools/import/lines.h"
#include "tools/import/rows.h"

namespace seimon::tools {

using nlohmann::json;

std::string base32_of_hex(const std::string& hex) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  if (hex.empty() || hex.size() % 2 != 0 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    return "";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : hex) {
    const int digit = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
    bits = (bits << 4U) | static_cast<std::uint32_t>(digit);
    count += 4;
    if (count < 5) continue;
    count -= 5;
    text += kLetters[(bits >> static_cast<unsigned>(count)) & 31U];
  }
  if (count > 0) text += kLetters[(bits << static_cast<unsigned>(5 - count)) & 31U];
  return text;
}

namespace {

void take_link(std::string_view link, json& parameters) {
  const bool by_counter = link.starts_with("otpauth://hotp/");
  if (by_counter) parameters["counter"] = 0;
  std::size_t from = link.find('?');
  while (from != std::string_view::npos) {
    const std::size_t until = link.find('&', from + 1);
    const std::string_view part = link.substr(from + 1, until - from - 1);
    const std::string name(part.substr(0, part.find('=')));
    const std::string value(part.substr(std::min(part.size(), name.size() + 1)));
    if (name == "secret" || name == "algorithm") parameters[name] = value;
    const bool is_number = name == "digits" || (name == "period" && !by_counter) || (name == "counter" && by_counter);
    if (const auto number = number_in(value); is_number && number) parameters[name] = *number;
    from = until;
  }
}

// "%20" as a blank; what is no such sequence stays.
std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    const char* const digits = text.data() + i + 1;
    const bool coded =
        text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    plain += coded ? static_cast<char>(byte) : text[i];
    if (coded) i += 2;
  }
  return plain;
}

// "Issuer:alice" or "alice".
std::string user_in(std::string_view link) {
  link.remove_prefix(std::min(link.size(), link.find('/', std::string_view("otpauth://").size()) + 1));
  std::string label = decoded(link.substr(0, link.find('?')));
  label.erase(0, label.rfind(':') == std::string::npos ? 0 : label.rfind(':') + 1);
  label.erase(0, label.find_first_not_of(' '));
  return label;
}

}  // namespace

json parameters_of_key(std::string_view line) {
  constexpr std::string_view kLastStep = "\xEF\xBB\xBF";
  constexpr std::string_view kBlanks = " \t\r\n";
  if (line.starts_with(kLastStep)) line.remove_prefix(kLastStep.size());
  while (!line.empty() && kBlanks.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  while (!line.empty() && kBlanks.find(line.front()) != std::string_view::npos) line.remove_prefix(1);
  json parameters = json::object();
  if (line.starts_with("otpauth://")) {
    take_link(line, parameters);
    return parameters;
  }
  const bool has_prefix = line.starts_with("0x") || line.starts_with("0X");
  const bool is_hex = has_prefix || line.find_first_of("0189") != std::string_view::npos;
  const std::string hex = is_hex ? base32_of_hex(std::string(line.substr(has_prefix ? 2 : 0))) : "";
  parameters["secret"] = hex.empty() ? std::string(line) : hex;
  return parameters;
}

std::vector<ImportRow> rows_of_links(std::string_view text, const std::string& file) {
  std::vector<ImportRow> rows;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    ImportRow row;
    row.place = file + ":" + std::to_string(i + 1);
    row.line = lines[i];
    row.parameters = parameters_of_key(lines[i]);
    if (lines[i].find("otpauth://") == std::string::npos) row.reason = "it is no otpauth:// link";
    else if (row.parameters.value("secret", "").empty()) row.reason = "the link has no secret";
    else row.user = user_in(std::string_view(lines[i]).substr(lines[i].find("otpauth://")));
    if (row.reason.empty() && row.user.empty()) row.reason = "no user";
    rows.push_back(std::move(row));
  }
  // A key that was cut is a key all the same.
  if (!rows.empty() && text.back() != '\n' && rows.back().reason.empty()) rows.back().reason = kCut;
  return rows;
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/settings.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/characters.h"
#include "base/text.h"

namespace seimon::daemon {

namespace {

// A fixed-width decimal field; -1 when it is not one.
int field(std::string_view text, std::size_t at, std::size_t width) {
  int value = 0;
  if (at + width > text.size()) return -1;
  const auto [end, failure] = std::from_chars(text.data() + at, text.data() + at + width, value);
  return failure == std::errc() && end == text.data() + at + width && text[at] != '-' ? value : -1;
}

bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(), [](char c, char s) {
           return s == '0' ? c >= '0' && c <= '9' : s == '+' ? c == '+' || c == '-' : c == s;
         });
}

}  // namespace

std::string Setting::name() const {
  const char* name = config_setting_name(setting_);
  return name == nullptr ? "" : name;
}

std::string Setting::place() const { return *file_ + ":" + std::to_string(config_setting_source_line(setting_)); }

bool Setting::is_group() const { return config_setting_is_group(setting_) == CONFIG_TRUE; }
bool Setting::is_list() const { return config_setting_is_list(setting_) == CONFIG_TRUE; }

std::vector<Setting> Setting::children() const {
  std::vector<Setting> children;
  const int count = config_setting_length(setting_);
  for (int i = 0; i < count; ++i)
    children.emplace_back(config_setting_get_elem(setting_, static_cast<unsigned int>(i)), *file_);
  return children;
}

std::string Setting::text() const {
  if (config_setting_type(setting_) != CONFIG_TYPE_STRING) fail(name() + " is not a text", "write it in double quotes");
  std::string text = config_setting_get_string(setting_);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto character = base::take_character(rest);
    if (!character || base::is_unprintable(*character))
      fail(name() + " holds a character that cannot be shown", "use printable UTF-8 text on one line");
  }
  return text;
}

bool Setting::boolean() const {
  if (config_setting_type(setting_) != CONFIG_TYPE_BOOL) fail(name() + " is not true or false", "write true or false");
  return config_setting_get_bool(setting_) == CONFIG_TRUE;
}

int Setting::number(int low, int high) const {
  const std::string range = std::to_string(low) + " to " + std::to_string(high);
  if (config_setting_type(setting_) != CONFIG_TYPE_INT) fail(name() + " is not a whole number", "write " + range);
  const int value = config_setting_get_int(setting_);
  if (value < low || value > high) fail(name() + " = " + std::to_string(value) + " is out of range", "write " + range);
  return value;
}

double Setting::chance() const {
  const bool whole = config_setting_type(setting_) == CONFIG_TYPE_INT;
  const bool real = config_setting_type(setting_) == CONFIG_TYPE_FLOAT;
  const double value = whole ? config_setting_get_int(setting_) : real ? config_setting_get_float(setting_) : 0;
  if (!(value >= 1e-9 && value <= 1))
    fail(name() + " is not a chance", "write a number between 1e-9 and 1, such as 1.5e-5 (five tries of one app)");
  return value;
}

std::vector<std::string> Setting::texts() const {
  if (config_setting_type(setting_) == CONFIG_TYPE_STRING) return {text()};
  if (config_setting_is_aggregate(setting_) == CONFIG_FALSE || is_group())
    fail(name() + " is not a list of texts", "write " + name() + " = [ \"…\", \"…\" ]");
  std::vector<std::string> texts;
  for (const Setting& child : children()) {
    if (config_setting_type(child.setting_) != CONFIG_TYPE_STRING)
      child.fail("an element of " + name() + " is not a text", "write it in double quotes");
    texts.push_back(child.text());
  }
  return texts;
}

core::seconds Setting::duration() const {
  const std::string value = text();
  long long count = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
  const std::string_view units = "smhd";
  constexpr long long kLengths[] = {1, 60, 3600, 86400};
  const std::size_t found = unit.size() == 1 ? units.find(unit.front()) : std::string_view::npos;
  if (failure != std::errc() || found == std::string_view::npos || count < 0 || count > 100000)
    fail(name() + " = \"" + value + "\" is not a duration", "write a number with s, m, h or d, such as \"24h\"");
  return core::seconds(count * kLengths[found]);
}

core::Instant Setting::moment() const {
  const std::string value = text();
  const bool date = has_shape(value, "0000-00-00");
  const bool utc = has_shape(value, "0000-00-00T00:00:00Z");
  const bool zoned = has_shape(value, "0000-00-00T00:00:00+00:00");
  const std::string fix = "write \"2026-04-04\" or \"2026-04-04T00:00:00+09:00\"";
  if (!date && !utc && !zoned) fail(name() + " = \"" + value + "\" is not a time", fix);
  std::tm parts = {};
  parts.tm_year = field(value, 0, 4) - 1900;
  parts.tm_mon = field(value, 5, 2) - 1;
  parts.tm_mday = field(value, 8, 2);
  if (!date) {
    parts.tm_hour = field(value, 11, 2);
    parts.tm_min = field(value, 14, 2);
    parts.tm_sec = field(value, 17, 2);
  }
  parts.tm_isdst = -1;
  const std::tm wanted = parts;
  const std::time_t read = date ? std::mktime(&parts) : timegm(&parts);
  const bool moved = parts.tm_mday != wanted.tm_mday || parts.tm_mon != wanted.tm_mon || wanted.tm_hour > 23 ||
                     wanted.tm_min > 59 || wanted.tm_sec > 59;
  if (read == -1 || moved) fail(name() + " = \"" + value + "\" is no day of the calendar", fix);
  core::Instant instant{core::seconds(read)};
  if (zoned) {
    const core::seconds offset = std::chrono::hours(field(value, 20, 2)) + std::chrono::minutes(field(value, 23, 2));
    instant += value[19] == '+' ? -offset : offset;
  }
  return instant;
}

void Setting::fail(const std::string& reason, const std::string& fix) const {
  throw ConfigError(place() + ": " + reason + "\n  " + fix);
}

void Setting::fail_unknown(std::string_view what, std::string_view name,
                           std::span<const std::string_view> known) const {
  std::string_view nearest;
  for (std::string_view candidate : known)
    if (nearest.empty() || base::edit_distance(name, candidate) < base::edit_distance(name, nearest))
      nearest = candidate;
  const std::string fix = nearest.empty() ? "there is none to name" : "did you mean " + std::string(nearest) + "?";
  fail("unknown " + std::string(what) + " \"" + base::escaped(name) + "\"", fix);
}

}  // namespace seimon::daemon

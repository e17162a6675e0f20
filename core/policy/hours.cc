// SPDX-License-Identifier: Apache-2.0
// "Mon-Fri 09:00-18:00, Sat 09:00-12:00 +09:00": reading it, and asking it.
#include <algorithm>
#include <array>

#include "core/policy/policy.h"

namespace seimon::core {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr unsigned kEveryDay = 0x7F;

std::optional<unsigned> day_of(std::string_view name) {
  const auto found = std::find(kDays.begin(), kDays.end(), name);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<unsigned>(found - kDays.begin());
}

// "Mon", "Mon-Fri", "Sat-Mon".
std::optional<unsigned> days_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = day_of(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : day_of(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  unsigned days = 0;
  for (unsigned day = *first;; day = (day + 1) % 7) {
    days |= 1U << day;
    if (day == *last) return days;
  }
}

std::optional<int> two_digits(std::string_view text, int most) {
  if (text.size() != 2 || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const int value = (text[0] - '0') * 10 + (text[1] - '0');
  return value <= most ? std::optional(value) : std::nullopt;
}

// "09:00"; "24:00" is the end of the day.
std::optional<seconds> clock_of(std::string_view text) {
  if (text == "24:00") return std::chrono::hours(24);
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(0, 2), 23);
  const auto minutes = two_digits(text.substr(3), 59);
  if (!hours || !minutes) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

// "+09:00", "-03:30", "Z".
std::optional<seconds> zone_of(std::string_view text) {
  if (text == "Z") return seconds(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const auto offset = clock_of(text.substr(1));
  if (!offset || *offset > std::chrono::hours(14)) return std::nullopt;
  return text.front() == '+' ? *offset : -*offset;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

std::optional<Hours> Hours::parse(std::string_view text) {
  Hours hours;
  while (true) {
    const std::size_t comma = text.find(',');
    std::vector<std::string_view> words = words_of(text.substr(0, comma));
    const auto stated = words.empty() || comma != std::string_view::npos ? std::nullopt : zone_of(words.back());
    if (stated) {
      hours.zone_ = *stated;
      words.pop_back();
    }
    if (words.empty() || words.size() > 2) return std::nullopt;
    const auto days = words.size() == 2 ? days_of(words.front()) : std::optional(kEveryDay);
    const std::string_view span = words.back();
    const std::size_t dash = span.find('-');
    if (!days || dash == std::string_view::npos) return std::nullopt;
    const auto from = clock_of(span.substr(0, dash));
    const auto until = clock_of(span.substr(dash + 1));
    if (!from || !until || *from == *until) return std::nullopt;
    hours.spans_.push_back({*days, *from, *until});
    if (comma == std::string_view::npos) return hours;
    text.remove_prefix(comma + 1);
  }
}

bool Hours::contain(Instant now, seconds zone) const {
  const Instant local = now + zone_.value_or(zone);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const seconds clock = local - day;
  const unsigned weekday = std::chrono::weekday(day).iso_encoding() - 1;
  const unsigned day_before = (weekday + 6) % 7;
  return std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
    const bool today = (span.days >> weekday & 1U) != 0;
    if (span.from < span.until) return today && clock >= span.from && clock < span.until;
    // Past midnight: it belongs to the day on which it began.
    const bool yesterday = (span.days >> day_before & 1U) != 0;
    return (today && clock >= span.from) || (yesterday && clock < span.until);
  });
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "store/standing_text.h"

#include <charconv>

namespace seimon::store {

namespace {

using core::Charge;
using core::Cost;
using core::Instant;
using core::KnownSource;
using core::seconds;
using core::Standing;

constexpr std::int64_t kNever = -1;

std::int64_t number(Instant time) { return time.time_since_epoch().count(); }
std::int64_t number(const std::optional<Instant>& time) { return time ? number(*time) : kNever; }
Instant instant(std::int64_t number) { return Instant(seconds(number)); }
std::optional<Instant> moment(std::int64_t number) {
  return number == kNever ? std::nullopt : std::optional(instant(number));
}

std::string line(char kind, std::initializer_list<std::int64_t> numbers, const std::string& name) {
  std::string text(1, kind);
  for (const std::int64_t value : numbers) text += ' ' + std::to_string(value);
  return text + ' ' + name + '\n';
}

// The words of one line: its kind, numbers, and a name that goes to its end.
class Words {
 public:
  explicit Words(std::string_view rest) : rest_(rest) {}
  std::int64_t number() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    good_ = good_ && failure == std::errc() && end == word.data() + word.size() && word.size() < rest_.size();
    rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
    return value;
  }
  [[nodiscard]] std::string name() const { return std::string(rest_); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

bool read_line(Standing& standing, std::string_view text) {
  if (text.size() < 2 || text[1] != ' ') return false;
  Words words(text.substr(2));
  if (text[0] == 'n') {
    standing.failed = words.number();
    standing.failures_elsewhere = words.number();
  } else if (text[0] == 'f') {
    standing.failed_from.push_back(words.name());
  } else if (text[0] == 'c') {
    Charge charge;
    charge.at = instant(words.number());
    charge.cost = Cost{words.number()};
    charge.tries = words.number();
    charge.forgiven = words.number() == 1;
    charge.source = words.name();
    standing.charges.push_back(std::move(charge));
  } else if (text[0] == 's') {
    KnownSource source;
    source.last_success = moment(words.number());
    source.lifted = moment(words.number());
    source.guarded.opened = instant(words.number());
    source.guarded.count = words.number();
    source.failures = words.number();
    source.name = words.name();
    standing.sources.push_back(std::move(source));
  } else {
    return false;
  }
  return words.good();
}

}  // namespace

std::string text_of(const Standing& standing) {
  std::string text = line('n', {standing.failed, standing.failures_elsewhere}, "");
  for (const std::string& name : standing.failed_from) text += line('f', {}, name);
  for (const Charge& charge : standing.charges)
    text +=
        line('c', {number(charge.at), static_cast<std::int64_t>(charge.cost), charge.tries, charge.forgiven ? 1 : 0},
             charge.source);
  for (const KnownSource& source : standing.sources)
    text += line('s',
                 {number(source.last_success), number(source.lifted), number(source.guarded.opened),
                  source.guarded.count, source.failures},
                 source.name);
  return text;
}

std::optional<Standing> standing_of(std::string_view text) {
  Standing standing;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !read_line(standing, text.substr(0, end))) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  if (standing.charges.size() > core::kMostCharges || standing.sources.size() > core::kMostSources ||
      standing.failed_from.size() > core::kMostTold)
    return std::nullopt;
  return standing;
}

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/options.h"

#include <CLI/CLI.hpp>

#include "tools/terminal/words.h"

namespace seimon::tools {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::one_of(std::initializer_list<const char*> words) {
  option_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

Option& Option::between(std::int64_t low, std::int64_t high) {
  option_->check(CLI::Range(low, high));
  return *this;
}

Option& Option::not_negative() {
  option_->check(CLI::NonNegativeNumber);
  return *this;
}

Option& Option::positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option Options::add_option(const char* names, std::string& value, const char* help) {
  return Option(app_.add_option(names, value, _(help)));
}

Option Options::add_option(const char* names, int& value, const char* help) {
  return Option(app_.add_option(names, value, _(help)));
}

Option Options::add_option(const char* names, std::int64_t& value, const char* help) {
  return Option(app_.add_option(names, value, _(help)));
}

Option Options::add_option(const char* names, std::vector<std::string>& value, const char* help) {
  return Option(app_.add_option(names, value, _(help)));
}

Option Options::add_flag(const char* names, bool& value, const char* help) {
  return Option(app_.add_flag(names, value, _(help)));
}

void Options::alias(const char* name) { app_.alias(name); }

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// The options of a verb. CLI11 reads the command line; its headers are read by tools/terminal/options.cc and
// tools/main.cc alone, because they cost a compiler more than any verb does.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace seimon::tools {

// One of them, as it was added; what it may be. Each returns itself.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  Option& required();
  Option& one_of(std::initializer_list<const char*> words);
  Option& between(std::int64_t low, std::int64_t high);
  Option& not_negative();
  Option& positive();
  Option& excludes(const Option& other);

 private:
  CLI::Option* option_;
};

// `names` as CLI11 takes them: "user,-u,--user" may stand by itself, too. `value` keeps what it has unless the option
// is given, and has to live as long as the command. `help` is shown in the caller's language.
class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}
  Option add_option(const char* names, std::string& value, const char* help);
  Option add_option(const char* names, int& value, const char* help);
  Option add_option(const char* names, std::int64_t& value, const char* help);
  Option add_option(const char* names, std::vector<std::string>& value, const char* help);
  Option add_flag(const char* names, bool& value, const char* help);
  // Another name of the verb.
  void alias(const char* name);

 private:
  CLI::App& app_;
};

}  // namespace seimon::tools

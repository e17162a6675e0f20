// SPDX-License-Identifier: Apache-2.0
#include "base/program_options.h"

#include <CLI/CLI.hpp>

namespace seimon::base {

ProgramOptions::ProgramOptions(const std::string& name, const std::string& about)
    : app_(std::make_unique<CLI::App>(name + ": " + about, name)) {
  app_->set_version_flag("--version", name + " " SEIMON_VERSION);
}

ProgramOptions::~ProgramOptions() = default;

void ProgramOptions::add(const std::string& option, std::string& value, const std::string& help) {
  app_->add_option(option, value, help);
}

void ProgramOptions::add(const std::string& option, std::vector<std::string>& values, const std::string& help) {
  app_->add_option(option, values, help);
}

void ProgramOptions::add(const std::string& option, bool& is_given, const std::string& help) {
  app_->add_flag(option, is_given, help);
}

std::optional<int> ProgramOptions::parse(int argc, char** argv) {
  constexpr int kUsage = 2;
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? 0 : kUsage;
  }
  return std::nullopt;
}

}  // namespace seimon::base

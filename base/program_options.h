// SPDX-License-Identifier: Apache-2.0
// The command line of a service program: its options, --help and --version. CLI11 reads it; its headers, which cost a
// compiler more than most of our sources, are read in program_options.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace seimon::base {

class ProgramOptions {
 public:
  // `name` and `about` stand at the head of --help, `name` before the version.
  ProgramOptions(const std::string& name, const std::string& about);
  ProgramOptions(const ProgramOptions&) = delete;
  ProgramOptions& operator=(const ProgramOptions&) = delete;
  ~ProgramOptions();

  // `option` with its dashes. `value` keeps what it has unless the option is given, and has to live until `parse`.
  void add(const std::string& option, std::string& value, const std::string& help);
  void add(const std::string& option, std::vector<std::string>& values, const std::string& help);
  void add(const std::string& option, bool& is_given, const std::string& help);

  // Nothing when the program is to go on. Otherwise the status to exit with, 0 after --help and --version, 2
  // (EXIT_INVALIDARGUMENT, systemd.exec(5)) after a wrong option; what there is to say has been printed.
  std::optional<int> parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace seimon::base

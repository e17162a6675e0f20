// SPDX-License-Identifier: Apache-2.0
// seimon(1): finds the verb, hands it the command line.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "tools/client.h"
#include "tools/verb.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

constexpr std::array<const VerbRow*, 31> kVerbs = {
    &kEnroll,  &kList,   &kRename,  &kDefault,     &kRemove,        &kReplace,  &kRecoveryCodes, &kLanguage,
    &kVerify,  &kBypass, &kRevoke,  &kForgetHosts, &kResync,        &kExplain,  &kTry,           &kStatus,
    &kLog,     &kReport, &kSuspend, &kResume,      &kResetFailures, &kMessages, &kClock,         &kBackup,
    &kRestore, &kRepair, &kPrune,   &kRenameUser,  &kConfig,        &kKey,      &kImport};

void add_common(CLI::App& app, Common& common) {
  app.add_option("--socket", common.socket, "seimond's socket");
  app.add_flag("--json", common.json, "print JSON");
  app.add_flag("--yes,-y", common.yes, "answer questions with yes");
  app.add_option("--note", common.note, "why, for the audit trail");
}

int run(int argc, char** argv) {
  Common common;
  CLI::App app("seimon: the second step of this system's logins", "seimon");
  app.set_version_flag("--version", "seimon " SEIMON_VERSION);
  // Without a verb: the menu, where somebody can answer it.
  app.require_subcommand(isatty(STDIN_FILENO) == 1 ? 0 : 1, 1);
  add_common(app, common);
  int (*chosen)(const Common&) = run_menu;
  for (const VerbRow* row : kVerbs) {
    CLI::App* verb = app.add_subcommand(row->name, row->help);
    add_common(*verb, common);
    row->add(*verb);
    verb->callback([&chosen, row] { chosen = row->run; });
  }
  app.get_subcommand("enroll")->alias("enrol");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  try {
    return chosen(common);
  } catch (const Stop& stop) {
    std::fprintf(stderr, "seimon: %s\n", stop.message.c_str());
    return stop.code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon: %s\n", error.what());
    return kBadInput;
  }
}

}  // namespace

}  // namespace seimon::tools

int main(int argc, char** argv) {
  seimon::tools::choose_locale();
  return seimon::tools::run(argc, argv);
}

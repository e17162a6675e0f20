// SPDX-License-Identifier: Apache-2.0
// seimon(1): finds the verb, hands it the command line.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/client.h"
#include "tools/verb.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

constexpr std::array<const VerbRow*, 34> kVerbs = {
    &kEnroll,     &kList,   &kRename,        &kDefault,  &kRemove,  &kReplace, &kRecoveryCodes, &kLanguage, &kVerify,
    &kBypass,     &kRevoke, &kForgetHosts,   &kResync,   &kExplain, &kTry,     &kStatus,        &kLog,      &kReport,
    &kSuspend,    &kResume, &kResetFailures, &kMessages, &kClock,   &kBackup,  &kRestore,       &kRepair,   &kPrune,
    &kRenameUser, &kConfig, &kKey,           &kImport,   &kDoctor,  &kSetup,   &kExport};

void add_common(CLI::App& app, Common& common) {
  app.add_option("--socket", common.socket, "seimond's socket");
  app.add_flag("--json", common.json, "print JSON");
  app.add_flag("--yes,-y", common.yes, "answer questions with yes");
  app.add_option("--note", common.note, "why, for the audit trail");
}

// Ends with 2 when `word` is no verb, and names the one that begins most like it.
void demand_verb(const CLI::App& app, const std::string& word) {
  std::string nearest;
  std::size_t most = 1;  // one letter in common is no likeness
  for (const CLI::App* verb : app.get_subcommands({})) {
    std::vector<std::string> names = verb->get_aliases();
    names.push_back(verb->get_name());
    for (const std::string& name : names) {
      if (name == word) return;
      const auto same = std::mismatch(name.begin(), name.end(), word.begin(), word.end()).first - name.begin();
      if (static_cast<std::size_t>(same) > most) most = static_cast<std::size_t>(same), nearest = name;
    }
  }
  const std::string unknown = filled(_("there is no verb \"{1}\""), {word});
  throw Stop{
      kUsage,
      unknown + (nearest.empty() ? "" : filled(_("; did you mean \"{1}\"?"), {nearest})) + _(" See: seimon help"), ""};
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
  // "seimon help VERB" is "seimon VERB --help".
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  try {
    if (!words.empty() && !words.front().starts_with("-")) demand_verb(app, words.front());
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(words);
    return chosen(common);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
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

// SPDX-License-Identifier: Apache-2.0
// seimon(1): finds the verb, hands it the command line.
#include <langinfo.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client.h"
#include "tools/options.h"
#include "tools/verb.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

constexpr std::array<const VerbRow*, 37> kVerbs = {
    &kEnroll,  &kList,   &kRename,  &kDefault,     &kRemove,        &kReplace,  &kRecoveryCodes, &kLanguage,
    &kVerify,  &kBypass, &kRevoke,  &kForgetHosts, &kResync,        &kExplain,  &kTry,           &kStatus,
    &kLog,     &kReport, &kSuspend, &kResume,      &kResetFailures, &kMessages, &kClock,         &kBackup,
    &kRestore, &kRepair, &kPrune,   &kRenameUser,  &kConfig,        &kKey,      &kImport,        &kDoctor,
    &kSetup,   &kExport, &kStore,   &kHost,        &kReload};

struct Example {
  std::string_view verb;  // "": of the command itself
  const char* lines;
};
// Help begins with them.
constexpr std::array<Example, 38> kExamples = {{
    {"",
     "seimon enroll                               register your phone\n"
     "seimon status alice                         the help desk's screen for a call\n"
     "seimon explain alice --from 192.0.2.7       which rule decides, and why\n"
     "seimon setup sshd                           ask for codes at ssh logins\n"
     "seimon help VERB                            more of one verb"},
    {"enroll",
     "seimon enroll\nseimon enroll alice --kind token --secret-file key.txt --counter 0 --yes\n"
     "seimon enroll --batch users.csv --letters out/"},
    {"list", "seimon list\nseimon list alice --json"},
    {"rename", "seimon rename app \"old phone\"\nseimon rename -u alice 3 \"red token\""},
    {"default", "seimon default app"},
    {"remove", "seimon remove \"old phone\"\nseimon remove -u alice --all"},
    {"replace", "seimon replace app"},
    {"recovery-codes", "seimon recovery-codes"},
    {"language", "seimon language ja"},
    {"verify", "seimon verify alice"},
    {"bypass", "seimon bypass alice --for 4h --note \"ticket 4711\"\nseimon bypass alice --cancel"},
    {"revoke", "seimon revoke alice --end-sessions"},
    {"forget-hosts", "seimon forget-hosts alice"},
    {"resync", "seimon resync -u alice \"red token\""},
    {"explain", "seimon explain alice --service sshd --from 192.0.2.7\nseimon explain alice --at 2027-04-01T09:00"},
    {"try", "seimon try alice --service sshd --from 203.0.113.9"},
    {"status", "seimon status\nseimon status alice\nseimon status --prometheus"},
    {"log", "seimon log alice -n 20\nseimon log --outcome refused --since 24h\nseimon log --follow --json-lines"},
    {"report", "seimon report rollout --by-group\nseimon report failures --since 7d --csv"},
    {"suspend", "seimon suspend alice --note \"left in May\""},
    {"resume", "seimon resume alice"},
    {"reset-failures", "seimon reset-failures alice"},
    {"messages", "seimon messages"},
    {"reload", "seimon reload"},
    {"clock", "seimon clock accept"},
    {"backup", "seimon backup store.backup\nseimon backup --key-file /etc/seimon/backup.key /srv/backup/$(date +%F)"},
    {"restore", "seimon restore store.backup\nseimon restore --epoch"},
    {"repair", "seimon repair --check"},
    {"prune", "seimon prune --dry-run"},
    {"rename-user", "seimon rename-user asmith ajones"},
    {"config", "seimon config check\nseimon config show"},
    {"key", "seimon key init\nseimon key rotate"},
    {"import",
     "seimon import google-authenticator --dry-run\nseimon import oath /etc/users.oath\n"
     "seimon import pskc tokens.xml --key-file - --owners owners.csv"},
    {"doctor", "seimon doctor\nseimon doctor --json"},
    {"setup", "seimon setup sshd --dry-run\nseimon setup sshd\nseimon setup confirm\nseimon setup undo"},
    {"export", "seimon export csv methods.csv"},
    {"host",
     "seimon host enroll web1.example.org\nseimon host enroll gate1.example.org --gate --out /etc/seimon/gate.pem\n"
     "seimon host list\nseimon host revoke web1.example.org"},
    {"store",
     "seimon store init postgresql:service=seimon-owner --role seimond\n"
     "seimon store copy sqlite:/var/lib/seimon/seimon.db postgresql:service=seimon-owner"},
}};

std::string description_of(std::string_view verb, const std::string& help) {
  for (const Example& row : kExamples) {
    if (row.verb != verb) continue;
    std::string text = help + "\n\nExamples:\n  ";
    for (const char* c = row.lines; *c != '\0'; ++c) text += *c == '\n' ? std::string("\n  ") : std::string(1, *c);
    return text + "\n";
  }
  return help;
}

void add_common(Options options, Common& common) {
  options.add_option("--socket", common.socket, "seimond's socket");
  options.add_flag("--json", common.json, "print JSON");
  options.add_flag("--yes,-y", common.yes, "answer questions with yes");
  options.add_option("--note", common.note, "why, for the audit trail");
}

// How many letters to change, leave out, put in or exchange with their neighbour (optimal string alignment).
std::size_t distance(const std::string& one, const std::string& other) {
  std::vector<std::vector<std::size_t>> rows(one.size() + 1, std::vector<std::size_t>(other.size() + 1));
  for (std::size_t i = 0; i <= one.size(); ++i) {
    for (std::size_t j = 0; j <= other.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      const std::size_t change = one[i - 1] == other[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[one.size()][other.size()];
}

// Ends with 2 when `word` is no verb, and names the one that is most like it, or that it begins.
void demand_verb(const CLI::App& app, const std::string& word) {
  constexpr std::size_t kNear = 2;
  constexpr std::size_t kBegun = 3;
  std::string nearest;
  std::size_t least = kNear + 1;
  for (const CLI::App* verb : app.get_subcommands({})) {
    std::vector<std::string> names = verb->get_aliases();
    names.push_back(verb->get_name());
    for (const std::string& name : names) {
      if (name == word) return;
      const bool begun = word.size() >= kBegun && name.starts_with(word);
      const std::size_t away = begun ? 1 : distance(name, word);
      if (away < least) least = away, nearest = name;
    }
  }
  const std::string unknown = filled(_("there is no verb \"{1}\""), {word});
  throw Stop{
      kUsage,
      unknown + (nearest.empty() ? "" : filled(_("; did you mean \"{1}\"?"), {nearest})) + _(" See: seimon help"), ""};
}

// What they say is for people, and a program that reads it would be wrong.
constexpr std::array<std::string_view, 4> kWithoutJson = {"setup", "key", "prune", "store"};

void demand_json_is_known(const std::string& verb, const Common& common) {
  if (common.json && std::find(kWithoutJson.begin(), kWithoutJson.end(), verb) != kWithoutJson.end())
    throw Stop{kUsage, filled(_("{1} has no --json"), {verb}), ""};
}

// In the language that the caller has chosen for their logins; else, and where the terminal could not show it, in the
// locale's. Whatever fails here fails again, and is told, in what the caller wants.
void speak_as_chosen(const Common& common) {
  if (getuid() == 0) return;
  try {
    const std::string language =
        Client(common).call("Language", {{"user", own_name()}}).at("language").get<std::string>();
    if (language == "en" || (language == "ja" && std::string_view(nl_langinfo(CODESET)) == "UTF-8"))
      (void)setenv("LANGUAGE", language.c_str(), 1);
  } catch (const Stop&) {
    return;
  }
}

int run(int argc, char** argv) {
  Common common;
  CLI::App app("seimon: the second step of this system's logins", "seimon");
  app.set_version_flag("--version", "seimon " SEIMON_VERSION);
  // Without a verb: the menu, where somebody can answer it.
  app.require_subcommand(isatty(STDIN_FILENO) == 1 ? 0 : 1, 1);
  add_common(Options(app), common);
  int (*chosen)(const Common&) = run_menu;
  for (const VerbRow* row : kVerbs) {
    CLI::App* verb = app.add_subcommand(row->name, _(row->help));
    Options options(*verb);
    add_common(options, common);
    row->add(options);
    verb->callback([&chosen, row] { chosen = row->run; });
  }
  app.get_subcommand("enroll")->alias("enrol");
  const auto asks_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  // "seimon help VERB" is "seimon VERB --help".
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (std::any_of(words.begin(), words.end(), asks_help)) {
    if (words.front().starts_with("-")) app.description(description_of("", app.get_description()));
    else
      for (CLI::App* verb : app.get_subcommands({}))
        if (verb->check_name(words.front()))
          verb->description(description_of(verb->get_name(), verb->get_description()));
  }
  try {
    if (!words.empty() && !words.front().starts_with("-")) demand_verb(app, words.front());
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(words);
    for (const CLI::App* verb : app.get_subcommands()) demand_json_is_known(verb->get_name(), common);
    speak_as_chosen(common);
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

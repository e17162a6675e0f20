// SPDX-License-Identifier: Apache-2.0
// seimon(1): finds the verb, hands it the command line.
#include <langinfo.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace {

// Of the command itself.
constexpr const char* kExamples =
    "seimon enroll                               register your phone\n"
    "seimon status alice                         the help desk's screen for a call\n"
    "seimon explain alice --from 192.0.2.7       which rule decides, and why\n"
    "seimon setup sshd                           ask for codes at ssh logins\n"
    "seimon help VERB                            more of one verb";

// Help begins with it.
std::string with_examples(const std::string& help, std::string_view examples) {
  std::string text = help + "\n\nExamples:\n  ";
  for (const char c : examples) text += c == '\n' ? std::string("\n  ") : std::string(1, c);
  return text + "\n";
}

void add_common(Options options, Common& common) {
  options.add_option("--socket", common.socket, "seimond's socket");
  options.add_flag("--json", common.json, "print JSON");
  options.add_flag("--yes,-y", common.yes, "answer questions with yes");
  options.add_option("--note", common.note, "why, for the audit trail");
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
      const std::size_t away = begun ? 1 : base::edit_distance(name, word);
      if (away < least) least = away, nearest = name;
    }
  }
  const std::string unknown = filled(_("there is no verb \"{1}\""), {word});
  throw Stop{
      kUsage,
      unknown + (nearest.empty() ? "" : filled(_("; did you mean \"{1}\"?"), {nearest})) + _(" See: seimon help"), ""};
}

// Some verbs print for people only; a program that reads that would be wrong.
void demand_json_is_known(const VerbRow& row, const Common& common) {
  if (common.json && !row.has_json) throw Stop{kUsage, filled(_("{1} has no --json"), {row.name}), ""};
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
  const auto asks_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  // "seimon help VERB" is "seimon VERB --help".
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  const bool wants_help = std::any_of(words.begin(), words.end(), asks_help);
  // With a verb the help is that verb's.
  const bool is_of_verb = wants_help && !words.front().starts_with("-");
  CLI::App app("seimon: the second step of this system's logins", "seimon");
  if (wants_help && !is_of_verb) app.description(with_examples(app.get_description(), kExamples));
  app.set_version_flag("--version", "seimon " SEIMON_VERSION);
  // Without a verb: the menu, where somebody can answer it.
  app.require_subcommand(isatty(STDIN_FILENO) == 1 ? 0 : 1, 1);
  add_common(Options(app), common);
  const VerbRow* chosen = nullptr;
  for (const VerbRow* row : verbs()) {
    CLI::App* verb = app.add_subcommand(row->name, _(row->help));
    Options options(*verb);
    add_common(options, common);
    row->add(options);
    if (is_of_verb) verb->description(with_examples(_(row->help), row->examples));
    verb->callback([&chosen, row] { chosen = row; });
  }
  app.get_subcommand("enroll")->alias("enrol");
  try {
    if (!words.empty() && !words.front().starts_with("-")) demand_verb(app, words.front());
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(words);
    if (chosen != nullptr) demand_json_is_known(*chosen, common);
    speak_as_chosen(common);
    return chosen == nullptr ? run_menu(common) : chosen->run(common);
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

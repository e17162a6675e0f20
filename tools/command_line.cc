// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"

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

}  // namespace

CommandLine parse_command_line(std::vector<std::string> words) {
  CommandLine line;
  const auto asks_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  // "seimon help VERB" is "seimon VERB --help".
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
  // Without a verb: the menu, if somebody can answer it.
  app.require_subcommand(isatty(STDIN_FILENO) == 1 ? 0 : 1, 1);
  add_common(Options(app), line.common);
  for (const VerbRow* row : verbs()) {
    CLI::App* verb = app.add_subcommand(row->name, _(row->help));
    Options options(*verb);
    add_common(options, line.common);
    row->add(options);
    if (is_of_verb) verb->description(with_examples(_(row->help), row->examples));
    verb->callback([&line, row] { line.verb = row; });
  }
  app.get_subcommand("enroll")->alias("enrol");
  if (!words.empty() && !words.front().starts_with("-")) demand_verb(app, words.front());
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    line.exit_code = app.exit(error) == 0 ? kDone : kUsage;
    return line;
  }
  if (line.verb != nullptr) demand_json_is_known(*line.verb, line.common);
  return line;
}

}  // namespace seimon::tools

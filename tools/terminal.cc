// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal.h"

#include "tools/words.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>

namespace seimon::tools {

namespace {

std::size_t columns_of(const std::string& text) {
  std::mbstate_t state = {};
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    wchar_t character = 0;
    const std::size_t length = std::mbrtowc(&character, text.data() + at, text.size() - at, &state);
    if (length == 0 || length > text.size() - at) return columns + text.size() - at;
    columns += static_cast<std::size_t>(std::max(0, wcwidth(character)));
    at += length;
  }
  return columns;
}

void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    std::printf("%s%s", cells[i].c_str(), last ? "" : std::string(widths[i] - columns_of(cells[i]) + 2, ' ').c_str());
  }
}

}  // namespace

std::optional<std::string> ask_line(const std::string& prompt) {
  std::fprintf(stderr, "%s", prompt.c_str());
  std::fflush(stderr);
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c == '\n') return line;
    line += static_cast<char>(c);
  }
  return line.empty() ? std::nullopt : std::optional(line);
}

std::string ask_hidden(const std::string& prompt) {
  termios shown = {};
  const bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (is_terminal) (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  const auto line = ask_line(prompt);
  if (is_terminal) (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  std::fprintf(stderr, "\n");
  return line.value_or("");
}

bool ask_yes(const std::string& question) {
  if (isatty(STDIN_FILENO) != 1) {
    std::fprintf(stderr, "%s\n%s\n", question.c_str(), _("no terminal to answer on: add --yes if that is meant"));
    return false;
  }
  const std::string answer = ask_line(question + " [y/N] ").value_or("");
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "はい";
}

bool is_bold() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header) widths.push_back(columns_of(cell));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  const bool bold = is_bold();
  std::printf("%s", bold ? "\033[1m" : "");
  print_row(header, widths);
  std::printf("%s\n", bold ? "\033[0m" : "");
  for (const auto& row : rows) {
    print_row(row, widths);
    std::printf("\n");
  }
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/terminal.h"

#include "tools/terminal/words.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>

namespace seimon::tools {

namespace {

constexpr std::size_t kGap = 2;         // between two columns
constexpr std::size_t kNarrowest = 10;  // no column is cut below this

struct Measured {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

// As much of `text` as fits into `most` columns. Bytes that are no character count one each.
Measured measure(const std::string& text, std::size_t most) {
  std::mbstate_t state = {};
  Measured all;
  while (all.bytes < text.size()) {
    wchar_t character = 0;
    std::size_t length = std::mbrtowc(&character, text.data() + all.bytes, text.size() - all.bytes, &state);
    std::size_t columns = 1;
    if (length == 0 || length > text.size() - all.bytes) {
      length = 1;
      state = {};
    } else {
      columns = static_cast<std::size_t>(std::max(0, wcwidth(character)));
    }
    if (all.columns + columns > most) break;
    all.bytes += length;
    all.columns += columns;
  }
  return all;
}

std::size_t columns_of(const std::string& text) { return measure(text, text.size()).columns; }

// The columns of the terminal that standard output is; nothing when it is none, so that programs get all of it.
std::optional<std::size_t> room() {
  winsize size = {};
  if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return std::nullopt;
  return size.ws_col;
}

// The widest columns give way until the row fits, or until none is wide.
void narrow(std::vector<std::size_t>& widths, std::size_t most) {
  std::size_t total = kGap * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  for (; total > most; --total) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) return;
    --*widest;
  }
}

void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    std::string cell = cells[i];
    if (columns_of(cell) > widths[i]) {
      cell.resize(measure(cell, widths[i] - 1).bytes);
      cell += MB_CUR_MAX > 1 ? "…" : "~";
    }
    std::printf("%s%s", cell.c_str(), last ? "" : std::string(widths[i] - columns_of(cell) + kGap, ' ').c_str());
  }
}

volatile std::sig_atomic_t interrupted = 0;
void note_interrupt(int signal) { interrupted = signal; }
constexpr std::array<int, 4> kInterrupts = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

}  // namespace

Interrupts::Interrupts() {
  struct sigaction noting = {};
  noting.sa_handler = note_interrupt;  // without SA_RESTART: it ends the reading
  for (std::size_t i = 0; i < kInterrupts.size(); ++i) (void)sigaction(kInterrupts[i], &noting, &before_[i]);
}

Interrupts::~Interrupts() {
  for (std::size_t i = 0; i < kInterrupts.size(); ++i) (void)sigaction(kInterrupts[i], &before_[i], nullptr);
  const int signal = interrupted;
  interrupted = 0;
  if (signal != 0) (void)std::raise(signal);
}

bool Interrupts::came() const { return interrupted != 0; }

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
  // The terminal shows again what is typed before the program ends.
  const Interrupts interrupts;
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
  if (const auto most = room()) narrow(widths, *most);
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

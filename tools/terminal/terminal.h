// SPDX-License-Identifier: Apache-2.0
// Input and output on the terminal.
#pragma once

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace seimon::tools {

// While one lives, SIGINT, SIGTERM, SIGHUP and SIGQUIT end what waits for input, and not the program: what has begun is
// put right first. They nest: the outer one gets what came to the inner one.
class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();  // delivers what came meanwhile
  [[nodiscard]] bool came() const;

 private:
  std::array<struct sigaction, 4> before_{};
};

// Writes `prompt` to standard error and reads one line from standard input; nothing at its end.
[[nodiscard]] std::optional<std::string> ask_line(const std::string& prompt);
// The same, on a terminal that shows nothing of it; empty when nothing was typed.
[[nodiscard]] std::string ask_hidden(const std::string& prompt);
// True for y or yes. Without a terminal: false, after saying that --yes answers it.
[[nodiscard]] bool ask_yes(const std::string& question);

// Standard output is a terminal, and NO_COLOR is not set.
[[nodiscard]] bool is_bold();

// Columns as wide as their widest cell (wide East Asian characters count twice). On a terminal the header is bold
// unless NO_COLOR is set, and the widest cells are cut where a row would not fit.
void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

}  // namespace seimon::tools

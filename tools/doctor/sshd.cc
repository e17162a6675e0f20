// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/sshd.h"

#include <glob.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "tools/system/accounts.h"
#include "tools/system/program.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr int kMostNesting = 16;  // as sshd has it

std::string small(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// KEYWORD VALUE or KEYWORD=VALUE; the keyword in small letters.
std::pair<std::string, std::string> setting_of(const std::string& line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string::npos || line[start] == '#') return {};
  const std::size_t end = std::min(line.find_first_of(" \t=", start), line.size());
  const std::size_t value = std::min(line.find_first_not_of(" \t=", end), line.size());
  std::string text = line.substr(value);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.pop_back();
  return {small(line.substr(start, end - start)), text};
}

void read_file(const std::string& path, std::string match, int nesting, std::vector<SshdLine>& lines) {
  std::ifstream file(path);
  int number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    const auto [keyword, value] = setting_of(text);
    if (keyword.empty()) continue;
    if (keyword == "match") match = small(value) == "all" ? "" : value;
    if (keyword != "include") {
      lines.push_back({path + ":" + std::to_string(number), match, keyword, value});
      continue;
    }
    for (const std::string& pattern : words_of(value)) {
      glob_t found = {};
      const std::string whole = pattern.front() == '/' ? pattern : "/etc/ssh/" + pattern;
      if (nesting < kMostNesting && glob(whole.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) read_file(found.gl_pathv[i], match, nesting + 1, lines);
      globfree(&found);
    }
  }
}

// AuthorizedKeysFile's %h, %u and %%, below the home directory (sshd_config(5), TOKENS).
std::string expanded(const std::string& pattern, const passwd& person) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (pattern[i] != '%') path += pattern[i];
    else if (next == 'h') path += person.pw_dir, ++i;
    else if (next == 'u') path += person.pw_name, ++i;
    else if (next == '%') path += '%', ++i;
  }
  return path.starts_with("/") ? path : std::string(person.pw_dir) + "/" + path;
}

bool has_shell(const passwd& person) {
  const std::string_view shell = person.pw_shell;
  return !shell.ends_with("/nologin") && !shell.ends_with("/false");
}

}  // namespace

std::string Sshd::operator[](const std::string& keyword) const {
  const auto found = settings.find(keyword);
  return found == settings.end() ? "" : found->second;
}

bool Sshd::demands_key() const {
  const std::vector<std::string> ways = words_of((*this)["authenticationmethods"]);
  return !ways.empty() && std::all_of(ways.begin(), ways.end(), [](const std::string& way) {
    return way.find("publickey") != std::string::npos;
  });
}

bool Sshd::takes_key_alone() const {
  const std::vector<std::string> ways = words_of((*this)["authenticationmethods"]);
  const bool any = ways.empty() || ways.front() == "any";
  return (*this)["pubkeyauthentication"] == "yes" &&
         (any || std::find(ways.begin(), ways.end(), "publickey") != ways.end());
}

std::string Sshd::key_lists_elsewhere() const {
  std::string names;
  for (const char* name : {"authorizedkeyscommand", "trustedusercakeys"}) {
    const std::string value = (*this)[name];
    if (!value.empty() && value != "none") names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

Sshd ask_sshd(const std::string& user) {
  Sshd sshd;
  std::vector<std::string> command = {"sshd", "-T"};
  if (!user.empty()) {
    command.emplace_back("-C");
    command.push_back("user=" + user + ",host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22");
  }
  const Output output = run_program(command);
  sshd.installed = output.code != 127;
  if (output.code != 0) {
    sshd.error = output.text.substr(0, output.text.find('\n'));
    return sshd;
  }
  std::istringstream lines(output.text);
  for (std::string line; std::getline(lines, line);) {
    const auto [keyword, value] = setting_of(line);
    std::string& all = sshd.settings[keyword];
    all += (all.empty() ? "" : " ") + value;
  }
  return sshd;
}

std::vector<SshdLine> read_sshd_files() {
  std::vector<SshdLine> lines;
  read_file(kSshdConfig, "", 0, lines);
  return lines;
}

People people_with_keys(const Sshd& sshd) {
  People people;
  const std::vector<std::string> files = words_of(sshd["authorizedkeysfile"]);
  setpwent();
  for (const passwd* person = getpwent(); person != nullptr; person = getpwent()) {
    if (!is_person(*person) || !has_shell(*person)) continue;
    ++people.all;
    const bool has = std::any_of(files.begin(), files.end(), [&](const std::string& file) {
      struct stat status = {};
      return file != "none" && stat(expanded(file, *person).c_str(), &status) == 0 && status.st_size > 0;
    });
    if (has) people.with_keys.emplace_back(person->pw_name);
  }
  endpwent();
  return people;
}

}  // namespace seimon::tools

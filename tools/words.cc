// SPDX-License-Identifier: Apache-2.0
#include "tools/words.h"

#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <filesystem>

namespace seimon::tools {

void choose_locale() {
  // A missing locale leaves "C".
  (void)std::setlocale(LC_ALL, "");
  // The catalogue stands beside this program where both were built, else where it was installed.
  std::error_code error;
  const std::filesystem::path beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "locale";
  const bool built = std::filesystem::exists(beside, error);
  (void)bindtextdomain("seimon", built ? beside.c_str() : SEIMON_LOCALEDIR);
  (void)bind_textdomain_codeset("seimon", "UTF-8");
  (void)textdomain("seimon");
}

std::string filled(const char* text, const std::vector<std::string>& values) {
  std::string result = text;
  std::size_t number = 0;
  for (const std::string& value : values) {
    const std::string place = "{" + std::to_string(++number) + "}";
    const std::size_t at = result.find(place);
    if (at != std::string::npos) result.replace(at, place.size(), value);
  }
  return result;
}

void print_line(const char* text, const std::vector<std::string>& values) {
  std::printf("%s\n", filled(text, values).c_str());
}

}  // namespace seimon::tools

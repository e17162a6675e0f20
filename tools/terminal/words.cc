// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/words.h"

#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace seimon::tools {

void choose_locale() {
  // A missing locale leaves "C".
  (void)std::setlocale(LC_ALL, "");
  // The catalogue stands beside this program where both were built, else where it was installed.
  std::error_code error;
  const std::filesystem::path beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "locale";
  const bool built = std::filesystem::is_directory(beside, error);  // Debian has /usr/bin/locale
  (void)bindtextdomain("seimon", built ? beside.c_str() : SEIMON_LOCALEDIR);
  (void)bind_textdomain_codeset("seimon", "UTF-8");
  (void)textdomain("seimon");
}

void choose_language(const std::string& language) {
  (void)setenv("LANGUAGE", language.c_str(), 1);
  const std::string_view messages = std::setlocale(LC_MESSAGES, nullptr);
  if (language == "ja" && (messages == "C" || messages.starts_with("C.")))
    (void)std::setlocale(LC_MESSAGES, "ja_JP.UTF-8");
}

std::string filled(const char* text, const std::vector<std::string>& values) { return base::filled(text, values); }

void print_json(const nlohmann::json& value) {
  std::printf("%s\n", value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

std::string shown(std::string_view text) {
  std::mbstate_t state = {};
  for (std::string_view left = text; !left.empty();) {
    wchar_t character = 0;
    const std::size_t length = std::mbrtowc(&character, left.data(), left.size(), &state);
    if (length == 0 || length > left.size() || wcwidth(character) <= 0) {
      const std::string quoted = nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
      return quoted.substr(1, quoted.size() - 2);
    }
    left.remove_prefix(length);
  }
  return std::string(text);
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr const char* kBlank = " \t";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(kBlank); at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBlank, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
  }
  return words;
}

void print_line(const char* text, const std::vector<std::string>& values) {
  std::printf("%s\n", filled(text, values).c_str());
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// Texts of the command in the caller's language: gettext(3), catalogue po/ja.po.
// Always true: a text without a translation is shown in English.
#pragma once

#include <libintl.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

// The name that gettext(3) and every translator know.
#define _(text) ::gettext(text)  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

// A text in a table, translated where it is used.
#define N_(text) text

namespace seimon::tools {

// The caller's locale and our catalogue.
void choose_locale();
// Instead of the locale's language: "ja" or "en". Since glibc 2.39 gettext(3) translates nothing in C.UTF-8; where no
// Japanese locale is installed either, texts stay English there.
void choose_language(const std::string& language);
// `text` with "{1}", "{2}", … taken by `values`, so that a translation may order them anew.
[[nodiscard]] std::string filled(const char* text, const std::vector<std::string>& values);
// The same as a line on standard output.
void print_line(const char* text, const std::vector<std::string>& values = {});
// The output of --json.
void print_json(const nlohmann::json& value);
// Text from outside for a terminal: as it is when each character takes its place there, else in ASCII with escapes
// (\u001b). What the service sends is escaped already.
[[nodiscard]] std::string shown(std::string_view text);
// Splits at blanks and tabs.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace seimon::tools

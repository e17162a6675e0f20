// SPDX-License-Identifier: Apache-2.0
// What the command says, in the caller's language: gettext(3), catalogue po/ja.po.
// Always true: a text without a translation is shown in English.
#pragma once

#include <libintl.h>

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
// `text` with "{1}", "{2}", … taken by `values`, so that a translation may order them anew.
[[nodiscard]] std::string filled(const char* text, const std::vector<std::string>& values);
// The same as a line on standard output.
void print_line(const char* text, const std::vector<std::string>& values = {});
// Text from outside for a terminal: as it is when each character takes its place there, else in ASCII with escapes
// (\u001b). What the service sends is escaped already.
[[nodiscard]] std::string shown(std::string_view text);
// What stands between blanks and tabs.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace seimon::tools

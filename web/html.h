// SPDX-License-Identifier: Apache-2.0
// HTML: the one escaper, and the frame of every page.
// MUST (threat model W5): whatever is not a literal of our own goes through escaped_html.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/catalogue.h"

namespace seimon::web {

// For text and for values between double quotes. Control characters, and those that change the direction of what
// follows, become U+FFFD; a line break stays one.
[[nodiscard]] std::string escaped_html(std::string_view text);

enum class Language { kEnglish, kJapanese };

// Parts that all pages share.
struct Site {
  std::string issuer;
  std::string help;
  std::string url;  // "https://gate.example.org"
  bool has_logo = false;
  bool sends_sms = false;
  bool calls = false;
  std::string push_key;     // empty: phones are not notified
  bool approves = false;    // sign-ins are approved on phones
  bool takes_word = false;  // single sign-on: the web server says who somebody is
};

// The words of one page in the reader's language.
class Words {
 public:
  Words(Language language, const Catalogue& japanese) : language_(language), japanese_(&japanese) {}
  [[nodiscard]] Language language() const { return language_; }
  [[nodiscard]] std::string_view code() const { return language_ == Language::kJapanese ? "ja" : "en"; }
  // As HTML: the text escaped, then its places {1}, {2}, … filled with `values`, escaped.
  [[nodiscard]] std::string html(std::string_view text, const std::vector<std::string>& values = {}) const;
  // As plain text.
  [[nodiscard]] std::string plain(std::string_view text, const std::vector<std::string>& values = {}) const;

 private:
  Language language_;
  const Catalogue* japanese_;
};

struct PageParts {
  std::string title = {};    // plain
  std::string body = {};     // HTML
  std::string notice = {};   // plain; what has just been done
  std::string error = {};    // plain; what went wrong and what to do
  std::string account = {};  // who is signed in; empty: nobody
  std::string token = {};    // for the forms of the frame itself
  bool is_helper = false;    // they are shown the way to the help desk's pages
  std::string place = {};    // the path of this page, for the language's form
  std::string script = {};   // the path of a script; empty: none
};

// The whole page.
[[nodiscard]] std::string page_html(const Site& site, const Words& words, const PageParts& parts);

// A form that POSTs to `place`; `inside` is HTML.
[[nodiscard]] std::string form_html(std::string_view place, std::string_view token, const std::string& inside);
// A field with its label above it. `more`: attributes, HTML.
[[nodiscard]] std::string field_html(const std::string& label, std::string_view name, std::string_view more,
                                     std::string_view value = "");
[[nodiscard]] std::string hidden_html(std::string_view name, std::string_view value);
[[nodiscard]] std::string button_html(const std::string& label, std::string_view kind = "");
// A row of a table; each cell is HTML. `kind`: td, th.
[[nodiscard]] std::string cells_html(const std::vector<std::string>& cells, std::string_view kind = "td");
// A table that scrolls by itself where it is wider than the screen. `label`, `head` and `rows` are HTML.
[[nodiscard]] std::string table_html(const std::string& label, const std::vector<std::string>& head,
                                     const std::string& rows);
[[nodiscard]] std::string link_html(const std::string& label, std::string_view place, std::string_view kind = "");

}  // namespace seimon::web

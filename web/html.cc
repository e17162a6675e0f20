// SPDX-License-Identifier: Apache-2.0
#include "web/html.h"

#include "base/characters.h"
#include "base/text.h"

#define N_(text) text

namespace seimon::web {

namespace {

void append(std::string& html, std::string_view character) {
  if (character == "&") html += "&amp;";
  else if (character == "<") html += "&lt;";
  else if (character == ">") html += "&gt;";
  else if (character == "\"") html += "&quot;";
  else if (character == "'") html += "&#39;";
  else html += character;
}

// Offers the other language, in that language.
std::string language_form(const Words& words, const PageParts& parts) {
  const bool is_japanese = words.language() == Language::kJapanese;
  const std::string_view other = is_japanese ? "en" : "ja";
  return form_html("/language", parts.token,
                   hidden_html("language", other) + hidden_html("place", parts.place) +
                       "<button class=\"plain\" lang=\"" + std::string(other) + "\">" +
                       (is_japanese ? "English" : "日本語") + "</button>");
}

}  // namespace

std::string escaped_html(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string html;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto character = base::take_character(text);
    if (!character) {
      html += kReplacement;
      text.remove_prefix(1);
    } else if (*character != '\n' && base::is_unprintable(*character)) {
      html += kReplacement;
    } else {
      append(html, before.substr(0, before.size() - text.size()));
    }
  }
  return html;
}

std::string Words::plain(std::string_view text, const std::vector<std::string>& values) const {
  return base::filled(language_ == Language::kJapanese ? japanese_->find(text) : text, values);
}

std::string Words::html(std::string_view text, const std::vector<std::string>& values) const {
  std::vector<std::string> escaped;
  escaped.reserve(values.size());
  for (const std::string& value : values) escaped.push_back(escaped_html(value));
  return base::filled(escaped_html(language_ == Language::kJapanese ? japanese_->find(text) : text), escaped);
}

std::string form_html(std::string_view place, std::string_view token, const std::string& inside) {
  return "<form method=\"post\" action=\"" + escaped_html(place) + "\">" + hidden_html("token", token) + inside +
         "</form>\n";
}

std::string field_html(const std::string& label, std::string_view name, std::string_view more, std::string_view value) {
  const std::string id(name);
  return "<label for=\"" + id + "\">" + escaped_html(label) + "</label><input id=\"" + id + "\" name=\"" + id + "\" " +
         std::string(more) + (value.empty() ? "" : " value=\"" + escaped_html(value) + "\"") + ">\n";
}

std::string hidden_html(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + escaped_html(name) + "\" value=\"" + escaped_html(value) + "\">";
}

std::string button_html(const std::string& label, std::string_view kind) {
  return "<button" + (kind.empty() ? std::string() : " class=\"" + std::string(kind) + "\"") + ">" +
         escaped_html(label) + "</button>";
}

std::string cells_html(const std::vector<std::string>& cells, std::string_view kind) {
  std::string html = "<tr>";
  for (const std::string& cell : cells)
    html += "<" + std::string(kind) + (kind == "th" ? " scope=\"col\">" : ">") + cell + "</" + std::string(kind) + ">";
  return html + "</tr>\n";
}

std::string table_html(const std::string& label, const std::vector<std::string>& head, const std::string& rows) {
  return "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" + label + "\"><table><thead>" +
         cells_html(head, "th") + "</thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string link_html(const std::string& label, std::string_view place, std::string_view kind) {
  return "<a href=\"" + escaped_html(place) + "\"" +
         (kind.empty() ? std::string() : " class=\"" + std::string(kind) + "\"") + ">" + escaped_html(label) + "</a>";
}

std::string page_html(const Site& site, const Words& words, const PageParts& parts) {
  const std::string code(words.code());
  std::string html = "<!DOCTYPE html>\n<html lang=\"" + code + "\">\n<head><meta charset=\"utf-8\">\n<title>" +
                     escaped_html(parts.title) + " – " + escaped_html(site.issuer) +
                     "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<link rel=\"stylesheet\" href=\"/style.css\">\n" +
                     (site.has_logo ? "<link rel=\"icon\" href=\"/logo\">\n" : "");
  if (!parts.script.empty())
    html += "<link rel=\"manifest\" href=\"/ok.webmanifest\">\n<script src=\"" + escaped_html(parts.script) +
            "\" defer></script>\n";
  html += "</head>\n<body>\n";
  html += "<a class=\"skip\" href=\"#main\">" + words.html(N_("Skip to the content")) +
          "</a>\n<header><p class=\"site\">" + (site.has_logo ? "<img src=\"/logo\" alt=\"\">" : "") +
          "<a href=\"/\">" + escaped_html(site.issuer) + "</a></p>" + language_form(words, parts);
  if (!parts.account.empty())
    html += "<p class=\"account\">" + escaped_html(parts.account) + "</p>" +
            (parts.is_helper ? link_html(words.plain(N_("Security info")), "/info") + " " +
                                   link_html(words.plain(N_("Help desk")), "/desk")
                             : "") +
            form_html("/out", parts.token, button_html(words.plain(N_("Sign out")), "plain"));
  html += "</header>\n<main id=\"main\">\n<h1 tabindex=\"-1\">" + escaped_html(parts.title) + "</h1>\n";
  if (!parts.error.empty())
    html += "<p class=\"error\" role=\"alert\" id=\"error\">" + escaped_html(parts.error) + "</p>\n";
  if (!parts.notice.empty()) html += "<p class=\"notice\" role=\"status\">" + escaped_html(parts.notice) + "</p>\n";
  html += parts.body + "</main>\n<footer>";
  if (!site.help.empty()) html += "<p>" + escaped_html(site.help) + "</p>";
  return html + "</footer>\n</body>\n</html>\n";
}

}  // namespace seimon::web

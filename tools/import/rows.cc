// SPDX-License-Identifier: Apache-2.0
#include "tools/import/rows.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "tools/import/csv.h"
#include "tools/import/lines.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

constexpr std::size_t kMostLine = 4096;
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return text;
}

// Hexadecimal or base32, and as long as a key is: nothing to be shown in an error.
bool looks_like_key(std::string_view word) {
  return word.size() >= 16 &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

// ---- users.oath -----------------------------------------------------------------------------------------------------

struct OathType {
  bool by_counter = false;
  std::int64_t period = 0;
  std::int64_t digits = 6;
};

// HOTP, HOTP/E, HOTP/E/6, HOTP/T30, HOTP/T60/8; MOTP is another thing.
std::optional<OathType> oath_type(const std::string& word) {
  OathType type;
  if (!word.starts_with("HOTP")) return std::nullopt;
  std::string rest = word.substr(4);
  if (rest.size() >= 2 && rest[rest.size() - 2] == '/' && rest.back() >= '6' && rest.back() <= '8') {
    type.digits = rest.back() - '0';
    rest.resize(rest.size() - 2);
  }
  type.by_counter = rest.empty() || rest == "/E";
  if (!type.by_counter && !rest.starts_with("/T")) return std::nullopt;
  if (!type.by_counter) type.period = number_in(std::string_view(rest).substr(2)).value_or(0);
  return type.by_counter || type.period > 0 ? std::optional(type) : std::nullopt;
}

// pam_oath keeps a PIN in the clear; ours would come before a password that somebody else checks.
void add_pin(ImportRow& row, const std::string& word) {
  if (word == "-") return;
  row.notes.emplace_back(word == "+" ? "what was typed before the code was checked elsewhere, and still has to be"
                                     : "its PIN is not taken over; let another module ask for a password");
}

ImportRow row_of_oath(const std::vector<std::string>& words, const OathType& type) {
  ImportRow row;
  row.user = words[1];
  const std::string key = base32_of_hex(words[3]);
  if (key.empty()) row.reason = "the key is not hexadecimal, or half a byte is missing";
  row.parameters = {{"secret", key}, {"digits", type.digits}, {"algorithm", "SHA1"}, {"kind", "token"}};
  add_pin(row, words[2]);
  const bool nine = words.size() >= 9;  // mod_authn_otp: counter, failures, code, time, address
  const std::int64_t moving = number_in(words.size() > 4 ? words[4] : "0").value_or(INT64_MAX);
  if (moving < -kMostCounter || moving > kMostCounter) row.reason = "the fifth column is no number, or beyond 2^48";
  if (!row.reason.empty()) return row;
  if (type.by_counter) {
    // pam_oath keeps the counter of the last code beside that code, and the next one where there is none.
    const bool used = words.size() > 5 && !nine;
    row.parameters["counter"] = moving + (used ? 1 : 0);
  } else {
    row.parameters["period"] = type.period;
    const std::size_t last = nine ? 6 : 5;
    if (words.size() > last && words[last] != "-") row.parameters["last_code"] = words[last];
    if (nine && moving != 0) row.parameters["drift"] = moving;
  }
  return row;
}

// ---- CSV ------------------------------------------------------------------------------------------------------------

struct Column {
  std::string_view name;
  std::string_view parameter;  // of Import; empty: not needed
  bool is_number;
};
constexpr std::array<Column, 13> kColumns = {{
    {"user", "user", false},
    {"upn", "user", false},
    {"secret", "secret", false},
    {"secret key", "secret", false},
    {"label", "label", false},
    {"serial number", "label", false},
    {"kind", "kind", false},
    {"algorithm", "algorithm", false},
    {"digits", "digits", true},
    {"period", "period", true},
    {"time interval", "period", true},
    {"counter", "counter", true},
    {"manufacturer", "", false},
}};

const Column* column_named(const std::string& name) {
  for (const Column& column : kColumns)
    if (column.name == name) return &column;
  return nullptr;
}

// Makers of tokens write counters as 0x1F, too.
std::optional<std::int64_t> number_or_hex(const std::string& cell) {
  if (!cell.starts_with("0x") && !cell.starts_with("0X")) return number_in(cell);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(cell.data() + 2, cell.data() + cell.size(), value, 16);
  return failure == std::errc() && end == cell.data() + cell.size() ? std::optional(value) : std::nullopt;
}

// A link says more than the key; what a column says counts before it.
void take_key(ImportRow& row, const std::string& cell) {
  const json key = parameters_of_key(cell);
  for (const auto& [name, value] : key.items())
    if (!row.parameters.contains(name)) row.parameters[name] = value;
}

void fill_cell(ImportRow& row, const Column& column, const std::string& cell) {
  if (cell.empty() || column.parameter.empty()) return;
  if (column.name == "upn") {
    row.user = cell.substr(0, cell.find('@'));  // the account's name stands before it
    row.domain = lower(cell.substr(row.user.size()));
  } else if (column.parameter == "user") row.user = cell;
  else if (column.parameter == "secret") take_key(row, cell);
  else if (column.name == "serial number") row.parameters["label"] = "token " + cell;
  else if (!column.is_number) row.parameters[std::string(column.parameter)] = cell;
  else if (const auto number = number_or_hex(cell)) row.parameters[std::string(column.parameter)] = *number;
  else row.reason = std::string(column.name) + " is no number";
}

ImportRow row_of_cells(const std::vector<const Column*>& columns, const std::vector<std::string>& cells) {
  ImportRow row;
  row.parameters = json::object();
  if (cells.size() != columns.size())
    row.reason = std::to_string(cells.size()) + " cells, where the header has " + std::to_string(columns.size());
  for (std::size_t i = 0; row.reason.empty() && i < cells.size(); ++i)
    if (columns[i] != nullptr) fill_cell(row, *columns[i], cells[i]);
  // A list of hardware tokens as Entra takes it.
  const auto is_of_tokens = [](const Column* column) { return column != nullptr && column->name == "serial number"; };
  const bool tokens = std::any_of(columns.begin(), columns.end(), is_of_tokens);
  if (tokens && !row.parameters.contains("kind")) row.parameters["kind"] = "token";
  if (tokens) row.parameters["issued"] = true;
  if (row.reason.empty() && row.user.empty()) row.reason = "no user";
  if (row.reason.empty() && row.parameters.value("secret", "").empty()) row.reason = "no secret";
  return row;
}

// Never shows what may be a key: in a file without a header its first line has one.
std::string reason_against_header(const std::vector<std::string>& names, std::vector<const Column*>& columns) {
  std::set<std::string_view> taken;
  for (const std::string& name : names) {
    const Column* column = column_named(name);
    if (column == nullptr && name != "model")
      return looks_like_key(name) ? "column " + std::to_string(columns.size() + 1) +
                                        " of the first line is no name but a key: the header is missing (user,secret)"
                                  : "unknown column \"" + name + "\"";
    if (column != nullptr && !column->parameter.empty() && !taken.insert(column->parameter).second)
      return "two columns say the same (\"" + std::string(column->name) + "\"): leave one";
    columns.push_back(column);
  }
  return taken.contains("user") && taken.contains("secret") ? "" : "the header needs at least: user,secret";
}

// The spreadsheet format of a file that is no comma-separated UTF-8, and how to convert it.
std::string reason_against_form(std::string_view text, const std::vector<std::string>& lines) {
  const bool utf16 =
      text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || text.find('\0') != std::string_view::npos;
  if (utf16) return "it is UTF-16: save it as \"CSV UTF-8 (comma delimited)\"";
  const std::string first = lines.empty() ? "" : lines.front();
  if (first.find(',') == std::string::npos && first.find(';') != std::string::npos)
    return "its columns are separated by semicolons: save it with commas";
  if (first.find(',') == std::string::npos && first.find('\t') != std::string::npos)
    return "its columns are separated by tabs: save it with commas";
  return "";
}

// A spreadsheet keeps empty columns at the end.
std::vector<std::string> without_empty_end(std::vector<std::string> cells, std::size_t least) {
  while (cells.size() > least && cells.back().empty()) cells.pop_back();
  return cells;
}

// Two people of two domains with one name before the "@" are not one account.
void refuse_two_domains(std::vector<ImportRow>& rows) {
  std::map<std::string, std::string> domains;
  std::set<std::string> doubtful;
  for (const ImportRow& row : rows)
    if (!row.user.empty() && domains.try_emplace(row.user, row.domain).first->second != row.domain)
      doubtful.insert(row.user);
  for (ImportRow& row : rows)
    if (row.reason.empty() && doubtful.contains(row.user))
      row.reason = "the name stands in this file with two domains: write the accounts' names into a column user";
}

}  // namespace

std::vector<ImportRow> rows_of_oath(std::string_view text, const std::string& file) {
  std::vector<ImportRow> rows;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<std::string> words = words_of(lines[i]);
    if (words.empty() || words[0].starts_with("#")) continue;
    auto type = oath_type(words[0]);
    // pam_oath knows two periods; other ones are its ancestor's.
    if (type && !type->by_counter && type->period != 30 && type->period != 60 && words.size() < 9) type.reset();
    ImportRow row;
    if (!type || words.size() < 4) {
      row.user = words.size() > 1 && !looks_like_key(words[1]) ? words[1] : "";
      row.reason = type ? "a type, a user, a password or -, and a key are needed"
                        : "its first word is no type that is known (HOTP, HOTP/T30, …): that program skips the line";
    } else {
      row = row_of_oath(words, *type);
    }
    row.place = file + ":" + std::to_string(i + 1);
    row.line = lines[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ImportRow> rows_of_csv(std::string_view text, const std::string& file) {
  std::vector<ImportRow> rows;
  text = without_byte_order_mark(text);
  const auto fail = [&](std::size_t line, const std::string& reason, const std::string& raw) {
    ImportRow row;
    row.place = file + ":" + std::to_string(line);
    row.reason = reason;
    row.line = raw;
    rows.push_back(row);
  };
  const std::vector<std::string> lines = lines_of(text);
  std::vector<const Column*> columns;
  auto header = lines.empty() ? std::nullopt : cells_of(lower(lines.front()));
  if (header) header = without_empty_end(std::move(*header), 0);
  std::string reason = reason_against_form(text, lines);
  if (reason.empty()) reason = !header ? "it has no header" : reason_against_header(*header, columns);
  if (!reason.empty()) {
    fail(1, reason, lines.empty() ? "" : lines.front());
    return rows;
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const auto cells = cells_of(lines[i]);
    if (!is_utf8(lines[i])) fail(i + 1, "it is not UTF-8 (Shift_JIS? save it as UTF-8)", lines[i]);
    else if (lines[i].size() > kMostLine) fail(i + 1, "it is longer than 4096 bytes", lines[i]);
    else if (!cells) fail(i + 1, "a quotation does not end", lines[i]);
    else {
      ImportRow row = row_of_cells(columns, without_empty_end(*cells, columns.size()));
      row.place = file + ":" + std::to_string(i + 1);
      row.line = lines[i];
      rows.push_back(std::move(row));
    }
  }
  if (lines.size() > 1 && text.back() != '\n' && !rows.empty() && rows.back().reason.empty()) rows.back().reason = kCut;
  refuse_two_domains(rows);
  return rows;
}

std::vector<ImportRow> rows_of_pskc(const json& keys, const std::string& file,
                                    const std::map<std::string, std::string>& owners) {
  std::vector<ImportRow> rows;
  for (const auto& key : keys) {
    ImportRow row;
    const std::string serial = key.value("serial", "");
    row.place = file + ":" + std::to_string(key.value("line", 0));
    row.user = key.value("user", "");
    const std::string id = key.value("id", "");
    const auto owner = owners.find(serial.empty() ? id : serial);
    if (owner != owners.end()) row.user = owner->second;
    row.reason = key.value("reason", "");
    row.notes = key.value("notes", std::vector<std::string>());
    if (row.reason.empty() && row.user.empty())
      row.reason = (serial.empty() ? "key " + id : "serial number " + serial) +
                   " has no user: --owners FILE with lines of " + (serial.empty() ? "key id" : "serial number") +
                   ",user";
    row.parameters = {{"secret", base32_of_hex(key.value("secret", ""))}, {"kind", "token"}};
    row.parameters["issued"] = true;
    // A device may hold several keys.
    const std::string label = serial.empty() ? "" : "token " + serial;
    const bool again = !label.empty() && std::any_of(rows.begin(), rows.end(), [&](const ImportRow& other) {
      return other.user == row.user && other.parameters.value("label", "") == label;
    });
    if (!label.empty()) row.parameters["label"] = label;
    if (again) row.parameters["label"] = std::string(label).append(" ").append(id);
    for (const char* name : {"algorithm", "digits", "period", "counter", "drift"})
      if (key.contains(name)) row.parameters[name] = key.at(name);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::map<std::string, std::string> owners_of(std::string_view text, const std::string& file) {
  std::map<std::string, std::string> owners;
  const std::vector<std::string> lines = lines_of(without_byte_order_mark(text));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto cells = cells_of(lines[i]);
    if (lines[i].empty()) continue;
    const bool good = cells && cells->size() == 2 && !(*cells)[0].empty() && !(*cells)[1].empty();
    if (!good || !owners.emplace((*cells)[0], (*cells)[1]).second)
      throw std::runtime_error(file + ":" + std::to_string(i + 1) +
                               (good ? ": this serial number is listed twice" : ": a line is: serial,user"));
  }
  return owners;
}

std::string header_of_csv(std::string_view text) {
  const std::vector<std::string> lines = lines_of(without_byte_order_mark(text));
  return lines.empty() ? "" : lines.front();
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// ~/.google_authenticator, read as its own module reads it.
#include <algorithm>
#include <optional>

#include "tools/import/lines.h"
#include "tools/import/rows.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

// google-authenticator reads 0, 1 and 8 as the letters they look like, and takes no padding. Empty: no key.
std::string google_key(std::string_view line) {
  std::string key;
  for (char c : line) {
    if (c == ' ' || c == '\t' || c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c == '0') c = 'O';
    if (c == '1') c = 'L';
    if (c == '8') c = 'B';
    if (!((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))) return "";
    key += c;
  }
  return key;
}

struct FileOption {
  std::string name;
  std::vector<std::string> values;
  bool ends_blank = false;
};

// Only lines that begin with a quotation mark and one space are options.
std::optional<FileOption> option_of(const std::string& line) {
  if (!line.starts_with("\" ")) return std::nullopt;
  std::vector<std::string> words = words_of(std::string_view(line).substr(2));
  if (words.empty()) return std::nullopt;
  FileOption option{words.front(), {}, line.back() == ' '};
  option.values.assign(words.begin() + 1, words.end());
  return option;
}

bool is_scratch_code(const std::string& line) {
  const std::vector<std::string> words = words_of(line);
  return words.size() == 1 && words[0].size() == 8 && words[0][0] != '0' &&
         words[0].find_first_not_of("0123456789") == std::string::npos;
}

struct GoogleFile {
  std::string key;
  std::vector<FileOption> options;
  int scratch_codes = 0;

  // The first of a name counts there.
  [[nodiscard]] const FileOption* find(std::string_view name) const {
    for (const FileOption& option : options)
      if (option.name == name) return &option;
    return nullptr;
  }
};

GoogleFile read_google(const std::vector<std::string>& lines) {
  GoogleFile file;
  if (!lines.empty()) file.key = google_key(lines.front());
  bool scans = true;  // the first other line ends the codes there, not the options
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (auto option = option_of(lines[i])) file.options.push_back(std::move(*option));
    else if (!lines[i].starts_with("\"") && !is_scratch_code(lines[i])) scans = scans && lines[i].empty();
    else if (scans && is_scratch_code(lines[i])) ++file.scratch_codes;
  }
  return file;
}

// The number of a one-value option; nothing when it is there and cannot be one.
std::optional<std::int64_t> value_of(const GoogleFile& file, std::string_view name, std::int64_t otherwise,
                                     std::int64_t low, std::int64_t high) {
  const FileOption* option = file.find(name);
  if (option == nullptr) return otherwise;
  const auto value = option->values.size() == 1 ? number_in(option->values[0]) : std::nullopt;
  if (!value || *value < low || *value > high) return std::nullopt;
  return value;
}

std::int64_t newest_used(const GoogleFile& file) {
  std::int64_t newest = -1;
  if (const FileOption* used = file.find("DISALLOW_REUSE"))
    for (const std::string& step : used->values) newest = std::max(newest, number_in(step).value_or(-1));
  return newest;
}

// A file that google-authenticator itself would refuse is not imported.
std::string reason_against(const GoogleFile& file) {
  if (file.key.empty()) return "the first line is no base32 key";
  const FileOption* rate = file.find("RATE_LIMIT");
  if (rate != nullptr && (rate->ends_blank || rate->values.size() < 2)) return "RATE_LIMIT is malformed";
  if (!value_of(file, "WINDOW_SIZE", 3, 1, 100)) return "WINDOW_SIZE must be 1 to 100";
  if (!value_of(file, "STEP_SIZE", 30, 1, 60)) return "STEP_SIZE must be 1 to 60";
  if (!value_of(file, "HOTP_COUNTER", 0, 0, kMostCounter)) return "HOTP_COUNTER is malformed";
  if (!value_of(file, "TIME_SKEW", 0, INT32_MIN, INT32_MAX)) return "TIME_SKEW is malformed";
  if (file.find("TOTP_AUTH") == nullptr && value_of(file, "HOTP_COUNTER", 0, 0, kMostCounter) == 0)
    return "neither TOTP_AUTH nor HOTP_COUNTER: no code of it was ever accepted";
  return "";
}

}  // namespace

ImportRow row_of_google(std::string_view text, const std::string& file, const std::string& user) {
  ImportRow row;
  row.place = file + ":1";
  row.user = user;
  if (text.find('\0') != std::string_view::npos) row.reason = "there is a zero byte in it";
  const GoogleFile found = read_google(lines_of(text));
  if (row.reason.empty()) row.reason = reason_against(found);
  if (!row.reason.empty()) return row;
  row.parameters = {{"secret", found.key}, {"digits", 6}, {"algorithm", "SHA1"}, {"kind", "app"}};
  const std::int64_t counter = *value_of(found, "HOTP_COUNTER", 0, 0, kMostCounter);
  if (counter > 0) {
    row.parameters["counter"] = counter;
  } else {
    row.parameters["period"] = *value_of(found, "STEP_SIZE", 30, 1, 60);
    row.parameters["last_step"] = newest_used(found);
    row.parameters["drift"] = *value_of(found, "TIME_SKEW", 0, INT32_MIN, INT32_MAX);
  }
  if (found.scratch_codes > 0)
    row.notes.push_back(std::to_string(found.scratch_codes) + " scratch codes are left behind: seimon recovery-codes");
  if (*value_of(found, "WINDOW_SIZE", 3, 1, 100) > 3) row.notes.emplace_back("codes.window holds for everybody here");
  return row;
}

}  // namespace seimon::tools

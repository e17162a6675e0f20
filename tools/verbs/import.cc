// SPDX-License-Identifier: Apache-2.0
// seimon import: takes over the methods of another program. Each row has its result; what fails stays where it was.
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "tools/import/pskc.h"
#include "tools/import/rows.h"
#include "tools/system/files.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_import {
namespace {

using nlohmann::json;

constexpr std::size_t kMostFile = std::size_t{64} << 20U;
constexpr std::size_t kMostSecretFile = std::size_t{64} << 10U;  // as that program has it

std::string format;
std::string file;
std::string user;
std::string failed_file;
std::string owners;
LockOptions lock;
bool dry_run = false;
bool atomic = false;
bool replace = false;
bool reset = false;
bool enrolled = false;

void add(Options& options) {
  options.add_option("format", format, "google-authenticator, oath, pskc, csv or otpauth")
      .required()
      .one_of({"google-authenticator", "oath", "pskc", "csv", "otpauth"});
  options.add_option("file", file, "file to read; default for google-authenticator: those of all home directories");
  options.add_option("-u,--user", user, "user of the file (google-authenticator; default: its owner)");
  options.add_flag("--dry-run", dry_run, "only print what would be done");
  options.add_flag("--atomic", atomic, "all rows or none");
  options.add_flag("--replace", replace, "instead of a method of the same label");
  options.add_flag("--also-reset", reset, "include users whose methods were revoked, removed or expired");
  options.add_flag("--also-enrolled", enrolled, "of all home directories: include users who already have a method");
  options.add_option("--owners", owners, "serial,user: the users of the tokens in a pskc file");
  lock.add_to(options);
  options.add_option("--failed", failed_file, "write the rows that failed there, to be corrected (oath, csv, otpauth)");
}

[[noreturn]] void fail(const std::string& path) { throw Stop{kBadInput, path + ": " + std::strerror(errno), ""}; }

struct Read {
  std::string text;
  uid_t owner = 0;
};

// A regular file, and no link: root reads in other people's home directories. Nothing when there is none.
std::optional<Read> read_regular(int folder, const std::string& path, std::size_t most) {
  const int fd = openat(folder, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) fail(path);
  struct stat status = {};
  Read read;
  bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  read.owner = status.st_uid;
  std::array<char, 65536> block;
  for (ssize_t got = 1; good && got > 0;) {
    got = ::read(fd, block.data(), block.size());
    good = got >= 0 && read.text.size() + static_cast<std::size_t>(got) <= most;
    if (good) read.text.append(block.data(), static_cast<std::size_t>(got));
  }
  (void)close(fd);
  if (!good) throw Stop{kBadInput, filled(_("{1}: is no regular file, cannot be read, or is too large"), {path}), ""};
  return read;
}

std::string name_of(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry == nullptr ? "" : entry->pw_name;
}

std::optional<ImportRow> row_of_home(const passwd& entry) {
  const int home = open(entry.pw_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (home < 0) return std::nullopt;
  const std::string path = std::string(entry.pw_dir) + "/.google_authenticator";
  ImportRow row;
  row.place = path;
  row.user = entry.pw_name;
  std::optional<Read> read;
  try {
    read = read_regular(home, ".google_authenticator", kMostSecretFile);
  } catch (const Stop& stop) {
    row.reason = stop.message;
  }
  (void)close(home);
  if (!row.reason.empty()) return row;
  if (!read) return std::nullopt;
  if (read->owner != entry.pw_uid && read->owner != 0) {
    row.reason = "it is the file of " + (name_of(read->owner).empty() ? "another account" : name_of(read->owner));
    return row;
  }
  return row_of_google(read->text, path, entry.pw_name);
}

// A directory that does not list its people (sssd's default) still knows whose a folder beside the others is.
std::vector<std::string> folders_beside(const std::vector<std::string>& homes) {
  std::set<std::string> parents;
  for (const std::string& home : homes)
    if (const auto parent = std::filesystem::path(home).parent_path(); parent.has_relative_path())
      parents.insert(parent);
  std::vector<std::string> folders;
  std::error_code error;
  for (const std::string& parent : parents)
    for (const auto& entry : std::filesystem::directory_iterator(parent, error))
      if (std::find(homes.begin(), homes.end(), entry.path()) == homes.end() &&
          access((entry.path() / ".google_authenticator").c_str(), F_OK) == 0)
        folders.push_back(entry.path());
  return folders;
}

std::vector<ImportRow> rows_of_homes() {
  std::vector<ImportRow> rows;
  std::vector<std::string> seen;
  setpwent();
  for (const passwd* entry = getpwent(); entry != nullptr; entry = getpwent()) {
    // Service accounts share a home: nobody logs in to them.
    if (std::find(seen.begin(), seen.end(), entry->pw_dir) != seen.end()) continue;
    seen.emplace_back(entry->pw_dir);
    if (auto row = row_of_home(*entry)) rows.push_back(std::move(*row));
  }
  endpwent();
  for (const std::string& folder : folders_beside(seen)) {
    struct stat status = {};
    const passwd* entry = lstat(folder.c_str(), &status) == 0 ? getpwuid(status.st_uid) : nullptr;
    if (entry != nullptr && folder == entry->pw_dir) {
      if (auto row = row_of_home(*entry)) rows.push_back(std::move(*row));
      continue;
    }
    ImportRow row;
    row.place = folder + "/.google_authenticator";
    row.reason = "it is in no account's home directory; to take it: seimon import google-authenticator FILE -u USER";
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ImportRow> pskc_rows(const std::string& document) {
  std::map<std::string, std::string> by_serial;
  if (!owners.empty()) {
    const auto list = read_regular(AT_FDCWD, owners, kMostFile);
    if (!list) fail(owners);
    by_serial = owners_of(list->text, owners);
  }
  const json reply = run_pskc("read", {{"document", document}}, lock, file);
  return rows_of_pskc(reply.at("rows"), file, by_serial);
}

struct Found {
  std::vector<ImportRow> rows;
  std::string header;  // what stands above the rows of a CSV file
};

Found read_rows() {
  const bool google = format == "google-authenticator";
  if (google && file.empty()) return {rows_of_homes(), ""};
  if (file.empty()) throw Stop{kUsage, _("which file?"), ""};
  const auto read = read_regular(AT_FDCWD, file, google ? kMostSecretFile : kMostFile);
  if (!read) fail(file);
  if (google) return {{row_of_google(read->text, file, user.empty() ? name_of(read->owner) : user)}, ""};
  if (format == "pskc") return {pskc_rows(read->text), ""};
  // Its lock file: that program is rewriting it now, or died while it did.
  if (format == "oath" && access((file + ".lock").c_str(), F_OK) == 0)
    throw Stop{kBadInput, filled(_("{1}.lock is there: pam_oath writes that file now, or died doing it"), {file}), ""};
  if (format == "oath") return {rows_of_oath(read->text, file), ""};
  if (format == "otpauth") return {rows_of_links(read->text, file), ""};
  return {rows_of_csv(read->text, file), header_of_csv(read->text)};
}

// One row; its reason says why not. `how`: "" for good; "stage" waits for the others.
void take(Client& client, ImportRow& row, const char* how) {
  if (!row.reason.empty()) return;
  json parameters = row.parameters;
  parameters["user"] = row.user;
  if (replace) parameters["replace"] = true;
  if (reset) parameters["reset"] = true;
  // A file in a home directory is its owner's to write: it must not become a second way in for somebody enrolled.
  if (format == "google-authenticator" && file.empty() && !enrolled) parameters["only_first"] = true;
  if (*how != '\0') parameters[how] = true;
  try {
    row.label = client.call("Import", parameters).at("label");
  } catch (const Stop& stop) {
    if (stop.code == kUnreachable || stop.code == kNotPermitted) throw;
    row.reason = stop.message;
  }
}

std::size_t count_failed(const std::vector<ImportRow>& rows) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const ImportRow& row) { return !row.reason.empty(); }));
}

// All or none: the rows wait in the service until all of them were looked at. A dry run ends there, so that it says of
// rows beside each other what the run itself would.
void take_all(Client& client, std::vector<ImportRow>& rows) {
  const char* how = dry_run || atomic ? "stage" : "";
  for (ImportRow& row : rows) take(client, row, how);
  if (atomic && !dry_run && count_failed(rows) == 0) (void)client.call("ImportStaged", json::object());
}

// They hold keys: a file of ours alone, and none that was there before.
void write_failed(const Found& found) {
  std::string text = found.header.empty() ? "" : found.header + "\n";
  for (const ImportRow& row : found.rows)
    if (!row.reason.empty() && row.line != found.header) text += row.line + "\n";
  write_new_file(failed_file, text);
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += "; " + shown(note);
  return text;
}

int print(const Common& common, const std::vector<ImportRow>& rows) {
  const std::size_t failed = count_failed(rows);
  const bool nothing = dry_run || (atomic && failed > 0);
  json report = json::array();
  std::vector<std::vector<std::string>> table;
  for (const ImportRow& row : rows) {
    const bool good = row.reason.empty();
    const char* result = !good ? "failed" : nothing ? "not imported" : "imported";
    report.push_back({{"place", row.place},
                      {"user", row.user},
                      {"result", result},
                      {"label", row.label},
                      {"reason", row.reason},
                      {"notes", row.notes}});
    table.push_back({shown(row.place), shown(row.user), shown(good ? row.label : row.reason) + joined(row.notes)});
  }
  if (common.json) print_json(report);
  else if (!table.empty()) print_table({_("PLACE"), _("USER"), _("RESULT")}, table);
  const std::string count = std::to_string(nothing ? 0 : rows.size() - failed);
  if (!common.json) print_line(_("{1} of {2} imported"), {count, std::to_string(rows.size())});
  return failed == 0 ? kDone : kBadInput;
}

int run(const Common& common) {
  if (!failed_file.empty() && format != "oath" && format != "csv" && format != "otpauth")
    throw Stop{kUsage, "--failed is for oath, csv and otpauth, whose rows are lines", ""};
  if (!failed_file.empty()) demand_new(failed_file);
  Found found = read_rows();
  if (found.rows.empty() && !file.empty())
    throw Stop{kBadInput, filled(_("{1}: there is no row in it that could be imported"), {file}), ""};
  Client client(common);
  take_all(client, found.rows);
  if (!failed_file.empty() && count_failed(found.rows) > 0) write_failed(found);
  return print(common, found.rows);
}

}  // namespace
}  // namespace verb_import

extern const VerbRow kImport = {.name = "import",
                                .help = N_("take over the methods of another program"),
                                .examples =
                                    "seimon import google-authenticator --dry-run\nseimon import oath /etc/users.oath\n"
                                    "seimon import pskc tokens.xml --key-file - --owners owners.csv",
                                .has_json = true,
                                .add = verb_import::add,
                                .run = verb_import::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
#include "tools/enroll/batch.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "client/saying.h"
#include "tools/enroll/letters.h"
#include "tools/import/csv.h"
#include "tools/import/lines.h"
#include "tools/system/files.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr std::size_t kMostName = 300;  // a hundred letters of Japanese

using nlohmann::json;

constexpr const char* kIssued = "issued";  // in done.csv

struct Row {
  std::string place;
  std::string user;
  std::string name;
  std::string phone;
  std::string email;
};

// Every bad line is told before anything begins.
class List {
 public:
  explicit List(const std::string& path) : path_(path) {
    if (access(path.c_str(), R_OK) != 0) throw Stop{kBadInput, path + ": " + std::strerror(errno), ""};
    const std::string text = contents_of(path);
    const std::vector<std::string> lines = lines_of(without_byte_order_mark(text));
    read_header(lines.empty() ? "" : lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i)
      if (!lines[i].empty()) read(lines[i], path + ":" + std::to_string(i + 1));
    if (lines.size() > 1 && text.back() != '\n') complain(path + ":" + std::to_string(lines.size()), _(kCut));
    if (problems_.empty()) return;
    std::string all;
    for (const std::string& problem : problems_) all += problem + "\n";
    throw Stop{kBadInput, all + filled(_("{1} bad lines; nothing was done"), {std::to_string(problems_.size())}), ""};
  }

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] bool has_addresses() const { return phone_ != std::string::npos || email_ != std::string::npos; }

 private:
  void read_header(const std::string& line) {
    const auto names = cells_of(line);
    // The second ones are those of Microsoft Entra's exports.
    for (std::size_t i = 0; names && i < names->size(); ++i) {
      const std::string& name = (*names)[i];
      if (name == "user" || name == "userPrincipalName") user_ = i;
      if (name == "name" || name == "displayName") name_ = i;
      if (name == "phone" || name == "mobilePhone" || name == "phoneNumber") phone_ = i;
      if (name == "email") email_ = i;
      has_principals_ = has_principals_ || name == "userPrincipalName";
    }
    if (!names || user_ == std::string::npos)
      throw Stop{kBadInput,
                 path_ + ":1: " +
                     _("the header needs a column \"user\" (or \"userPrincipalName\"); \"name\", \"phone\" and "
                       "\"email\" are optional"),
                 ""};
    columns_ = names->size();
  }

  void read(const std::string& line, const std::string& place) {
    const auto cells = cells_of(line);
    if (!is_utf8(line)) return complain(place, _("it is not UTF-8 (Shift_JIS? save it as UTF-8)"));
    if (!cells || cells->size() != columns_) return complain(place, _("it has not as many cells as the header"));
    const auto cell = [&](std::size_t column) { return column == std::string::npos ? "" : (*cells)[column]; };
    Row row{place, (*cells)[user_], cell(name_), cell(phone_), cell(email_)};
    if (has_principals_) row.user.resize(std::min(row.user.size(), row.user.find('@')));
    const passwd* entry = getpwnam(row.user.c_str());
    if (entry == nullptr)
      return complain(place, filled(_("there is no user \"{1}\" on this system"), {shown(row.user)}));
    row.user = entry->pw_name;
    if (row.name.empty()) row.name = row.user;
    // It would not fit on its letter, and end the batch in the middle.
    if (row.name.size() > kMostName)
      return complain(place, filled(_("the name is longer than {1} bytes"), {std::to_string(kMostName)}));
    if (!users_.insert(row.user).second) return complain(place, filled(_("the user {1} is listed twice"), {row.user}));
    rows_.push_back(std::move(row));
  }

  void complain(const std::string& place, const std::string& reason) { problems_.push_back(place + ": " + reason); }

  std::string path_;
  std::size_t user_ = std::string::npos;
  std::size_t name_ = std::string::npos;
  std::size_t phone_ = std::string::npos;
  std::size_t email_ = std::string::npos;
  std::size_t columns_ = 0;
  bool has_principals_ = false;  // "alice@example.ac.jp" instead of "alice"
  std::vector<Row> rows_;
  std::set<std::string> users_;
  std::vector<std::string> problems_;
};

// The folder of one batch: batch.csv is the list that it was made for, done.csv what is finished, a line a user.
class Folder {
 public:
  Folder(const std::string& path, const std::string& list) : path_(path) {
    if (mkdir(path.c_str(), 0700) == 0) {
      write_new_file(path + "/batch.csv", list);
      write_new_file(path + "/done.csv", "user,file,result\n");
    } else if (errno != EEXIST) {
      throw Stop{kBadInput, path + ": " + std::strerror(errno), ""};
    } else if (access((path + "/batch.csv").c_str(), F_OK) != 0 || contents_of(path + "/batch.csv") != list) {
      throw Stop{kBadInput, path + ": " + _("is there already, and no unfinished batch of this list"), ""};
    }
    for (const std::string& line : lines_of(contents_of(path + "/done.csv")))
      if (const auto cells = cells_of(line); cells && cells->size() == 3) done_[(*cells)[0]] = (*cells)[2];
    done_.erase("user");
  }

  [[nodiscard]] bool is_done(const std::string& user) const { return done_.contains(user); }
  [[nodiscard]] const std::map<std::string, std::string>& done() const { return done_; }

  void finish(const std::string& user, const std::string& result) {
    const std::string line = csv_cell(user) + "," + csv_cell(user + ".pdf") + "," + csv_cell(result) + "\n";
    append_line(path_ + "/done.csv", line);
    done_[user] = result;
  }

 private:
  std::string path_;
  std::map<std::string, std::string> done_;
};

class Progress {
 public:
  Progress(std::size_t all, std::size_t done) : all_(all), first_(done), shows_(isatty(STDERR_FILENO) == 1) {}

  void show(std::size_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (!shows_ || (done != all_ && now - last_ < std::chrono::milliseconds(200))) return;
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    const double rate = seconds > 0 ? static_cast<double>(done - first_) / seconds : 0;
    const auto left = rate > 0 ? static_cast<long>(static_cast<double>(all_ - done) / rate) : 0;
    constexpr std::size_t kBar = 24;
    const std::string bar(done * kBar / all_, '#');
    std::fprintf(stderr, "\r[%-24s] %zu/%zu  %.0f/s  %ld:%02ld left \033[K%s", bar.c_str(), done, all_, rate, left / 60,
                 left % 60, done == all_ ? "\n" : "");
  }

 private:
  std::size_t all_;
  std::size_t first_;
  bool shows_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_{};
};

std::string grouped(const std::string& key) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) text += (i > 0 && i % 4 == 0 ? " " : "") + std::string(1, key[i]);
  return text;
}

// From when on, in the words of the letter.
client::Saying start_in_words(const std::string& text, const std::string& date) {
  if (text == "first-use") return {"Once the app is set up", "アプリの設定が済んだ後"};
  const std::string day = text == "now" ? date : text;
  return {"From " + day, day + " から"};
}

// One user: a draft in the service, the letter on disk, then the method. Throws Stop where the whole cannot go on.
std::string issue(Client& client, Letters& letters, const Batch& batch, const Row& row, const json& counts,
                  const std::string& date) {
  try {
    const json methods = client.call("List", {{"user", row.user}}).at("methods");
    // Ours, when the work ended between the method and its line: the letter of the last draft stands there.
    const bool ours = methods.size() == 1 && methods[0].at("label") == batch.label &&
                      methods[0].at("state") == "issued" &&
                      access((batch.folder + "/" + row.user + ".pdf").c_str(), F_OK) == 0;
    if (ours) return kIssued;
    if (!methods.empty()) return _("has a method already; left as it is");
    const client::Saying start = start_in_words(batch.start, date);
    json draft = client.call("Enroll", {{"user", row.user}, {"label", batch.label}});
    letters.print({{"file", row.user + ".pdf"},
                   {"link", draft.at("link")},
                   {"values",
                    {{"user", row.user},
                     {"name", row.name},
                     {"label", batch.label},
                     {"issuer", draft.at("issuer")},
                     {"key", grouped(draft.at("key"))},
                     {"start_en", start.english},
                     {"start_ja", start.japanese},
                     {"help", draft.value("help", "")},
                     {"date", date}}}});
    json parameters = counts;
    parameters.update({{"user", row.user}, {"issue", true}});
    (void)client.call("Confirm", parameters);
    return kIssued;
  } catch (const Stop& stop) {
    if (stop.error.empty() || stop.code == kUnreachable || stop.code == kNotPermitted) throw;
    return stop.message;
  }
}

// For the office: who gets a letter, and who does not and why. No key stands in it.
void print_summary(Letters& letters, const Folder& folder, const std::string& date) {
  std::size_t issued = 0;
  for (const auto& [user, result] : folder.done()) issued += result == kIssued ? 1U : 0U;
  std::string others;
  for (const auto& [user, result] : folder.done())
    if (result != kIssued) others.append(user).append(": ").append(result).append("\n");
  letters.print({{"file", "summary.pdf"},
                 {"link", ""},
                 {"summary", true},
                 {"values",
                  {{"date", date},
                   {"issued", std::to_string(issued)},
                   {"all", std::to_string(folder.done().size())},
                   {"others", others.substr(0, 2000)}}}});
}

}  // namespace

json start_parameters(const std::string& text) {
  if (text == "now") return json::object();
  if (text == "first-use") return {{"first_use", true}};
  const std::optional<std::int64_t> start = date_to_come(text);
  if (!start)
    throw Stop{kUsage, filled(_("--start {1}: write now, first-use or a date to come, such as 2027-04-01"), {text}),
               ""};
  return {{"start", *start}};
}

namespace {

// Telephone numbers and mail addresses of the list, all of them or none. Those that are registered already stay.
std::size_t register_addresses(Client& client, const List& list, const json& counts) {
  const auto call = [&](const Row& row, const char* kind, const std::string& address) {
    json parameters = counts;
    parameters.update({{"user", row.user}, {"kind", kind}, {"address", address}, {"issued", true}, {"stage", true}});
    try {
      (void)client.call("Import", parameters);
    } catch (const Stop& stop) {
      throw Stop{stop.code, row.place + ": " + stop.message + "\n" + _("no address was registered"), stop.error};
    }
  };
  const json sends = client.call("ShowConfig", json::object()).value("sends", json::array());
  const auto has = [&](const char* kind) { return std::find(sends.begin(), sends.end(), kind) != sends.end(); };
  const char* const telephone = has("call") && !has("sms") ? "call" : "sms";
  for (const Row& row : list.rows()) {
    if (!row.phone.empty()) call(row, telephone, row.phone);
    if (!row.email.empty()) call(row, "email", row.email);
  }
  return client.call("ImportStaged", json::object()).at("imported").get<std::size_t>();
}

int run_addresses(const Common& common, const List& list, const json& counts) {
  Client client(common);
  const std::size_t registered = register_addresses(client, list, counts);
  if (common.json) print_json(json({{"addresses", registered}}));
  else
    print_line(_("{1} addresses registered; each expires unless it is used in time (enrolment.issued_for)"),
               {std::to_string(registered)});
  return kDone;
}

}  // namespace

int run_batch(const Common& common, const Batch& batch) {
  const std::string date = today();
  const List list(batch.list);
  if (list.rows().empty()) throw Stop{kBadInput, batch.list + ": " + _("has no user"), ""};
  if (batch.folder.empty() && !list.has_addresses())
    throw Stop{kUsage, _("--batch FILE needs --letters DIR, or a column \"phone\" or \"email\" in its file"), ""};
  const json counts =
      start_parameters(batch.start.empty() ? "now" : batch.start);  // once: midnight may come while it works
  if (batch.folder.empty()) return run_addresses(common, list, counts);
  Client client(common);
  (void)client.call("Status", json::object());
  Letters letters(batch.folder, batch.layout);
  Folder folder(batch.folder, contents_of(batch.list));
  letters.begin();
  Progress progress(list.rows().size(), folder.done().size());
  for (const Row& row : list.rows()) {
    if (!folder.is_done(row.user)) folder.finish(row.user, issue(client, letters, batch, row, counts, date));
    progress.show(folder.done().size());
  }
  print_summary(letters, folder, date);
  if (list.has_addresses())
    std::fprintf(
        stderr, "seimon: %s\n",
        _("the columns phone and email were ignored; to register them, run the same command without --letters"));
  std::size_t failed = 0;
  for (const auto& [user, result] : folder.done())
    if (result != kIssued) ++failed, std::printf("%s: %s\n", user.c_str(), result.c_str());
  const std::size_t issued = folder.done().size() - failed;
  if (common.json) print_json(json({{"folder", batch.folder}, {"issued", issued}, {"failed", failed}}));
  else
    print_line(_("{1}: {2} letters, {3} users without one; summary.pdf is for the office"),
               {batch.folder, std::to_string(issued), std::to_string(failed)});
  return failed == 0 ? kDone : kBadInput;
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
#include "tools/reports/reporting.h"

#include <grp.h>
#include <langinfo.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "tools/enroll/proof.h"
#include "tools/import/csv.h"
#include "tools/system/accounts.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

// The groups of many people. Where the system's own files are all there is, one reading of them tells; a directory is
// asked for each.
class GroupNames {
 public:
  GroupNames() {
    if (!is_local()) return;
    setgrent();
    for (const group* entry = getgrent(); entry != nullptr; entry = getgrent()) {
      names_[entry->gr_gid] = entry->gr_name;
      for (char** member = entry->gr_mem; *member != nullptr; ++member) of_member_[*member].push_back(entry->gr_gid);
    }
    endgrent();
    enumerated_ = true;
  }

  std::vector<std::string> of(const std::string& user, gid_t primary) {
    std::vector<std::string> names;
    for (const gid_t id : ids_of(user, primary))
      if (const std::string& name = name_of(id);
          !name.empty() && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    return names;
  }

 private:
  // By nsswitch.conf(5); without it the files are asked.
  static bool is_local() {
    std::ifstream file("/etc/nsswitch.conf");
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> words = words_of(line);
      if (words.empty() || (words[0] != "group:" && words[0] != "initgroups:")) continue;
      const bool local = std::all_of(words.begin() + 1, words.end(),
                                     [](const std::string& word) { return word == "files" || word == "systemd"; });
      if (!local) return false;
    }
    return true;
  }

  std::vector<gid_t> ids_of(const std::string& user, gid_t primary) {
    if (enumerated_) {
      std::vector<gid_t> ids = of_member_[user];
      ids.insert(ids.begin(), primary);
      return ids;
    }
    std::vector<gid_t> ids(64);
    auto count = static_cast<int>(ids.size());
    if (getgrouplist(user.c_str(), primary, ids.data(), &count) < 0) {
      ids.resize(static_cast<std::size_t>(count));
      if (getgrouplist(user.c_str(), primary, ids.data(), &count) < 0) return {};
    }
    ids.resize(static_cast<std::size_t>(count));
    return ids;
  }

  const std::string& name_of(gid_t id) {
    const auto [known, is_new] = names_.try_emplace(id);
    if (!is_new || enumerated_) return known->second;
    if (const group* found = getgrgid(id)) known->second = found->gr_name;
    return known->second;
  }

  bool enumerated_ = false;
  std::map<gid_t, std::string> names_;
  std::map<std::string, std::vector<gid_t>> of_member_;
};

struct Listed {
  std::optional<uid_t> uid;  // nothing: the store knows the name, and the system does not
  std::vector<std::string> groups;
};

std::map<std::string, Listed> people(Client& client) {
  GroupNames groups;
  std::map<std::string, Listed> listed;
  std::map<std::string, gid_t> primaries;
  setpwent();
  for (const passwd* entry = getpwent(); entry != nullptr; entry = getpwent()) {
    if (!is_person(*entry)) continue;
    listed[entry->pw_name].uid = entry->pw_uid;
    primaries[entry->pw_name] = entry->pw_gid;
  }
  endpwent();
  for (const std::string& name : known_users(client)) {
    if (listed.contains(name)) continue;
    const passwd* entry = getpwnam(name.c_str());
    Listed& row = listed[name];
    if (entry == nullptr) continue;
    row.uid = entry->pw_uid;
    primaries[name] = entry->pw_gid;
  }
  for (auto& [name, row] : listed)
    if (row.uid) row.groups = groups.of(name, primaries[name]);
  return listed;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// A line of RolloutOfMany.
std::string line_of(const std::string& name, const Listed& row) {
  std::string line = name + '\t' + (row.uid ? std::to_string(*row.uid) : "-");
  for (const std::string& group : row.groups) line += '\t' + group;
  return line + '\n';
}

std::string text_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// In the order in which people read; what is new stands last.
std::vector<std::string> columns_of(const json& row) {
  constexpr std::array<const char*, 24> kOrder = {
      "user",     "group",   "state",  "groups",      "methods",  "recovery_codes", "outside", "exempt",
      "accepted", "refused", "other",  "only_exempt", "fragile",  "last_login",     "rule",    "outcome",
      "reason",   "would",   "logins", "users",       "enrolled", "waiting",        "reset",   "not enrolled"};
  std::vector<std::string> columns;
  for (const char* key : kOrder)
    if (row.contains(key)) columns.emplace_back(key);
  for (const auto& [key, value] : row.items())
    if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
  return columns;
}

std::string bar_of(std::int64_t count, std::int64_t most) {
  constexpr std::int64_t kWidth = 20;
  const bool utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  std::string bar;
  for (std::int64_t i = 0; i < (count * kWidth + most - 1) / most; ++i) bar += utf8 ? "▇" : "#";
  return bar;
}

// One by one, as whoever is not root may ask.
void add_row(Client& client, const std::string& name, const std::string& groups, std::int64_t since, json& rows) {
  try {
    json row = client.call("Rollout", {{"user", name}, {"since", since}});
    row["groups"] = groups;
    rows.push_back(std::move(row));
  } catch (const Stop& stop) {
    if (stop.error != "NoSuchUser" && stop.error != "InvalidParameter") throw;
  }
}

}  // namespace

std::vector<std::string> known_users(Client& client) {
  std::vector<std::string> names;
  std::string after;
  do {
    const json reply = call_with_proof(client, "Users", {{"after", after}});
    for (const auto& user : reply.at("users")) names.push_back(user.get<std::string>());
    after = reply.at("last");
  } while (!after.empty());
  return names;
}

json rollout_rows(Client& client, std::int64_t since) {
  constexpr std::size_t kAtOnce = 100;
  constexpr std::size_t kBytesAtOnce = 32 * 1024;
  const std::map<std::string, Listed> names = people(client);
  const bool shows = isatty(STDERR_FILENO) == 1;
  json rows = json::array();
  std::string lines;
  std::size_t count = 0;
  const auto show_progress = [&] {
    if (shows) std::fprintf(stderr, "\r%zu of %zu", count, names.size());
  };
  const auto ask = [&] {
    json reply = client.call("RolloutOfMany", {{"people", lines}, {"since", since}});
    for (json& row : reply.at("rows")) {
      row["groups"] = joined(names.at(row.at("user").get<std::string>()).groups, " ");
      rows.push_back(std::move(row));
    }
    lines.clear();
    show_progress();
  };
  for (const auto& [name, listed] : names) {
    if (geteuid() != 0) {  // who may not say who is in which group
      add_row(client, name, joined(listed.groups, " "), since, rows);
      if (++count % kAtOnce == 0) show_progress();
      continue;
    }
    lines += line_of(name, listed);
    if (++count % kAtOnce == 0 || lines.size() > kBytesAtOnce) ask();
  }
  if (!lines.empty()) ask();
  if (shows) std::fprintf(stderr, "\r%*s\r", 30, "");
  return rows;
}

json tally_rows(Client& client, std::int64_t since) {
  struct Sum {
    std::int64_t logins = 0;
    std::set<std::string> users;
  };
  std::map<std::array<std::string, 4>, Sum> sums;
  constexpr std::array<const char*, 4> kKeys = {"rule", "outcome", "reason", "would"};
  std::int64_t before = 0;
  do {
    json parameters = {{"since", since}};
    if (before > 0) parameters["before"] = before;
    const json reply = call_with_proof(client, "Tally", parameters);
    for (const auto& row : reply.at("rows")) {
      std::array<std::string, 4> key;
      for (std::size_t i = 0; i < kKeys.size(); ++i) key[i] = row.at(kKeys[i]).get<std::string>();
      Sum& sum = sums[key];
      sum.logins += row.at("logins").get<std::int64_t>();
      for (const auto& user : row.at("users")) sum.users.insert(user.get<std::string>());
    }
    before = reply.at("next");
  } while (before > 0);
  json rows = json::array();
  for (const auto& [key, sum] : sums) {
    json row = {{"logins", sum.logins}, {"users", sum.users.size()}};
    for (std::size_t i = 0; i < kKeys.size(); ++i) row[kKeys[i]] = key[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

json by_groups(const json& rows) {
  std::map<std::string, std::map<std::string, int>> sums;
  for (const auto& row : rows) {
    for (const std::string& group : words_of(row.at("groups").get<std::string>())) {
      if (row.at("user") == group) continue;  // the private group that each account has
      auto& sum = sums[group];
      ++sum["users"];
      ++sum[row.at("state").get<std::string>()];
      ++sum["outside " + row.at("outside").get<std::string>()];
      if (row.at("only_exempt").get<bool>()) ++sum["only exempt"];
      if (row.at("fragile").get<bool>()) ++sum["fragile"];
    }
  }
  json result = json::array();
  for (auto& [group, sum] : sums) {
    json row = {{"group", group}};
    for (const char* key : {"users", "enrolled", "waiting", "reset", "not enrolled", "outside require",
                            "outside refuse", "only exempt", "fragile"})
      row[key] = sum[key];
    result.push_back(row);
  }
  return result;
}

json newest_events(Client& client) {
  constexpr int kEvents = 1000;
  return client.call("Log", {{"all", true}, {"user", own_name()}, {"limit", kEvents}}).at("events");
}

void print_rows(const json& rows) {
  if (rows.empty()) {
    print_line(_("nothing to report"));
    return;
  }
  std::vector<std::string> header = columns_of(rows.front());
  // A bar for each row, where somebody looks.
  std::int64_t most = 0;
  const char* measure = rows.front().contains("logins") ? "logins" : "enrolled";
  if (isatty(STDOUT_FILENO) == 1 && rows.front().contains(measure))
    for (const auto& row : rows) most = std::max(most, row.value(measure, std::int64_t{0}));
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (const std::string& key : header) line.push_back(text_of(row.at(key)));
    if (most > 0) line.push_back(bar_of(row.at(measure).get<std::int64_t>(), most));
  }
  if (most > 0) header.emplace_back();
  print_table(header, cells);
}

void print_states(const json& rows) {
  if (isatty(STDOUT_FILENO) != 1) return;
  std::map<std::string, std::int64_t> counts;
  for (const auto& row : rows) ++counts[row.at("state").get<std::string>()];
  const auto all = static_cast<std::int64_t>(rows.size());
  for (const auto& [state, count] : counts)
    print_line(_("{1}: {2} of {3} {4}"),
               {_(state.c_str()), std::to_string(count), std::to_string(all), bar_of(count, all)});
}

void print_csv(const json& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string header;
    std::string line;
    for (const std::string& key : columns_of(rows[i])) {
      const char* comma = header.empty() ? "" : ",";
      header += comma + csv_shown(key);
      line += comma + csv_shown(text_of(rows[i].at(key)));
    }
    if (i == 0) std::printf("%s\r\n", header.c_str());
    std::printf("%s\r\n", line.c_str());
  }
}

}  // namespace seimon::tools

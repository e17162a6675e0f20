// SPDX-License-Identifier: Apache-2.0
#include "tools/reporting.h"

#include <grp.h>
#include <langinfo.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tools/accounts.h"
#include "tools/csv.h"
#include "tools/proof.h"
#include "tools/terminal.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

std::set<std::string> people(Client& client) {
  std::set<std::string> names;
  setpwent();
  for (const passwd* entry = getpwent(); entry != nullptr; entry = getpwent())
    if (is_person(*entry)) names.insert(entry->pw_name);
  endpwent();
  for (std::string& name : known_users(client)) names.insert(std::move(name));
  return names;
}

std::string groups_of(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return "";
  std::vector<gid_t> ids(64);
  auto count = static_cast<int>(ids.size());
  if (getgrouplist(user.c_str(), entry->pw_gid, ids.data(), &count) < 0) {
    ids.resize(static_cast<std::size_t>(count));
    if (getgrouplist(user.c_str(), entry->pw_gid, ids.data(), &count) < 0) return "";
  }
  std::string names;
  for (int i = 0; i < count; ++i)
    if (const group* found = getgrgid(ids[static_cast<std::size_t>(i)]))
      names += (names.empty() ? "" : " ") + std::string(found->gr_name);
  return names;
}

std::string text_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// In the order in which people read; what is new stands last.
std::vector<std::string> columns_of(const json& row) {
  constexpr std::array<const char*, 24> kOrder = {
      "user",     "group",   "state",  "groups",      "methods",  "recovery_codes", "outside",  "exempt",
      "accepted", "refused", "other",  "only_exempt", "fragile",  "last_login",     "rule",     "outcome",
      "reason",   "would",   "logins", "users",       "enrolled", "waiting",        "stripped", "not enrolled"};
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
  const std::set<std::string> names = people(client);
  const bool shows = isatty(STDERR_FILENO) == 1;
  json rows = json::array();
  for (const std::string& name : names) {
    try {
      json row = client.call("Rollout", {{"user", name}, {"since", since}});
      row["groups"] = groups_of(name);
      rows.push_back(std::move(row));
    } catch (const Stop& stop) {
      if (stop.error != "NoSuchUser" && stop.error != "InvalidParameter") throw;
    }
    if (shows && rows.size() % 50 == 0) std::fprintf(stderr, "\r%zu of %zu", rows.size(), names.size());
  }
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
    for (const char* key : {"users", "enrolled", "waiting", "stripped", "not enrolled", "outside require",
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

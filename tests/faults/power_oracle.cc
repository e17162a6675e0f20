// SPDX-License-Identifier: Apache-2.0
// Opens the store of a disk after a power cut as seimond does, and prints what is in it: for power.py.
// usage: power_oracle   reads lines "STORE KEY", writes a line of JSON for each
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/system/key.h"
#include "store/seal.h"
#include "store/sql_store.h"
#include "store/sqlite/driver.h"

namespace {

using nlohmann::json;
using namespace seimon;

json account_of(const core::Account& account) {
  json methods = json::object();
  for (const core::Method& method : account.methods)
    methods[method.label] = static_cast<std::int64_t>(method.last_step);
  return {{"methods", methods},
          {"recovery", account.profile.recovery.unused.size()},
          {"suspended", account.profile.suspended},
          {"serial", account.profile.sends.serial}};
}

json look(const std::string& path, const std::string& key) {
  const store::Seal wrapping(daemon::read_key(key));
  store::SqliteDriver driver(path);
  std::optional<store::Seal> next;
  if (std::filesystem::exists(key + ".next")) next.emplace(daemon::read_key(key + ".next"));
  store::SqlStore store(driver, wrapping, next ? &*next : nullptr);
  store.begin();
  json found = {{"came_back", store.state().came_back}, {"accounts", json::object()}, {"events", json::array()}};
  for (const core::Event& event : store.events({.limit = 100000}))
    found["events"].push_back(event.event + " " + event.outcome + " " + event.user);
  const core::Inspection inspection = store.inspect("", 1000);
  found["damages"] = inspection.damages.size();
  for (const std::string& name : store.names_after("", 1000))
    found["accounts"][name] = account_of(store.account(core::UserName::parse(name).value()));
  store.commit();
  return found;
}

}  // namespace

int main() {
  for (std::string path, key; std::cin >> path >> key;) try {
      std::cout << look(path, key).dump() << std::endl;
    } catch (const std::exception& error) {
      std::cout << json{{"error", error.what()}}.dump() << std::endl;
    }
}

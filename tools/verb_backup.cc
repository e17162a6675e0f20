// SPDX-License-Identifier: Apache-2.0
// seimon backup FILE, seimon restore FILE: a whole copy of the store, taken while logins go on, and its return, which
// begins a new epoch.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/files.h"
#include "tools/terminal.h"
#include "tools/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

std::string file;
bool epoch = false;

void add_backup(CLI::App& app) { app.add_option("file", file, "where to; it must not exist yet")->required(); }

void add_restore(CLI::App& app) {
  app.add_option("file", file, "a file that seimon backup made");
  app.add_flag("--epoch", epoch, "only begin a new epoch: after a snapshot of the whole machine came back");
}

std::string store_path(Client& client) {
  const json config = client.call("ShowConfig", json::object());
  return config.at("store").get<std::string>();
}

int run_backup(const Common& common) {
  demand_new(file);
  Client client(common);
  json state = client.call("Backup", {{"begin", true}});
  while (!state.at("done").get<bool>()) {
    (void)poll(nullptr, 0, 100);
    state = client.call("Backup", json::object());
  }
  StoreFolder(store_path(client)).take(".backup", file);
  if (common.json) std::printf("%s\n", json({{"file", file}}).dump(2).c_str());
  else
    std::printf("%s: made. It holds no readable key; keep seal.key apart from it, neither is of use alone\n",
                file.c_str());
  return kDone;
}

void print_list(const char* heading, const json& rows) {
  if (rows.empty()) return;
  std::printf("%s\n", heading);
  for (const auto& row : rows) std::printf("  %s\n", row.get<std::string>().c_str());
}

int begin_epoch(const Common& common) {
  const json reply = Client(common).call("BeginEpoch", json::object());
  if (common.json) std::printf("%s\n", reply.dump(2).c_str());
  else
    std::printf("epoch %d: codes up to now count as used; tokens by counter wait for: seimon resync\n",
                reply.at("epoch").get<int>());
  return kDone;
}

void print_restored(const json& reply) {
  std::printf("restored, as of %s; epoch %d\n", reply.at("saved").get<std::string>().c_str(),
              reply.at("epoch").get<int>());
  std::printf("Codes up to now count as used. Tokens by counter wait for: seimon resync\n");
  const auto unknown = reply.at("unknown").get<std::string>();
  if (!unknown.empty())
    std::printf("The replaced store could not be read (%s): any method that was removed since may be back.\n",
                unknown.c_str());
  print_list("These methods are back; remove those that were given up for a reason:", reply.at("came_back"));
  print_list("These accounts were suspended and are not any more:", reply.at("resumed"));
}

int run_restore(const Common& common) {
  if (epoch != file.empty()) throw Stop{kUsage, "name a file, or --epoch alone", ""};
  if (epoch) return begin_epoch(common);
  Client client(common);
  const StoreFolder folder(store_path(client));
  if (!common.yes && !ask_yes("Put " + file + " in the place of the store in use?")) return kNo;
  folder.put(file, ".restore");
  try {
    const json reply = client.call("Restore", json::object());
    if (common.json) std::printf("%s\n", reply.dump(2).c_str());
    else print_restored(reply);
  } catch (const Stop&) {
    folder.remove(".restore");
    throw;
  }
  return kDone;
}

}  // namespace

const VerbRow kBackup = {"backup", "copy the store to a file while logins go on", add_backup, run_backup};
const VerbRow kRestore = {"restore", "put a copy back, or begin a new epoch", add_restore, run_restore};

}  // namespace seimon::tools

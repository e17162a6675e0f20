// SPDX-License-Identifier: Apache-2.0
// seimon backup FILE, seimon restore FILE: a whole copy of the store, taken while logins go on, and its return, which
// begins a new epoch.
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tools/backup/encrypted.h"
#include "tools/system/files.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_backup {
namespace {

using nlohmann::json;

std::string file;
std::string key_target;
bool epoch = false;
bool without_key = false;
EncryptionOptions crypto;

constexpr const char* kStamp = "/var/backups/seimon/last-backup";

void add_backup(Options& options) {
  options.add_option("file", file, "new file to write").required();
  crypto.add_to(options);
  options.add_flag("--without-key", without_key, "the store alone, as it is: of no use without seal.key");
}

void add_restore(Options& options) {
  options.add_option("file", file, "a file that seimon backup made");
  crypto.add_to(options);
  options.add_option("--extract-key", key_target, "only write the sealing key of the backup there: for a new machine");
  options.add_flag("--epoch", epoch, "only begin a new epoch: after a snapshot of the whole machine came back");
}

std::string store_path(Client& client) {
  const json shown = client.call("ShowConfig", json::object());
  return shown.at("store").get<std::string>();
}

// The key file of the service: beside its configuration, or a credential of systemd.
std::string sealing_key(Client& client) {
  const std::string path = client.call("Status", json::object()).value("sealing_key", "");
  std::string key = read_secret_line(path);
  if (key.size() != 64) throw Stop{kBadInput, path + ": is no sealing key", ""};
  return key;
}

// When the last one was made: doctor looks at the time of this file.
void leave_stamp() {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(kStamp).parent_path(), error);
  (void)unlink(kStamp);
  write_new_file(kStamp, file + "\n");
}

// The copy stands in the store's folder then.
void make_copy(Client& client) {
  json state = client.call("Backup", {{"begin", true}});
  while (!state.at("done").get<bool>()) {
    (void)poll(nullptr, 0, 100);
    state = client.call("Backup", json::object());
  }
}

int run_backup(const Common& common) {
  demand_new(file);
  const std::string secret = without_key ? "" : crypto.secret(true);
  Client client(common);
  const std::string key = without_key ? "" : sealing_key(client);
  if (!without_key && client.call("Status", json::object()).value("rotating", false))
    throw Stop{kNo, "the sealing key is being exchanged, and the store may need the next one; first: seimon key rotate",
               ""};
  const StoreFolder folder(store_path(client));
  folder.demand_alone();
  make_copy(client);
  if (without_key) {
    folder.take(".backup", file);
  } else {
    const int copy = folder.open_to_read(".backup");
    try {
      encrypt_backup(file, key, copy, secret);
    } catch (const Stop&) {
      (void)close(copy);
      folder.remove(".backup");
      throw;
    }
    (void)close(copy);
    folder.remove(".backup");
  }
  leave_stamp();
  if (common.json) print_json(json({{"file", file}}));
  else if (without_key)
    std::printf("%s: made. It holds no readable key; keep seal.key apart from it, neither is of use alone\n",
                file.c_str());
  else
    std::printf(
        "%s: made. It holds the store and its sealing key, locked: keep what it was locked with apart from it\n",
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
  if (common.json) print_json(reply);
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

// `text` in the place of `target`, the service's own and whole at every moment; what stood there is kept beside it.
void put_key(const std::string& target, const std::string& text) {
  if (contents_of(target) == text) return;
  const std::string before = target + ".before-restore";
  const std::string fresh = target + ".new";
  const bool had = access(target.c_str(), F_OK) == 0;
  if (had) demand_new(before);  // the only copy of a key, maybe
  (void)unlink(fresh.c_str());
  write_new_file(fresh, text);
  const passwd* account = getpwnam("seimon");
  const bool good = chmod(fresh.c_str(), 0400) == 0 &&
                    (account == nullptr || chown(fresh.c_str(), account->pw_uid, account->pw_gid) == 0) &&
                    (!had || link(target.c_str(), before.c_str()) == 0) && rename(fresh.c_str(), target.c_str()) == 0 &&
                    base::sync_folder_of(target);
  if (good) return;
  const int error = errno;
  (void)unlink(fresh.c_str());
  throw Stop{kBadInput, target + ": " + std::strerror(error), ""};
}

// On a new machine: the key first, then the service, then the store.
int extract_key() {
  put_key(key_target, decrypt_backup(file, -1, crypto.secret(false)) + "\n");
  std::printf("%s: the sealing key of the backup. Now: systemctl restart seimond, then seimon restore %s\n",
              key_target.c_str(), file.c_str());
  return kDone;
}

// Unlocked into the store's folder.
void put_unlocked(Client& client, const StoreFolder& folder, const std::string& secret) {
  const int to = folder.open_to_write(".restore");
  std::string key;
  try {
    key = decrypt_backup(file, to, secret);
  } catch (const Stop&) {
    (void)close(to);
    folder.remove(".restore");
    throw;
  }
  const bool settled = folder.settle(to);
  const int error = errno;
  (void)close(to);
  if (settled && key == sealing_key(client)) return;
  folder.remove(".restore");
  if (!settled) throw Stop{kBadInput, file + ": " + std::strerror(error), ""};
  throw Stop{kBadInput,
             file + ": was made under another sealing key; on a new machine first: seimon restore " + file +
                 " --extract-key /etc/seimon/seal.key",
             ""};
}

int run_restore(const Common& common) {
  if (epoch != file.empty()) throw Stop{kUsage, "name a file, or --epoch alone", ""};
  if (epoch) return begin_epoch(common);
  const bool locked = is_encrypted_backup(file);
  if (!key_target.empty() && !locked) throw Stop{kBadInput, file + ": is no locked backup, and holds no key", ""};
  if (!key_target.empty()) return extract_key();
  const std::string secret = locked ? crypto.secret(false) : "";
  Client client(common);
  const StoreFolder folder(store_path(client));
  folder.demand_alone();
  if (locked) put_unlocked(client, folder, secret);
  else folder.put(file, ".restore");
  try {
    if (!common.yes && !ask_yes("Put " + file + " in the place of the store in use?")) {
      folder.remove(".restore");
      return kNo;
    }
    const json reply = client.call("Restore", json::object());
    if (common.json) print_json(reply);
    else print_restored(reply);
  } catch (const Stop&) {
    folder.remove(".restore");
    throw;
  }
  return kDone;
}

}  // namespace
}  // namespace verb_backup

extern const VerbRow kBackup = {
    .name = "backup",
    .help = N_("copy the store to a file while logins go on"),
    .examples = "seimon backup store.backup\nseimon backup --key-file /etc/seimon/backup.key /srv/backup/$(date +%F)",
    .has_json = true,
    .add = verb_backup::add_backup,
    .run = verb_backup::run_backup};
extern const VerbRow kRestore = {.name = "restore",
                                 .help = N_("put a copy back, or begin a new epoch"),
                                 .examples = "seimon restore store.backup\nseimon restore --epoch",
                                 .has_json = true,
                                 .add = verb_backup::add_restore,
                                 .run = verb_backup::run_restore};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon key init: makes the sealing key beside the configuration file. Never over an old one: without its key a store
// cannot be opened by anybody.
// seimon key rotate: makes the next one as seal.key.next; the service, started anew, has both, and wraps the store's
// data key with the next when it is told to; then that becomes seal.key. Whatever ends the work in between, one of the
// two opens the store, and the same command goes on. Where several hosts share a store, each gets the next one first
// (--prepare).
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "base/files.h"
#include "base/text.h"
#include "tools/system/config_check.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_key {
namespace {

std::string what;
bool prepare = false;
std::string config = "/etc/seimon/seimon.conf";

void add(Options& options) {
  options.add_option("what", what, "init, rotate or webpush").required().one_of({"init", "rotate", "webpush"});
  options.add_flag("--prepare", prepare,
                   "of rotate: only make the next key, to be brought to the other hosts of a store");
  options.add_option("--config", config, "configuration file beside which the key is kept");
}

std::array<char, 65> new_key() {
  std::array<unsigned char, 32> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw Stop{kNo, "the system gave no random bytes", ""};
  std::array<char, 65> text{};
  std::string digits = base::hex(random) + "\n";
  std::copy(digits.begin(), digits.end(), text.begin());
  explicit_bzero(digits.data(), digits.size());
  explicit_bzero(random.data(), random.size());
  return text;
}

// Written beside its place, made durable, then linked there: it is whole or absent, and never replaces another.
void make_key(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  const std::string fresh = path + ".new";
  if (access(path.c_str(), F_OK) == 0) throw Stop{kNo, path + ": there is a key already; it was left as it is", ""};
  (void)unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0400);
  if (fd < 0) {
    const Exit code = errno == EACCES || errno == EPERM ? kNotPermitted : kBadInput;
    throw Stop{
        code,
        fresh + ": " + std::strerror(errno) + "; run it as root, with the folder there (install -d " + directory + ")",
        ""};
  }
  std::array<char, 65> key = new_key();
  bool good = write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  explicit_bzero(key.data(), key.size());
  const passwd* account = getuid() == 0 ? getpwnam("seimon") : nullptr;
  if (getuid() == 0 && account == nullptr)
    std::fprintf(stderr,
                 "seimon: warning: there is no account 'seimon', so the key is root's; make the account, then: "
                 "chown seimon %s\n",
                 path.c_str());
  if (account != nullptr) good = good && fchown(fd, account->pw_uid, account->pw_gid) == 0;
  good = good && fsync(fd) == 0 && close(fd) == 0 && link(fresh.c_str(), path.c_str()) == 0;
  const int error = errno;
  (void)unlink(fresh.c_str());
  good = good && base::sync_folder_of(path);
  if (!good) throw Stop{kNo, path + ": " + std::strerror(error), ""};
}

// A service that has read the key that stands in seal.key.next now says so.
bool is_rotating(const Common& common) {
  return Client(common).call("Status", nlohmann::json::object()).value("rotating", false);
}

int rotate(const Common& common, const std::string& path) {
  const std::string next = path + ".next";
  const std::string used = Client(common).call("Status", nlohmann::json::object()).value("sealing_key", path);
  if (std::error_code error; !std::filesystem::equivalent(used, path, error))
    throw Stop{kBadInput,
               "the service has its sealing key from " + used + ", and not from " + path +
                   ": a credential of systemd is not ours to replace; bring it there as a file, rotate, and take it "
                   "back",
               ""};
  if (access(path.c_str(), F_OK) != 0)
    throw Stop{kBadInput, path + ": is not there; put the copy of seal.key back", ""};
  if (access(next.c_str(), F_OK) != 0) make_key(next);
  if (prepare) {
    std::printf(
        "%s: made. Bring it to each host of the store, beside its seal.key and as its owner's; restart seimond\n"
        "there; then, on each: seimon key rotate\n",
        next.c_str());
    return kDone;
  }
  // Logins meanwhile wait at the socket, which stays open.
  if (!is_rotating(common) && access("/run/systemd/system", F_OK) == 0)
    (void)run_program({"systemctl", "restart", "seimond.service"});
  if (!is_rotating(common))
    throw Stop{kNo, "restart seimond, so that it reads " + next + ", and then run this again", ""};
  (void)Client(common).call("RewrapKey", nlohmann::json::object());
  const std::string before = path + ".before-rotation";
  (void)unlink(before.c_str());
  if (link(path.c_str(), before.c_str()) != 0 || rename(next.c_str(), path.c_str()) != 0 || !base::sync_folder_of(path))
    throw Stop{kNo, path + ": " + std::strerror(errno), ""};
  std::printf(
      "%s: rotated. Backups of before need %s; make a new one (seimon backup), then keep that key apart or remove it\n",
      path.c_str(), before.c_str());
  return kDone;
}

// A new key beside an old store would make the loss of the old one final.
void demand_no_store() {
  constexpr std::string_view kSays = "store: ";
  std::istringstream lines(check_config(config).text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kSays)) continue;
    const std::string store = line.substr(kSays.size());
    for (const std::string& file : {store, store + ".guard"})
      if (access(file.c_str(), F_OK) == 0)
        throw Stop{
            kNo,
            filled("{1}: there is a store already, made with another key: put the copy of seal.key back. To start "
                   "over with nobody enrolled, move {2} and {3} away",
                   {file, store, store + ".guard"}),
            ""};
  }
}

// seimon-delivery signs with it, and browsers are told its public half.
int make_push_key(const std::string& path) {
  if (geteuid() != 0) throw Stop{kNotPermitted, _("run it as root"), ""};
  const Output made = run_program({own_program("seimon-authority", SEIMON_LIBEXECDIR), "webpush", path});
  if (made.code != 0) throw Stop{kBadInput, made.text.substr(0, made.text.find('\n')), ""};
  const group* readers = getgrnam("seimon-delivery");
  if (readers == nullptr)
    std::fprintf(stderr, "seimon: warning: there is no group 'seimon-delivery'; later: chgrp seimon-delivery %s\n",
                 path.c_str());
  else if (chown(path.c_str(), 0, readers->gr_gid) != 0 || chmod(path.c_str(), 0440) != 0)
    throw Stop{kNo, path + ": " + std::strerror(errno), ""};
  print_line(_("{1}: made, with {1}.pub. Set approve.notify = \"webpush\", and run seimon reload"), {path});
  return kDone;
}

int run(const Common& common) {
  const std::size_t slash = config.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : config.substr(0, slash);
  if (what == "webpush") return make_push_key(folder + "/webpush.key");
  const std::string path = folder + "/seal.key";
  if (what == "rotate") return rotate(common, path);
  if (access(path.c_str(), F_OK) != 0) demand_no_store();
  make_key(path);
  std::printf("%s: made. Keep a copy apart from the store's backups: neither is of use without the other\n",
              path.c_str());
  return kDone;
}

}  // namespace
}  // namespace verb_key

extern const VerbRow kKey = {.name = "key",
                             .help = N_("make the sealing key, the next one, or the key that notifies phones"),
                             .examples = "seimon key init\nseimon key rotate\nseimon key webpush",
                             .has_json = false,
                             .add = verb_key::add,
                             .run = verb_key::run};

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/privileges.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

void require(int result, const std::string& what) {
  if (result != 0) throw std::runtime_error(what + ": " + std::strerror(errno));
}

passwd account_named(const char* name) {
  const passwd* account = getpwnam(name);
  if (account == nullptr)
    throw std::runtime_error(std::string("there is no account '") + name +
                             "'\n  run: useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin " + name);
  return *account;
}

bool is_kept(const std::string& name) { return name.starts_with("seimon.db") || name.starts_with("postgresql."); }
bool is_ours(const std::string& name) { return name == "." || name == ".." || is_kept(name); }

// A directory that root made just now, or one that holds a store and nothing else, becomes the service's with what is
// in it. Anything else is somebody's, and stays.
void hand_over(const std::string& directory, const passwd& account) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error(directory + ": " + std::strerror(errno));
  struct stat status = {};
  int result = fstat(fd, &status);
  if (result == 0 && status.st_uid != account.pw_uid) {
    DIR* entries = fdopendir(dup(fd));
    std::vector<std::string> names;
    for (const dirent* entry = nullptr; entries != nullptr && (entry = readdir(entries)) != nullptr;)
      names.emplace_back(entry->d_name);
    if (entries != nullptr) closedir(entries);
    const bool ours = entries != nullptr && std::all_of(names.begin(), names.end(), is_ours);
    if (!ours) {
      ::close(fd);
      throw std::runtime_error(
          directory + ": holds other files and belongs to root\n  make a directory for the store: " + "install -d -o " +
          kAccount + " -m 700 DIRECTORY");
    }
    result = fchown(fd, account.pw_uid, account.pw_gid);
    for (const std::string& name : names)
      if (is_kept(name)) result |= fchownat(fd, name.c_str(), account.pw_uid, account.pw_gid, AT_SYMLINK_NOFOLLOW);
  }
  ::close(fd);
  require(result, directory + ": cannot hand it to " + kAccount);
}

}  // namespace

uid_t account_uid(const char* name) {
  const passwd* account = getpwnam(name);
  return account == nullptr ? 0 : account->pw_uid;
}

void harden() {
  umask(077);
  // A login's buffers come and go; giving them back to the system each time costs more than they do.
  (void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
  const rlimit none = {0, 0};
  require(setrlimit(RLIMIT_CORE, &none), "setrlimit");
  rlimit files = {};
  require(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
  files.rlim_cur = files.rlim_max;
  require(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
  require(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl");
}

void become(const char* name) {
  if (geteuid() != 0) return;
  const passwd account = account_named(name);
  // Libraries look for files of their own there (libpq: certificates).
  require(setenv("HOME", account.pw_dir, 1), "setenv");
  require(setgroups(0, nullptr), "setgroups");
  require(setresgid(account.pw_gid, account.pw_gid, account.pw_gid), "setresgid");
  require(setresuid(account.pw_uid, account.pw_uid, account.pw_uid), "setresuid");
  if (setuid(0) == 0) throw std::runtime_error("privileges were not given up");
}

void drop_privileges(const std::string& state_directory) {
  if (geteuid() == 0) (void)account_named(kAccount);
  if (mkdir(state_directory.c_str(), 0700) != 0 && errno != EEXIST)
    throw std::runtime_error(state_directory + ": " + std::strerror(errno));
  const std::string distrust = reason_not_to_trust(state_directory, service_uid());
  if (!distrust.empty()) throw std::runtime_error(distrust);
  if (geteuid() == 0) hand_over(state_directory, account_named(kAccount));
  become(kAccount);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "tools/vault.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "tools/client.h"
#include "tools/files.h"
#include "tools/program.h"
#include "tools/terminal.h"

namespace seimon::tools {

namespace {

constexpr std::string_view kMagic = "seimon-backup-1\n";
constexpr std::size_t kKeyLine = 65;  // 64 hexadecimal digits and the end of the line, before the store

struct Open {
  int fd = -1;
  Open() = default;
  explicit Open(int descriptor) : fd(descriptor) {}
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  ~Open() {
    if (fd >= 0) ::close(fd);
  }
};

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw Stop{kBadInput, path + ": " + reason, ""};
}

int new_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) fail(path, std::strerror(errno));
  return fd;
}

int in_memory(std::string_view text) {
  const int fd = memfd_create("secret", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(fd, 0, SEEK_SET) != 0)
    throw Stop{kNo, "no memory for a secret", ""};
  return fd;
}

// "" when it ended well, else what it said.
std::string run_vault(const char* verb, int from, int to, const std::string& secret) {
  const Open key(in_memory(secret));
  const Open said(in_memory(""));
  std::string program = own_program("seimon-vault", SEIMON_LIBEXECDIR);
  std::string word = verb;
  std::array<char*, 3> arguments = {program.data(), word.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, said.fd, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, key.fd, 3);
  pid_t child = 0;
  const int failure = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return program + ": " + std::strerror(failure);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  std::array<char, 256> text{};
  const ssize_t got = pread(said.fd, text.data(), text.size() - 1, 0);
  std::string line = got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : "seimon-vault ended";
  return line.substr(0, line.find('\n'));
}

}  // namespace

void VaultOptions::add_to(CLI::App& app) {
  CLI::Option* key = app.add_option("--key-file", key_file, "lock with the bytes of this file");
  app.add_option("--passphrase-file", passphrase_file, "lock with its first line; - standard input")->excludes(key);
}

std::string VaultOptions::secret(bool is_new) const {
  if (!key_file.empty()) {
    std::string bytes = contents_of(key_file);
    if (bytes.size() < 16 || bytes.size() > 65536) fail(key_file, "a key file has 16 to 65536 bytes");
    return bytes;
  }
  if (!passphrase_file.empty()) return read_secret_line(passphrase_file);
  if (isatty(STDIN_FILENO) != 1)
    throw Stop{kUsage, "no terminal to ask for a passphrase: add --passphrase-file or --key-file", ""};
  std::string first = ask_hidden("Passphrase of the backup: ");
  if (first.empty()) throw Stop{kUsage, "a passphrase is needed", ""};
  if (is_new && ask_hidden("The same once more: ") != first) throw Stop{kUsage, "these are two passphrases", ""};
  return first;
}

bool is_vault(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(kMagic.size(), '\0');
  return file.read(start.data(), static_cast<std::streamsize>(start.size())) && start == kMagic;
}

void lock_vault(const std::string& target, const std::string& sealing_key, const std::string& store,
                const std::string& secret) {
  // Key and store in a row, from a file that has no name.
  const Open plain(
      ::open(target.substr(0, target.rfind('/') + 1).append(".").c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const Open copy(::open(store.c_str(), O_RDONLY | O_CLOEXEC));
  if (plain.fd < 0 || copy.fd < 0) fail(plain.fd < 0 ? target : store, std::strerror(errno));
  if (!write_all(plain.fd, sealing_key + "\n") || !pump(copy.fd, plain.fd) || lseek(plain.fd, 0, SEEK_SET) != 0)
    fail(target, std::strerror(errno));
  const Open to(new_file(target));
  std::string reason = run_vault("lock", plain.fd, to.fd, secret);
  if (reason.empty() && fsync(to.fd) != 0) reason = std::strerror(errno);
  if (reason.empty()) return;
  (void)unlink(target.c_str());
  fail(target, reason);
}

std::string unlock_vault(const std::string& source, const std::string& store, const std::string& secret) {
  const Open from(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (from.fd < 0) fail(source, std::strerror(errno));
  const Open plain(
      ::open(store.substr(0, store.rfind('/') + 1).append(".").c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (plain.fd < 0) fail(store, std::strerror(errno));
  const std::string reason = run_vault("unlock", from.fd, plain.fd, secret);
  if (!reason.empty()) fail(source, reason);
  std::string key(kKeyLine, '\0');
  if (pread(plain.fd, key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()) || key.back() != '\n')
    fail(source, "holds no sealing key");
  key.pop_back();
  const Open to(new_file(store));
  const bool good =
      lseek(plain.fd, static_cast<off_t>(kKeyLine), SEEK_SET) >= 0 && pump(plain.fd, to.fd) && fsync(to.fd) == 0;
  if (good) return key;
  const int error = errno;
  (void)unlink(store.c_str());
  fail(store, std::strerror(error));
}

}  // namespace seimon::tools

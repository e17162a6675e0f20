// SPDX-License-Identifier: Apache-2.0
#include "tools/backup/encrypted.h"
#include "base/files.h"
#include "tools/terminal/options.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "tools/system/files.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/terminal.h"

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
  ~Open() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
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

// A run of seimon-backup-crypto, which reads from `from` and writes to `to`; each is closed here once it has it.
class BackupCrypto {
 public:
  BackupCrypto(const char* verb, int from, int to, const std::string& secret) : said_(in_memory("")) {
    const Open key(in_memory(secret));
    std::string program = own_program("seimon-backup-crypto", SEIMON_LIBEXECDIR);
    std::string word = verb;
    std::array<char*, 3> arguments = {program.data(), word.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, said_.fd, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, key.fd, 3);
    const int failure = posix_spawn(&child_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw Stop{kNo, program + ": " + std::strerror(failure), ""};
  }
  BackupCrypto(const BackupCrypto&) = delete;
  BackupCrypto& operator=(const BackupCrypto&) = delete;
  ~BackupCrypto() {
    if (child_ > 0) (void)end();
  }

  // "" when it ended well, else what it said.
  std::string end() {
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
    child_ = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
    std::array<char, 256> text{};
    const ssize_t got = pread(said_.fd, text.data(), text.size() - 1, 0);
    const std::string line =
        got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : "seimon-backup-crypto ended";
    return line.substr(0, line.find('\n'));
  }

 private:
  Open said_;
  pid_t child_ = 0;
};

struct Pipe {
  Open out;  // to read from
  Open in;   // to write to
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Stop{kNo, "no pipe", ""};
    out.fd = ends[0];
    in.fd = ends[1];
  }
};

// While one lives, a program that has ended is told by write(2) and kills nobody.
struct BrokenPipes {
  struct sigaction before = {};
  BrokenPipes() {
    struct sigaction ignoring = {};
    ignoring.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &ignoring, &before);
  }
  BrokenPipes(const BrokenPipes&) = delete;
  BrokenPipes& operator=(const BrokenPipes&) = delete;
  ~BrokenPipes() { (void)sigaction(SIGPIPE, &before, nullptr); }
};

// Over nothing, where the file system can tell.
bool rename_to_new(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  return errno == EINVAL && rename(from.c_str(), to.c_str()) == 0;
}

std::string read_exactly(int from, std::size_t size) {
  std::string text(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    const ssize_t got = ::read(from, text.data() + at, size - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return "";
    at += static_cast<std::size_t>(got);
  }
  return text;
}

}  // namespace

void EncryptionOptions::add_to(Options& options) {
  const Option key = options.add_option("--key-file", key_file, "lock with the bytes of this file");
  options.add_option("--passphrase-file", passphrase_file, "lock with its first line; - standard input").excludes(key);
}

std::string EncryptionOptions::secret(bool is_new) const {
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

bool is_encrypted_backup(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(kMagic.size(), '\0');
  return file.read(start.data(), static_cast<std::streamsize>(start.size())) && start == kMagic;
}

void encrypt_backup(const std::string& target, const std::string& sealing_key, int store, const std::string& secret) {
  // Under another name until it is whole.
  const std::string fresh = target + ".unfinished";
  (void)unlink(fresh.c_str());
  const Open to(new_file(fresh));
  std::string reason;
  {
    const BrokenPipes broken;
    Pipe plain;
    BackupCrypto crypto("lock", plain.out.fd, to.fd, secret);
    plain.out.close();
    const bool fed = base::write_all(plain.in.fd, sealing_key + "\n") && pump(store, plain.in.fd);
    const std::string failure = fed ? "" : std::strerror(errno);
    plain.in.close();
    reason = crypto.end();
    if (reason.empty()) reason = failure;
  }
  if (reason.empty() && (fsync(to.fd) != 0 || !rename_to_new(fresh, target) || !base::sync_folder_of(target)))
    reason = std::strerror(errno);
  if (reason.empty()) return;
  (void)unlink(fresh.c_str());
  fail(target, reason);
}

std::string decrypt_backup(const std::string& source, int store, const std::string& secret) {
  const Open from(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (from.fd < 0) fail(source, std::strerror(errno));
  const Open nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  Pipe plain;
  BackupCrypto crypto("unlock", from.fd, plain.in.fd, secret);
  plain.in.close();
  std::string key = read_exactly(plain.out.fd, kKeyLine);
  const bool taken = pump(plain.out.fd, store < 0 ? nowhere.fd : store) && (store < 0 || fsync(store) == 0);
  const std::string failure = taken ? "" : std::strerror(errno);
  plain.out.close();
  const std::string reason = crypto.end();
  if (!reason.empty()) fail(source, reason);
  if (!failure.empty()) fail(source, failure);
  if (key.empty() || key.back() != '\n') fail(source, "holds no sealing key");
  key.pop_back();
  return key;
}

}  // namespace seimon::tools

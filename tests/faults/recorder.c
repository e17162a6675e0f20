// SPDX-License-Identifier: Apache-2.0
// A preloaded library that records what a program does to the files below RECORD_ROOT (folders with a colon between
// them), for power.py: each write, change of a length, change of a name, and each sync from its begin to its end. Records
// are appended to RECORD_LOG, whole.
// When there is a file RECORD_FAILURE, the next sync of a write-ahead log fails: what it was for does not reach the
// disk, and no later sync tries again, as on Linux.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct record {
  uint32_t mark;
  char what;  // W write, T length, C new file, R rename, L link, U unlink, S sync begins, E sync ended (with the path
              // of a folder), X sync failed; Y begin and end of a sync of all that there is
  char pad[3];
  uint64_t inode;
  int64_t offset;  // of a write; the new length; of a sync its number
  uint32_t first;  // bytes of `path`
  uint32_t second;
};

static int log_fd = -1;
static char roots[PATH_MAX];
static char failure[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("RECORD_LOG");
  const char* below = getenv("RECORD_ROOT");
  if (path == NULL || below == NULL || strlen(below) >= sizeof roots) return;
  strcpy(roots, below);
  log_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  const char* flag = getenv("RECORD_FAILURE");
  if (flag != NULL && strlen(flag) < sizeof failure) strcpy(failure, flag);
}

static void keep(char what, uint64_t inode, int64_t offset, const void* first, size_t first_size, const void* second,
                 size_t second_size) {
  if (log_fd < 0) return;
  const int error = errno;
  struct record record = {0x53454D4F, what, {0}, inode, offset, (uint32_t)first_size, (uint32_t)second_size};
  const struct iovec parts[3] = {{&record, sizeof record}, {(void*)first, first_size}, {(void*)second, second_size}};
  if (writev(log_fd, parts, 3) < 0) abort();
  errno = error;
}

static int is_ours(const char* path) {
  if (log_fd < 0) return 0;
  for (const char* root = roots; *root != '\0'; root += strcspn(root, ":"), root += *root == ':') {
    const size_t size = strcspn(root, ":");
    if (strncmp(path, root, size) == 0 && (path[size] == '/' || path[size] == '\0')) return 1;
  }
  return 0;
}

// The name of what `fd` is; empty if that cannot be read.
static void name_of(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, PATH_MAX - 1);
  path[size > 0 ? size : 0] = '\0';
}

// `path` in the open folder, absolute.
static void name_in(int folder, const char* path, char* whole) {
  char above[PATH_MAX] = "";
  if (path[0] != '/' && folder == AT_FDCWD) {
    if (getcwd(above, sizeof above) == NULL) abort();
  } else if (path[0] != '/') {
    name_of(folder, above);
  }
  if (snprintf(whole, PATH_MAX, "%s%s%s", above, above[0] != '\0' ? "/" : "", path) >= PATH_MAX) abort();
}

// The inode of `fd`, 0 if it is not a file or folder below the root.
static uint64_t inode_of(int fd) {
  char path[PATH_MAX];
  struct stat status;
  if (log_fd < 0 || fd == log_fd) return 0;
  name_of(fd, path);
  return is_ours(path) && fstat(fd, &status) == 0 ? status.st_ino : 0;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void keep_names(char what, const char* first, const char* second) {
  struct stat status;
  const char* left = second[0] != '\0' ? second : first;
  const uint64_t inode = what != 'U' && stat(left, &status) == 0 ? status.st_ino : 0;
  keep(what, inode, 0, first, strlen(first), second, strlen(second));
}

static int opened(const char* name, const char* path, int flags, mode_t mode) {
  REAL(int, name, const char*, int, ...);
  struct stat status;
  const int is_new = is_ours(path) && (flags & O_CREAT) != 0 && lstat(path, &status) != 0;
  const int fd = real(path, flags, mode);
  if (fd >= 0 && is_new) keep_names('C', path, "");
  else if (fd >= 0 && (flags & O_TRUNC) != 0 && inode_of(fd) != 0) keep('T', inode_of(fd), 0, "", 0, "", 0);
  return fd;
}

#define MODE() \
  va_list list; \
  va_start(list, flags); \
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0; \
  va_end(list)

int open(const char* path, int flags, ...) { MODE(); return opened("open", path, flags, mode); }
int open64(const char* path, int flags, ...) { MODE(); return opened("open64", path, flags, mode); }
static int opened_at(int folder, const char* path, int flags, mode_t mode) {
  REAL(int, "openat", int, const char*, int, ...);
  char whole[PATH_MAX];
  name_in(folder, path, whole);
  return is_ours(whole) ? opened("open", whole, flags, mode) : real(folder, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) { MODE(); return opened_at(folder, path, flags, mode); }
int openat64(int folder, const char* path, int flags, ...) { MODE(); return opened_at(folder, path, flags, mode); }

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  REAL(ssize_t, "pwrite", int, const void*, size_t, off_t);
  const ssize_t put = real(fd, data, size, offset);
  const uint64_t inode = put > 0 ? inode_of(fd) : 0;
  if (inode != 0) keep('W', inode, offset, "", 0, data, (size_t)put);
  return put;
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) { return pwrite(fd, data, size, offset); }

ssize_t write(int fd, const void* data, size_t size) {
  REAL(ssize_t, "write", int, const void*, size_t);
  const uint64_t inode = inode_of(fd);
  const ssize_t put = real(fd, data, size);
  if (put > 0 && inode != 0) keep('W', inode, lseek(fd, 0, SEEK_CUR) - put, "", 0, data, (size_t)put);
  return put;
}

int ftruncate(int fd, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  const int done = real(fd, length);
  const uint64_t inode = done == 0 ? inode_of(fd) : 0;
  if (inode != 0) keep('T', inode, length, "", 0, "", 0);
  return done;
}
int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

// A number that no other sync of any process has.
static int64_t new_sync(void) {
  static int64_t numbers;
  return __atomic_add_fetch(&numbers, 1, __ATOMIC_SEQ_CST) * 10000000 + getpid() % 10000000;
}

static int synced(const char* name, int fd) {
  REAL(int, name, int);
  const uint64_t inode = inode_of(fd);
  const int64_t number = new_sync();
  char path[PATH_MAX];
  name_of(fd, path);
  const size_t size = strlen(path);
  if (inode != 0 && size > 4 && strcmp(path + size - 4, "-wal") == 0 && unlink(failure) == 0) {
    keep('X', inode, 0, "", 0, "", 0);
    errno = EIO;
    return -1;
  }
  if (inode != 0) keep('S', inode, number, "", 0, "", 0);
  const int done = real(fd);
  struct stat status;
  const int is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  if (inode != 0 && done == 0) keep('E', inode, number, path, is_folder ? size : 0, "", 0);
  return done;
}
int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) {
  return synced("fsync", fd);  // which does more
}

void sync(void) {
  REAL(void, "sync", void);
  const int64_t number = new_sync();
  keep('Y', 0, number, "", 0, "", 0);
  real();
  keep('Y', 1, number, "", 0, "", 0);
}
// cp writes, then.
ssize_t copy_file_range(int in, off64_t* in_at, int out, off64_t* out_at, size_t size, unsigned flags) {
  (void)in, (void)in_at, (void)out, (void)out_at, (void)size, (void)flags;
  errno = ENOSYS;
  return -1;
}

int rename(const char* from, const char* to) {
  REAL(int, "rename", const char*, const char*);
  const int done = real(from, to);
  if (done == 0 && is_ours(to)) keep_names('R', from, to);
  return done;
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  char old[PATH_MAX];
  char fresh[PATH_MAX];
  name_in(from_folder, from, old);
  name_in(to_folder, to, fresh);
  return rename(old, fresh);
}
int link(const char* from, const char* to) {
  REAL(int, "link", const char*, const char*);
  const int done = real(from, to);
  if (done == 0 && is_ours(to)) keep_names('L', from, to);
  return done;
}
int unlink(const char* path) {
  REAL(int, "unlink", const char*);
  const int done = real(path);
  if (done == 0 && is_ours(path)) keep_names('U', path, "");
  return done;
}
int unlinkat(int folder, const char* path, int flags) {
  REAL(int, "unlinkat", int, const char*, int);
  char whole[PATH_MAX];
  name_in(folder, path, whole);
  const int done = real(folder, path, flags);
  if (done == 0 && is_ours(whole)) keep_names('U', whole, "");
  return done;
}

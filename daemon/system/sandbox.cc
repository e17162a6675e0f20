// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/sandbox.h"

#include <seccomp.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include <sched.h>
#include <sys/socket.h>

namespace seimon::daemon {

namespace {

constexpr AllowedCall kAllowed[] = {
    {"accept4", "connections of the module and the command"},
    {"access", "is there a key, a spool, an nscd"},
    {"brk", "memory"},
    {"clock_gettime", "time, where the vDSO does not serve"},
    {"clock_nanosleep", "SQLite waits for a lock"},
    {"close", "descriptors"},
    {"connect", "the system log, the supervisor, directory services"},
    {"dup", "opendir"},
    {"epoll_create1", "the loop"},
    {"epoll_ctl", "the loop"},
    {"epoll_pwait", "the loop"},
    {"epoll_wait", "the loop"},
    {"eventfd2", "the loop"},
    {"exit", "threads end"},
    {"exit_group", "the service ends"},
    {"fallocate", "the store's reserve"},
    {"fcntl", "locks of the store; close-on-exec"},
    {"fdatasync", "durable commits"},
    {"flock", "directory services"},
    {"fstat", "files"},
    {"fstatfs", "the store's file system"},
    {"fsync", "durable commits"},
    {"ftruncate", "the store's shared memory file"},
    {"futex", "threads"},
    {"getcwd", "SQLite, for a relative path"},
    {"getdents64", "conf.d"},
    {"getegid", "SQLite, directory services"},
    {"geteuid", "SQLite, directory services"},
    {"getgid", "SQLite, directory services"},
    {"getpeername", "directory services"},
    {"getpid", "log lines; SQLite"},
    {"getppid", "directory services"},
    {"getrandom", "keys, nonces, conversation ids"},
    {"getsockname", "directory services"},
    {"getsockopt", "who connects (SO_PEERCRED)"},
    {"gettid", "threads; abort"},
    {"gettimeofday", "time, where the vDSO does not serve"},
    {"getuid", "SQLite, directory services"},
    {"ioctl", "sockets without blocking"},
    {"link", "the replaced store is kept"},
    {"linkat", "the replaced store is kept"},
    {"lseek", "files"},
    {"lstat", "files"},
    {"madvise", "memory"},
    {"mmap", "memory"},
    {"mprotect", "memory of threads"},
    {"mremap", "memory"},
    {"munmap", "memory"},
    {"nanosleep", "SQLite waits for a lock"},
    {"newfstatat", "files"},
    {"open", "files"},
    {"openat", "files"},
    {"pidfd_open", "when the process that opened a session ends"},
    {"pipe2", "the loop's signals"},
    {"poll", "directory services"},
    {"ppoll", "directory services"},
    {"pread64", "the store"},
    {"prctl", "names of threads and memory"},
    {"prlimit64", "stack size of a new thread"},
    {"pwrite64", "the store"},
    {"read", "files"},
    {"readlink", "SQLite: is the store's path a link"},
    {"readlinkat", "SQLite: is the store's path a link"},
    {"readv", "directory services"},
    {"recvfrom", "messages"},
    {"recvmsg", "directory services"},
    {"rename", "the spool; a restore"},
    {"renameat", "the spool; a restore"},
    {"restart_syscall", "after a stop signal"},
    {"rseq", "threads"},
    {"rt_sigaction", "abort"},
    {"rt_sigprocmask", "threads"},
    {"rt_sigreturn", "signals"},
    {"sched_getaffinity", "threads"},
    {"sched_yield", "threads"},
    {"select", "directory services"},
    {"pselect6", "directory services"},
    {"sendmmsg", "directory services"},
    {"sendmsg", "directory services"},
    {"sendto", "replies; the system log"},
    {"set_robust_list", "threads"},
    {"setsockopt", "directory services"},
    {"shutdown", "directory services"},
    {"sigaltstack", "threads"},
    {"stat", "files"},
    {"statfs", "free space"},
    {"statx", "files"},
    {"sysinfo", "memory of the C library's sort"},
    {"tgkill", "abort"},
    {"timerfd_create", "the loop"},
    {"timerfd_settime", "the loop"},
    {"uname", "directory services"},
    {"unlink", "spool, copies, the store's journals"},
    {"unlinkat", "spool, copies, the store's journals"},
    {"write", "files; standard error"},
    {"writev", "directory services"},
};

constexpr AllowedCall kDeadly[] = {
    {"execve", "nothing is executed"},
    {"execveat", "nothing is executed"},
    {"fork", "no process is made"},
    {"vfork", "no process is made"},
    {"ptrace", "no other process is looked into"},
    {"process_vm_readv", "no other process is looked into"},
    {"process_vm_writev", "no other process is looked into"},
    {"kcmp", "no other process is looked into"},
    {"mount", "the file system stays"},
    {"umount2", "the file system stays"},
    {"pivot_root", "the file system stays"},
    {"chroot", "the file system stays"},
    {"unshare", "no namespaces"},
    {"setns", "no namespaces"},
    {"bpf", "no programs for the kernel"},
    {"init_module", "no programs for the kernel"},
    {"finit_module", "no programs for the kernel"},
    {"kexec_load", "no programs for the kernel"},
    {"io_uring_setup", "no way around this filter"},
    {"userfaultfd", "no help for exploits"},
    {"perf_event_open", "no help for exploits"},
    {"keyctl", "no keys of the kernel"},
    {"add_key", "no keys of the kernel"},
    {"setuid", "the account stays"},
    {"setreuid", "the account stays"},
    {"setresuid", "the account stays"},
    {"setgroups", "the account stays"},
    {"capset", "the account stays"},
};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

void require(int result) {
  if (result != 0) throw std::runtime_error("the seccomp filter cannot be made: error " + std::to_string(-result));
}

// A name that this architecture does not have is left out.
template <class... Conditions>
void add(const Filter& filter, std::uint32_t action, std::string_view name, Conditions... conditions) {
  const int number = seccomp_syscall_resolve_name(std::string(name).c_str());
  if (number >= 0)
    require(
        seccomp_rule_add(filter.get(), action, number, static_cast<unsigned>(sizeof...(conditions)), conditions...));
}

scmp_arg_cmp equals(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

}  // namespace

std::span<const AllowedCall> allowed_calls() { return kAllowed; }
std::span<const AllowedCall> deadly_calls() { return kDeadly; }

void enter_sandbox(bool networked) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr) throw std::runtime_error("the seccomp filter cannot be made");
  for (const AllowedCall& call : kAllowed) add(filter, SCMP_ACT_ALLOW, call.name);
  for (const AllowedCall& call : kDeadly) add(filter, SCMP_ACT_KILL_PROCESS, call.name);
  // Threads, not processes. The C library asks clone3 first, whose flags a filter cannot see, and goes on with clone.
  add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
  add(filter, SCMP_ACT_ALLOW, "clone", equals(0, CLONE_THREAD, CLONE_THREAD));
  add(filter, SCMP_ACT_KILL_PROCESS, "clone", equals(0, CLONE_THREAD, 0));
  add(filter, SCMP_ACT_ALLOW, "socket", equals(0, ~std::uint64_t{0}, AF_UNIX));
  if (networked)
    for (const std::uint64_t family : {std::uint64_t{AF_INET}, std::uint64_t{AF_INET6}})
      add(filter, SCMP_ACT_ALLOW, "socket", equals(0, ~std::uint64_t{0}, family));
  require(seccomp_load(filter.get()));
}

}  // namespace seimon::daemon

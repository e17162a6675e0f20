// SPDX-License-Identifier: Apache-2.0
// Processes of this host at the other end of our socket: which login session they belong to, and when one of them ends.
// Always true: what is returned is of the process that the kernel named, not of another one that has its number by now
// (pidfd_open(2)).
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

namespace seimon::daemon {

// The login session of `pid`, a process of `uid`: "audit 7" (pam_loginuid(8)), or the scope that logind has put it in,
// "cgroup /user.slice/…/session-3.scope". Empty where the system has neither, or the process is gone or another's.
[[nodiscard]] std::string session_of(pid_t pid, uid_t uid);

// Calls back once when a process has ended.
class ProcessWatch {
 public:
  static constexpr std::size_t kMost = 16384;
  explicit ProcessWatch(asio::io_context& loop) : loop_(loop) {}

  // Nothing is called for a process that cannot be watched.
  void watch(pid_t pid, std::function<void()> ended);
  void close_all() { watched_.clear(); }

 private:
  asio::io_context& loop_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<asio::posix::stream_descriptor>> watched_;
};

}  // namespace seimon::daemon

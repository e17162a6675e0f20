// SPDX-License-Identifier: Apache-2.0
// One connection to seimond, as its clients see it: blocking calls, each bounded by an absolute deadline, each
// message ended by one NUL byte. No heap, no exceptions; SIGPIPE is never raised; descriptors 0-2 are never used.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace seimon::wire {

// A moment of CLOCK_MONOTONIC, in nanoseconds.
enum class Deadline : long long {};
[[nodiscard]] Deadline deadline_in(int seconds);

enum class Failure : unsigned char {
  kNone,
  kNoSocket,    // nobody listens: not started, or no such path
  kNotTrusted,  // somebody else than `owner` opened the socket
  kTimeout,     // no answer within the deadline
  kClosed,      // the service closed the connection or sent garbage
  kSystem,      // a system call failed: no descriptors, no memory
};
[[nodiscard]] const char* failure_text(Failure failure);

// The uid of the service, or of the process that opened its socket: SO_PEERCRED of a connecting client reports the
// process that called listen (unix(7)).
struct Owner {
  uid_t uid = 0;
  bool any = false;  // for a socket that a person named on their own command line
};

class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  [[nodiscard]] Failure connect(const char* path, Owner owner, Deadline deadline);
  // `message` includes its NUL.
  [[nodiscard]] Failure send(std::string_view message, Deadline deadline);
  // One whole message without its NUL, at the front of `buffer`; anything after the NUL is kClosed.
  [[nodiscard]] Failure receive(char* buffer, std::size_t capacity, std::string_view& message, Deadline deadline);
  void close();

 private:
  int fd_ = -1;
};

}  // namespace seimon::wire

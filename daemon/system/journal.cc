// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/journal.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/characters.h"

namespace seimon::daemon {

namespace {

// This process makes no others.
const std::string& own_pid() {
  static const std::string pid = std::to_string(getpid());
  return pid;
}

// RFC 3164 §4.1.2, as syslog(3) writes it.
std::string syslog_datagram(int priority, std::string_view line) {
  std::array<char, 32> stamp{};
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  if (localtime_r(&now, &parts) != nullptr) (void)std::strftime(stamp.data(), stamp.size(), "%h %e %T", &parts);
  return "<" + std::to_string(LOG_AUTHPRIV | priority) + ">" + stamp.data() + " " + program_invocation_short_name +
         "[" + own_pid() + "]: " + std::string(line);
}

// A field a line. REQUIRES values without a line feed: what comes from outside was escaped.
std::string journal_datagram(int priority, std::string_view line, const std::string& fields) {
  return "PRIORITY=" + std::to_string(priority) + "\nSYSLOG_FACILITY=" + std::to_string(LOG_AUTHPRIV >> 3) +
         "\nSYSLOG_IDENTIFIER=" + program_invocation_short_name + "\nSYSLOG_PID=" + own_pid() + "\n" + fields +
         "MESSAGE=" + std::string(line) + "\n";
}

std::string in_capitals(std::string_view name) {
  std::string capitals;
  for (const char letter : name)
    capitals += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  return capitals;
}

}  // namespace

Journal::~Journal() {
  journal_.close();
  syslog_.close();
}

bool Journal::write(int priority, std::string_view line) { return write_with(priority, line, ""); }

bool Journal::write(const core::Event& event) {
  std::string fields;
  core::Event::each_field(event, [&](std::string_view name, const std::string& value) {
    if (!value.empty()) fields += "SEIMON_" + in_capitals(name) + "=" + base::escaped(value) + "\n";
  });
  return write_with(LOG_INFO, core::event_line(event), fields);
}

bool Journal::write_with(int priority, std::string_view line, const std::string& fields) {
  if (foreground_) std::fprintf(stderr, "%s\n", std::string(line).c_str());
  const bool one_line = line.find('\n') == std::string_view::npos;
  const auto put = [this](int at, std::string_view text, const std::string& with, bool native) {
    // A host without a journal is not asked for it at each line.
    const bool there = native && journal_.absent != std::time(nullptr);
    return (there && journal_.send(journal_datagram(at, text, with))) || syslog_.send(syslog_datagram(at, text));
  };
  const std::lock_guard lock(mutex_);
  const bool taken = put(priority, line, fields, one_line);
  if (!taken) ++missed_;
  else if (missed_ > 0)
    (void)put(LOG_WARNING,
              std::to_string(std::exchange(missed_, 0)) +
                  " lines are missing here, of a time when the system log took none; decisions stand in: seimon log",
              "", true);
  return taken;
}

bool Journal::Socket::connect() {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  close();
  return false;
}

bool Journal::Socket::send(const std::string& datagram) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (fd < 0 && !connect()) {
      absent = std::time(nullptr);
      return false;
    }
    if (::send(fd, datagram.data(), datagram.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(datagram.size()))
      return true;
    // The log service was restarted: connect anew, once.
    close();
  }
  return false;
}

void Journal::Socket::close() {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace seimon::daemon

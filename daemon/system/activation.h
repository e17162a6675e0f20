// SPDX-License-Identifier: Apache-2.0
// systemd's protocol, without its library: sockets it passes (sd_listen_fds(3)) and state it is sent
// (sd_notify(3)); or a socket of our own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace seimon::daemon {

// The passed listening socket, or -1 when none was passed to this process. Throws when more than one was.
[[nodiscard]] int passed_socket();
// Binds and listens at `path`, mode 0666: who may ask what is decided by peer credentials. A socket that nobody
// answers on is replaced; anything else in the way is an error.
[[nodiscard]] int open_socket(const std::string& path);
// "READY=1", "STOPPING=1", …; nothing without $NOTIFY_SOCKET.
void tell_supervisor(std::string_view state);
// The time that systemd waits for "WATCHDOG=1" before it ends us (sd_watchdog_enabled(3)); 0: it does not.
[[nodiscard]] std::chrono::microseconds watchdog_time();

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/net/listener.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

namespace seimon::daemon {

namespace {

constexpr auto kRetry = std::chrono::milliseconds(100);
constexpr int kAcceptedAtOnce = 64;

}  // namespace

Listener::Listener(Service& service, MakeHandler make_handler, int fd)
    : service_(service),
      make_handler_(std::move(make_handler)),
      limits_(service),
      socket_(service.loop, fd),
      retry_(service.loop) {
  socket_.non_blocking(true);
}

void Listener::stop() {
  asio::error_code ignored;
  socket_.close(ignored);
  retry_.cancel();
}

// Their handlers record what was not concluded, and may look for one another meanwhile.
void Listener::close_all() { const auto closing = std::exchange(sessions_, {}); }

void Listener::wait_for_connection() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (!error) accept_all();
  });
}

void Listener::accept_all() {
  // Many new connections must not delay those that are open.
  for (int accepted = 0; accepted < kAcceptedAtOnce; ++accepted) {
    const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      service_.journal.write(LOG_ERR,
                             "cannot accept a connection: out of file descriptors; trying again. Raise LimitNOFILE= "
                             "of seimond.service");
      retry_.expires_after(kRetry);
      retry_.async_wait([this](const asio::error_code& error) {
        if (!error) accept_all();
      });
      return;
    }
    if (fd < 0) break;
    open(fd);
  }
  wait_for_connection();
}

void Listener::open(int fd) {
  ucred process = {};
  socklen_t size = sizeof process;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &size) != 0 ||
      !limits_.admit(process.uid, std::chrono::steady_clock::now())) {
    ::close(fd);
    return;
  }
  const ConnectionId id{next_id_++};
  auto session = std::make_unique<Session>(*this, service_.loop, id, process);
  if (!session->start(fd, make_handler_)) {
    ::close(fd);
    limits_.leave(process.uid);
    return;
  }
  sessions_.emplace(static_cast<std::uint64_t>(id), Admitted{process.uid, std::move(session)});
}

Session* Listener::find(ConnectionId id) const {
  const auto found = sessions_.find(static_cast<std::uint64_t>(id));
  return found == sessions_.end() ? nullptr : found->second.session.get();
}

void Listener::remove(ConnectionId id) {
  const auto found = sessions_.find(static_cast<std::uint64_t>(id));
  if (found == sessions_.end()) return;
  limits_.leave(found->second.uid);
  const std::unique_ptr<Session> last = std::move(found->second.session);
  sessions_.erase(found);
}

bool Listener::may_act(const Peer& peer) { return limits_.may_act(peer, std::chrono::steady_clock::now()); }

}  // namespace seimon::daemon

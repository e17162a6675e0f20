// SPDX-License-Identifier: Apache-2.0
#include "daemon/listener.h"

#include <cerrno>

#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/session.h"

namespace seimon::daemon {

namespace {

constexpr auto kRetry = std::chrono::milliseconds(100);
constexpr int kAcceptedAtOnce = 64;

}  // namespace

Listener::Listener(asio::io_context& loop, int fd) : socket_(loop, fd), retry_(loop) { socket_.non_blocking(true); }

Listener::~Listener() { close_all(); }

void Listener::start(Service& service) {
  service_ = &service;
  wait_for_connection();
}

void Listener::stop() {
  asio::error_code ignored;
  socket_.close(ignored);
  retry_.cancel();
}

void Listener::wait_for_connection() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (!error) accept_all();
  });
}

void Listener::accept_all() {
  // A crowd at the door must not keep those inside from being served.
  for (int accepted = 0; accepted < kAcceptedAtOnce; ++accepted) {
    const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      service_->journal.write(
          LOG_ERR, "no descriptors for another connection; trying again. Raise LimitNOFILE= of seimond.service");
      retry_.expires_after(kRetry);
      retry_.async_wait([this](const asio::error_code& error) {
        if (!error) accept_all();
      });
      return;
    }
    if (fd < 0) break;
    ucred peer = {};
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || !has_room_for(peer.uid)) {
      ::close(fd);
      continue;
    }
    const SessionId id{next_id_++};
    auto session = std::make_unique<Session>(*service_, id, peer.uid);
    if (!session->start(fd)) {
      ::close(fd);
      continue;
    }
    ++of_user_[peer.uid];
    sessions_.emplace(static_cast<std::uint64_t>(id), std::move(session));
  }
  wait_for_connection();
}

bool Listener::is_ordinary(uid_t peer) const {
  return peer != 0 && service_->config.gate != peer && service_->config.caller(peer) == nullptr;
}

bool Listener::has_room_for(uid_t peer) {
  if (peer == 0) return true;
  const auto found = of_user_.find(peer);
  const std::size_t held = found == of_user_.end() ? 0 : found->second;
  if (!is_ordinary(peer)) return held < (service_->config.gate == peer ? kMostOfGate : kMostOfCaller);
  const auto now = std::chrono::steady_clock::now();
  if (now - minute_began_ >= std::chrono::minutes(1)) {
    this_minute_.clear();
    minute_began_ = now;
  }
  if (++this_minute_[peer] > kMostPerMinute) return false;
  std::size_t of_users = 0;
  for (const auto& [user, count] : of_user_)
    if (is_ordinary(user)) of_users += count;
  return of_users < kMostOfUsers && held < kMostOfOneUser;
}

Session* Listener::find(SessionId id) const {
  const auto session = sessions_.find(static_cast<std::uint64_t>(id));
  return session == sessions_.end() ? nullptr : session->second.get();
}

void Listener::remove(SessionId id) {
  const auto session = sessions_.find(static_cast<std::uint64_t>(id));
  if (session == sessions_.end()) return;
  const uid_t peer = session->second->owner();
  if (--of_user_[peer] == 0) of_user_.erase(peer);
  const std::unique_ptr<Session> last = std::move(session->second);
  sessions_.erase(session);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/listener.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/clock.h"
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
    auto session = std::make_unique<Session>(*service_, id, peer);
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
  begin_minute();
  constexpr uid_t kNobody = static_cast<uid_t>(-1);  // no process has it
  const bool nobody = is_nobody(peer);
  if (++this_minute_[nobody ? kNobody : peer] > kMostPerMinute) return false;
  std::size_t of_users = 0;
  std::size_t of_nobody = 0;
  for (const auto& [user, count] : of_user_) {
    if (!is_ordinary(user)) continue;
    const auto known = named_.find(user);
    (known == named_.end() || known->second ? of_users : of_nobody) += count;
  }
  const std::size_t most = service_->gates != nullptr ? kMostOfUsersBehind : kMostOfUsers;
  return held < kMostOfOneUser && (nobody ? of_nobody < kMostOfNobody : of_users < most);
}

void Listener::begin_minute() {
  const auto now = std::chrono::steady_clock::now();
  if (now - minute_began_ < std::chrono::minutes(1)) return;
  minute_began_ = now;
  this_minute_.clear();
  acts_.clear();
  std::erase_if(named_, [this](const auto& row) { return !of_user_.contains(row.first); });
  for (const auto& [who, count] : std::exchange(unheard_, {})) {
    core::Event event;
    event.at = daemon::now();
    event.event = "alarm";
    event.outcome = "noticed";
    event.actor = "uid " + std::to_string(who.second);
    event.host = who.first.empty() ? service_->host : who.first;
    event.reason = "too-many-requests: " + std::to_string(count) + " more";
    service_->record({event});
  }
}

void Listener::count_act(const std::string& host, uid_t peer) {
  if (is_ordinary(peer)) ++acts_[{host, peer}];
}

bool Listener::may_act(const std::string& host, uid_t peer) {
  if (!is_ordinary(peer)) return true;
  begin_minute();
  const auto found = acts_.find({host, peer});
  if (found == acts_.end() || found->second < kMostActs) return true;
  ++unheard_[{host, peer}];
  return false;
}

bool Listener::is_nobody(uid_t peer) {
  const auto [known, is_new] = named_.try_emplace(peer, true);
  if (is_new)
    service_->groups.resolve_uid(peer, [this, peer](const Person& person) {
      const auto found = named_.find(peer);
      // Where the name service cannot tell, it is no reason to keep people out.
      if (found != named_.end()) found->second = person.known != Person::Known::kNo;
    });
  return !known->second;
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

// SPDX-License-Identifier: Apache-2.0
#include "daemon/net/session.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "core/secret.h"
#include "wire/login.h"

namespace seimon::daemon {

namespace {

constexpr auto kFloor = std::chrono::milliseconds(400);
constexpr auto kSilence = std::chrono::seconds(10);    // before a first message
constexpr auto kOneMessage = std::chrono::seconds(2);  // from its first byte to its last
constexpr auto kHandling = std::chrono::seconds(30);   // longer than any of our own deadlines
constexpr auto kPerson = std::chrono::minutes(10);     // at a prompt
constexpr int kMostEvents = 12;                        // of one connection, unless it is root's

}  // namespace

template <class Member>
auto Session::later(Member member) {
  return [&owner = owner_, id = id_, member](const asio::error_code& error) {
    if (error) return;
    if (Session* session = owner.find(id)) (session->*member)();
  };
}

Session::Session(SessionOwner& owner, asio::io_context& loop, ConnectionId id, const ucred& process)
    : owner_(owner),
      id_(id),
      peer_{.uid = process.uid, .host = "", .boot = "", .pid = process.pid, .session = ""},
      stream_(loop),
      deadline_(loop),
      floor_(loop) {}

bool Session::start(int fd, const MakeHandler& make_handler) {
  asio::error_code error;
  stream_.assign(fd, error);
  if (error) return false;
  stream_.non_blocking(true, error);
  if (error) {
    (void)stream_.release();
    return false;
  }
  handler_ = make_handler(*this);
  await(kSilence);
  wait_for_input();
  return true;
}

Session::~Session() {
  if (handler_) handler_->closed("disconnected");
  core::wipe(input_);
  core::wipe(output_);
}

void Session::await(std::chrono::seconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([&owner = owner_, id = id_](const asio::error_code& error) {
    if (error) return;
    if (Session* session = owner.find(id)) session->close("timeout");
  });
}

void Session::close(std::string_view reason) {
  handler_->closed(reason);
  owner_.remove(id_);  // destroys this
}

void Session::wait_for_input() {
  stream_.async_wait(asio::posix::stream_descriptor::wait_read, later(&Session::read_input));
}

void Session::read_input() {
  char block[4096];
  const ssize_t got = ::recv(stream_.native_handle(), block, sizeof block, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return wait_for_input();
  if (got <= 0) return close("disconnected");
  // A second message before the reply.
  if (state_ == State::kHandling || state_ == State::kSending) return close("protocol-error");
  input_.append(block, static_cast<std::size_t>(got));
  explicit_bzero(block, static_cast<std::size_t>(got));
  if (input_.size() > wire::kMaxCall) return close("protocol-error");
  const std::size_t end = input_.find('\0');
  if (end == std::string::npos) {
    if (state_ == State::kListening) await(kOneMessage);
    state_ = State::kReceiving;
    return wait_for_input();
  }
  if (end + 1 != input_.size()) return close("protocol-error");
  input_.pop_back();
  take_message();
}

void Session::take_message() {
  state_ = State::kHandling;
  arrived_ = Clock::now();
  await(kHandling);
  wait_for_input();  // to notice a client that disconnects
  std::string message;
  message.swap(input_);
  if (!handler_->handle(std::move(message))) close("protocol-error");
}

void Session::count_event() {
  if (peer_.is_root()) return;
  ++events_;
  owner_.count_event(peer_);
}

void Session::reply(std::string message, bool negative) {
  if (message.empty()) return close("internal-error");
  output_ = std::move(message);
  state_ = State::kSending;
  if (!negative) return send();
  count_event();
  const auto spent = Clock::now() - arrived_;
  floor_.expires_at(arrived_ + kFloor * (spent / kFloor + 1));
  floor_.async_wait(later(&Session::send));
}

void Session::send() {
  while (!output_.empty()) {
    const ssize_t sent = ::send(stream_.native_handle(), output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      output_.erase(0, static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      stream_.async_wait(asio::posix::stream_descriptor::wait_write, later(&Session::send));
      return;
    } else if (sent == 0 || errno != EINTR) {
      return close("disconnected");
    }
  }
  if (events_ >= kMostEvents) return close("timeout");
  // The module need not wake us to say so.
  if (handler_->is_over() && !peer_.is_remote()) return close("");
  state_ = State::kListening;
  await(handler_->awaits_person() ? kPerson : kSilence);
}

}  // namespace seimon::daemon

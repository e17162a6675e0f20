// SPDX-License-Identifier: Apache-2.0
#include "daemon/session.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <syslog.h>

#include "daemon/listener.h"
#include "wire/codec.h"

namespace seimon::daemon {

namespace {

constexpr auto kFloor = std::chrono::milliseconds(400);
constexpr auto kSilence = std::chrono::seconds(10);    // before a first message
constexpr auto kOneMessage = std::chrono::seconds(2);  // from its first byte to its last
constexpr auto kThinking = std::chrono::seconds(30);   // longer than any of our own deadlines
constexpr auto kHuman = std::chrono::minutes(10);      // at a prompt
constexpr int kMostActs = 12;                          // of one connection that is not root's: each leaves an event

}  // namespace

template <class Member>
auto Session::later(Member member) {
  return [&listener = service_.listener, id = id_, member](const asio::error_code& error) {
    if (error) return;
    if (Session* session = listener.find(id)) (session->*member)();
  };
}

Session::Session(Service& service, SessionId id, uid_t peer)
    : service_(service),
      id_(id),
      peer_(peer),
      stream_(service.loop),
      deadline_(service.loop),
      floor_(service.loop),
      login_(service, id, peer),
      admin_(service, id, peer) {}

bool Session::start(int fd) {
  asio::error_code error;
  stream_.assign(fd, error);
  if (error) return false;
  stream_.non_blocking(true, error);
  if (error) {
    (void)stream_.release();
    return false;
  }
  await(kSilence);
  wait_for_input();
  return true;
}

Session::~Session() {
  login_.abandon("disconnected");
  core::wipe(input_);
  core::wipe(output_);
}

void Session::await(std::chrono::seconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([&listener = service_.listener, id = id_](const asio::error_code& error) {
    if (error) return;
    if (Session* session = listener.find(id)) session->close("timeout");
  });
}

void Session::close(std::string_view reason) {
  login_.abandon(reason);
  service_.listener.remove(id_);  // destroys this
}

void Session::wait_for_input() {
  stream_.async_wait(asio::posix::stream_descriptor::wait_read, later(&Session::read_input));
}

void Session::read_input() {
  char block[4096];
  const ssize_t got = ::recv(stream_.native_handle(), block, sizeof block, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return wait_for_input();
  if (got <= 0) return close("disconnected");
  // Nobody may speak before they have been answered.
  if (state_ == State::kThinking || state_ == State::kSpeaking) return close("protocol-error");
  if (state_ == State::kListening) {
    state_ = State::kReceiving;
    await(kOneMessage);
  }
  input_.append(block, static_cast<std::size_t>(got));
  explicit_bzero(block, sizeof block);
  if (input_.size() > wire::kMaxCall) return close("protocol-error");
  const std::size_t end = input_.find('\0');
  if (end == std::string::npos) return wait_for_input();
  if (end + 1 != input_.size()) return close("protocol-error");
  input_.pop_back();
  take_message();
}

void Session::take_message() {
  state_ = State::kThinking;
  arrived_ = Clock::now();
  await(kThinking);
  wait_for_input();  // to notice a client that goes away
  std::string message;
  message.swap(input_);
  const bool understood = dispatch(message);
  core::wipe(message);
  if (!understood) close("protocol-error");
}

bool Session::dispatch(std::string_view message) {
  wire::Envelope envelope;
  if (!wire::read_envelope(message, envelope) || envelope.method.empty()) return false;
  const auto call = [&]<class Message>(bool (Login::*handle)(const Message&)) {
    Message parsed;
    return wire::read_parameters(envelope.parameters, parsed, wire::Extra::kRefuse) && (login_.*handle)(parsed);
  };
  const std::string_view method = envelope.method.view();
  if (method == wire::Open::kMethod) return call(&Login::open);
  if (method == wire::Answer::kMethod) return call(&Login::answer);
  if (method == wire::Void::kMethod) return call(&Login::withhold);
  if (method == wire::Account::kMethod) return call(&Login::account);
  if (method == wire::Session::kMethod) return call(&Login::session);
  return admin_.call(method, envelope.parameters);
}

void Session::reply(std::string message, bool negative) {
  if (message.empty()) return close("internal-error");
  output_ = std::move(message);
  state_ = State::kSpeaking;
  if (!negative) return speak();
  count_act();
  const auto spent = Clock::now() - arrived_;
  floor_.expires_at(arrived_ + kFloor * (spent / kFloor + 1));
  floor_.async_wait(later(&Session::speak));
}

void Session::speak() {
  while (!output_.empty()) {
    const ssize_t sent = ::send(stream_.native_handle(), output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      output_.erase(0, static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      stream_.async_wait(asio::posix::stream_descriptor::wait_write, later(&Session::speak));
      return;
    } else if (sent == 0 || errno != EINTR) {
      return close("disconnected");
    }
  }
  if (acts_ >= kMostActs) return close("timeout");
  state_ = State::kListening;
  await(login_.is_at_prompt() || admin_.awaits_person() ? kHuman : kSilence);
}

}  // namespace seimon::daemon

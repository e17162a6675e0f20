// SPDX-License-Identifier: Apache-2.0
#include "daemon/session.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <syslog.h>

#include "daemon/clock.h"
#include "daemon/listener.h"
#include "daemon/processes.h"
#include "daemon/steps.h"
#include "daemon/upstream.h"
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

Session::Session(Service& service, SessionId id, const ucred& owner)
    : service_(service),
      id_(id),
      owner_(owner.uid),
      peer_{owner.uid, "", "", owner.pid, ""},
      stream_(service.loop),
      deadline_(service.loop),
      floor_(service.loop),
      relayed_(service, id, peer_, service.config.gate == owner.uid),
      login_(service, id, peer_),
      admin_(service, id, peer_) {}

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
  state_ = State::kThinking;
  arrived_ = Clock::now();
  await(kThinking);
  wait_for_input();  // to notice a client that goes away
  std::string message;
  message.swap(input_);
  if (service_.gates != nullptr && !is_local_) return ask_gate(std::move(message));
  if (!peer_.is_remote() || relayed_.comes_first()) return hear(std::move(message));
  relayed_.vouch(std::move(message));
}

void Session::count_act() {
  if (peer_.is_root()) return;
  ++acts_;
  service_.listener.count_act(peer_.host, peer_.uid);
}

void Session::hear(std::string message) {
  // Whoever fills the trail is not heard for the rest of the minute.
  if (!peer_.is_root() && !service_.listener.may_act(peer_.host, peer_.uid)) {
    core::wipe(message);
    return close("too-many-requests");
  }
  const bool understood = dispatch(message);
  core::wipe(message);
  if (!understood) close("protocol-error");
}

// Logins, and what people do for themselves, are the gates' to decide. Should none of them answer at the beginning of a
// login, this host decides: it knows no code, and lets in whom its own rules exempt.
void Session::ask_gate(std::string message) {
  wire::Envelope envelope;
  const bool understood = wire::read_envelope(message, envelope);
  const std::string_view method = envelope.method.view();
  const bool is_login = method.starts_with("io.seimon.Login.");
  if (!understood || (!is_login && (peer_.is_root() || !Admin::is_for_oneself(method))))
    return hear(std::move(message));
  if (!link_ && !peer_.is_root() && !knows_peer_) {
    input_ = std::move(message);
    return service_.groups.resolve_uid(peer_.uid, [&listener = service_.listener, id = id_](const Person& person) {
      Session* session = listener.find(id);
      if (session == nullptr) return;
      session->knows_peer_ = true;
      session->open_link(person.name);
      std::string kept;
      kept.swap(session->input_);
      session->ask_gate(std::move(kept));
    });
  }
  if (!link_) open_link("");
  const bool opens = method == wire::Open::kMethod || method == wire::Account::kMethod;
  const std::string again = opens || method == wire::Session::kMethod ? message : "";
  message.push_back('\0');
  link_->ask(std::move(message), opens, [&listener = service_.listener, id = id_, is_login, again](std::string reply) {
    Session* session = listener.find(id);
    if (session == nullptr) return;
    if (!reply.empty()) return session->reply(std::move(reply), false);  // the gate has kept its floor
    if (!again.empty()) {
      session->is_local_ = true;
      return session->hear(again);
    }
    session->reply(is_login ? verdict_message("", wire::Verdict::kUnavailable, "") : Admin::unavailable(), false);
  });
}

void Session::open_link(const std::string& name) {
  wire::RelayBegin who = begin_of(service_);
  who.uid = peer_.uid;
  (void)who.user.assign(name);
  (void)who.session.assign(session_of(peer_.pid, peer_.uid));
  link_ = std::make_unique<Asking>(service_, who, [&listener = service_.listener, id = id_] {
    if (Session* session = listener.find(id)) session->close("disconnected");
  });
}

bool Session::dispatch(std::string_view message) {
  wire::Envelope envelope;
  if (!wire::read_envelope(message, envelope) || envelope.method.empty()) return false;
  const auto call = [&]<class Message>(bool (Login::*handle)(const Message&)) {
    Message parsed;
    return wire::read_parameters(envelope.parameters, parsed, wire::Extra::kRefuse) && (login_.*handle)(parsed);
  };
  const std::string_view method = envelope.method.view();
  if (relayed_.comes_first() || method.starts_with(wire::kRelayInterface)) return relayed_.call(envelope);
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
  // The module need not wake us to say so.
  if (login_.is_over() && !peer_.is_remote()) return close("");
  state_ = State::kListening;
  await(login_.is_at_prompt() || admin_.awaits_person() || link_ ? kHuman : kSilence);
}

}  // namespace seimon::daemon

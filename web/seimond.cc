// SPDX-License-Identifier: Apache-2.0
#include "web/seimond.h"

#include <sys/socket.h>
#include <syslog.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "wire/login.h"

namespace seimon::web {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using Error = boost::system::error_code;
using nlohmann::json;

namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr std::size_t kMostWaiting = 16;  // calls of one person

std::string message_of(const std::string& method, json parameters) {
  json whole = {{"method", "io.seimon." + method}};
  whole["parameters"] = std::move(parameters);
  std::string message = whole.dump(-1, ' ', false, json::error_handler_t::replace);
  client::wipe(whole["parameters"]);
  message.push_back('\0');
  return message;
}

}  // namespace

struct Seimond::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, std::string socket_path, Owner whose)
      : loop(io), path(std::move(socket_path)), owner(std::move(whose)), socket(io), timer(io) {}

  struct Call {
    std::string message;
    Then then;
  };

  asio::io_context& loop;
  std::string path;
  Owner owner;
  Local::socket socket;
  asio::steady_timer timer;
  asio::streambuf input{wire::kMaxReply + 1};
  std::deque<Call> calls;  // the first is under way
  json facts;
  bool is_busy = false;  // with the first of them
  bool is_ended = false;

  // seimond closes a connection on which nothing comes for ten seconds.
  [[nodiscard]] bool is_closed_there() {
    char byte = 0;
    const ssize_t got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
  }

  void begin() {
    if (socket.is_open() && is_closed_there()) close();
    if (socket.is_open()) return send();
    Error error;
    socket.connect(Local::endpoint(path), error);  // a Unix socket: at once, or not at all
    if (error) return fail(client::Failed{client::Failed::Kind::kConnect, wire::Failure::kNoSocket});
    if (owner.ticket.empty() && owner.phone.empty() && owner.pairing.empty()) return send();
    const bool has_ticket = !owner.ticket.empty();
    const std::string& word = has_ticket ? owner.ticket : owner.phone.empty() ? owner.pairing : owner.phone;
    const char* method = has_ticket ? "Relay.Web" : owner.phone.empty() ? "Relay.Pair" : "Relay.Phone";
    calls.push_front({message_of(method, {{"version", wire::kVersion},
                                          {"oldest", wire::kOldestVersion},
                                          {"user", owner.user},
                                          {has_ticket ? "ticket" : "token", word}}),
                      [this](const client::Reply& reply) {
                        if (const json* parameters = std::get_if<json>(&reply)) facts = *parameters;
                        else fail(reply);
                      }});
    send();
  }

  void send() {
    const auto self = shared_from_this();
    timer.expires_after(kPatience);
    timer.async_wait([self](const Error& error) {
      if (!error) self->fail(client::Failed{client::Failed::Kind::kCall, wire::Failure::kTimeout});
    });
    asio::async_write(socket, asio::buffer(calls.front().message), [self](const Error& error, std::size_t) {
      if (error && error != asio::error::operation_aborted) self->hang_up();
    });
    asio::async_read_until(socket, input, '\0', [self](const Error& error, std::size_t size) {
      // Of a connection that was closed here: a new one may be in use.
      if (self->is_ended || error == asio::error::operation_aborted) return;
      if (error || self->calls.empty()) return self->hang_up();
      self->take(size);
    });
  }

  void take(std::size_t size) {
    std::string text(asio::buffers_begin(input.data()),
                     asio::buffers_begin(input.data()) + static_cast<std::ptrdiff_t>(size - 1));
    input.consume(size);
    client::Reply reply = client::parse_reply(text);
    explicit_bzero(text.data(), text.size());
    timer.cancel();
    conclude(std::move(reply));
    is_busy = !calls.empty() && !is_ended;
    if (is_busy) begin();
  }

  void conclude(client::Reply reply) {
    Call call = std::move(calls.front());
    calls.pop_front();
    explicit_bzero(call.message.data(), call.message.size());
    if (is_ended) return;
    try {
      call.then(std::move(reply));
    } catch (const std::exception& error) {
      // A reply of another form than the page knows: this request fails, others go on.
      syslog(LOG_ERR, "a request failed: %s", error.what());
    }
  }

  // Every call that waits ends with `reply`.
  void fail(const client::Reply& reply) {
    close();
    while (!calls.empty()) conclude(reply);
    is_busy = false;
  }
  void hang_up() { fail(client::Failed{client::Failed::Kind::kCall, wire::Failure::kClosed}); }

  void close() {
    Error ignored;
    timer.cancel();
    socket.close(ignored);
    input.consume(input.size());
  }
};

Seimond::Seimond(asio::io_context& loop, std::string path, Owner owner)
    : state_(std::make_shared<State>(loop, std::move(path), std::move(owner))) {}

Seimond::~Seimond() {
  state_->is_ended = true;
  state_->close();
}

void Seimond::call(const std::string& method, json parameters, Then then) {
  if (!state_->owner.ticket.empty()) parameters["ticket"] = state_->owner.ticket;
  if (state_->calls.size() >= kMostWaiting) {
    asio::post(state_->loop, [state = state_, then = std::move(then)] {
      if (!state->is_ended) then(client::Failed{client::Failed::Kind::kCall, wire::Failure::kTimeout});
    });
    return;
  }
  state_->calls.push_back({message_of(method, std::move(parameters)), std::move(then)});
  if (std::exchange(state_->is_busy, true)) return;
  asio::post(state_->loop, [state = state_] {
    if (!state->is_ended && !state->calls.empty()) state->begin();
  });
}

const json& Seimond::facts() const { return state_->facts; }

}  // namespace seimon::web

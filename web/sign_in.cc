// SPDX-License-Identifier: Apache-2.0
#include "web/sign_in.h"

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "web/frame.h"

namespace seimon::web {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using Error = boost::system::error_code;
using Kind = SignInState::Kind;

namespace {

constexpr auto kStackPatience = std::chrono::seconds(60);  // with the modules of the stack
constexpr std::size_t kMostMessages = 16 * 1024;

}  // namespace

struct SignIn::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, std::string socket_path)
      : loop(io), path(std::move(socket_path)), socket(io), timer(io) {}

  asio::io_context& loop;
  std::string path;
  Local::socket socket;
  asio::steady_timer timer;
  std::array<char, kFrameHead> head{};
  std::string bytes;
  std::string output;
  std::string messages;
  Then then;
  bool is_ended = false;

  void send(std::string frames, Then next) {
    then = std::move(next);
    output = std::move(frames);
    const auto self = shared_from_this();
    timer.expires_after(kStackPatience);
    timer.async_wait([self](const Error& error) {
      if (!error) self->end({.kind = Kind::kFailed});
    });
    asio::async_write(socket, asio::buffer(output), [self](const Error& error, std::size_t) {
      explicit_bzero(self->output.data(), self->output.size());
      if (error) return self->end({.kind = Kind::kFailed});
      self->read_head();
    });
  }

  void read_head() {
    asio::async_read(socket, asio::buffer(head), [self = shared_from_this()](const Error& error, std::size_t) {
      const auto length = error ? std::nullopt : frame_length({self->head.data(), self->head.size()});
      if (!length) return self->end({.kind = Kind::kFailed});
      self->bytes.assign(*length, '\0');
      self->read_bytes();
    });
  }

  void read_bytes() {
    asio::async_read(socket, asio::buffer(bytes), [self = shared_from_this()](const Error& error, std::size_t) {
      if (error) return self->end({.kind = Kind::kFailed});
      self->take();
    });
  }

  void take() {
    const std::string text = std::move(bytes);
    const char kind = head[0];
    if (kind == 'I' || kind == 'E') {
      if (messages.size() + text.size() < kMostMessages) messages += (messages.empty() ? "" : "\n") + text;
      return read_head();
    }
    if (kind == 'P' || kind == 'H') return tell({.kind = Kind::kPrompt, .text = text, .is_shown = kind == 'P'});
    if (kind == 'N') return end({.kind = Kind::kRefused, .text = text});
    const std::size_t line = text.find('\n');
    if (kind != 'D' || line == std::string::npos) return end({.kind = Kind::kFailed});
    end({.kind = Kind::kDone, .user = text.substr(0, line), .ticket = text.substr(line + 1)});
  }

  void tell(SignInState state) {
    timer.cancel();
    state.messages = std::exchange(messages, {});
    const Then next = std::exchange(then, nullptr);
    if (next && !is_ended) next(std::move(state));
  }

  void end(SignInState state) {
    close();
    tell(std::move(state));
  }

  void close() {
    Error ignored;
    timer.cancel();
    socket.close(ignored);
  }
};

SignIn::SignIn(asio::io_context& loop, const std::string& path) : state_(std::make_shared<State>(loop, path)) {}

SignIn::~SignIn() {
  state_->is_ended = true;
  state_->close();
}

void SignIn::begin(const std::string& user, bool is_checked, const std::string& address, Then then) {
  Error error;
  state_->socket.connect(Local::endpoint(state_->path), error);
  if (error) {
    asio::post(state_->loop, [state = state_, then = std::move(then)] {
      if (!state->is_ended) then({.kind = Kind::kFailed});
    });
    return;
  }
  state_->send(frame_of(is_checked ? 'R' : 'U', user) + frame_of('F', address) + frame_of('G', ""), std::move(then));
}

void SignIn::answer(const std::string& text, Then then) { state_->send(frame_of('A', text), std::move(then)); }

}  // namespace seimon::web

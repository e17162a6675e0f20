// SPDX-License-Identifier: Apache-2.0
#include "web/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace seimon::web {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

namespace {

constexpr auto kRead = std::chrono::seconds(10);       // a whole request
constexpr auto kKeepAlive = std::chrono::seconds(75);  // the proxy keeps the connection
constexpr auto kWrite = std::chrono::seconds(20);      // a whole response
constexpr auto kDrain = std::chrono::seconds(2);
constexpr std::size_t kMostDropped = 1024 * 1024;

// Referrer-Policy: of a page with "no-referrer" a browser sends "Origin: null" with its forms.
constexpr std::array<std::pair<const char*, const char*>, 7> kHeaders = {{
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; manifest-src "
     "'self'; "
     "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
    {"Referrer-Policy", "same-origin"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "publickey-credentials-create=(self), publickey-credentials-get=(self)"},
}};

std::optional<uid_t> peer_of(Local::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

}  // namespace

struct Server::State {
  State(asio::io_context& loop, int listener, std::vector<uid_t> allowed, Answer handler)
      : acceptor(loop, Local(), listener), proxies(std::move(allowed)), answer(std::move(handler)) {}

  Local::acceptor acceptor;
  std::vector<uid_t> proxies;
  Answer answer;
  std::size_t connections = 0;
};

namespace {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  template <class State>
  HttpConnection(Local::socket socket, const std::shared_ptr<State>& state)
      : stream_(std::move(socket)), answer_(state->answer), left_([state] { --state->connections; }) {
    ++state->connections;
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection() { left_(); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kMostHeader);
    parser_->body_limit(kMostBody);
    stream_.expires_after(is_first_ ? kRead : kKeepAlive);
    is_first_ = false;
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->handle(error); });
  }

 private:
  void handle(beast::error_code error) {
    if (error == http::error::header_limit) return refuse(431);
    if (error == http::error::body_limit) return refuse(413);
    if (error == http::error::end_of_stream || error == beast::error::timeout) return;
    if (error) return refuse(400);
    const auto& message = parser_->get();
    // One of each: of two addresses or two names none is believed.
    const auto header = [&](std::string_view name) {
      const auto [first, last] = message.equal_range(name);
      if (first == last || std::next(first) != last) return std::string();
      return std::string(first->value());
    };
    RawRequest raw{.method = std::string(message.method_string()),
                   .target = std::string(message.target()),
                   .cookie = header("Cookie"),
                   .origin = header("Origin"),
                   .fetch_site = header("Sec-Fetch-Site"),
                   .accept_language = header("Accept-Language"),
                   .content_type = header("Content-Type"),
                   .address = header("X-Real-IP"),
                   .remote_user = header("X-Remote-User"),
                   .body = message.body()};
    keeps_open_ = message.keep_alive();
    is_head_ = message.method() == http::verb::head;
    stream_.expires_never();     // whoever answers has limits of their own
    hold_ = shared_from_this();  // until the answer comes
    answer_(std::move(raw), [weak = weak_from_this()](Response response) {
      if (const auto self = weak.lock()) self->write(std::move(response));
    });
  }

  void refuse(int status) {
    keeps_open_ = false;
    write({.status = status, .type = "text/plain; charset=utf-8", .body = "This request cannot be served.\n"});
  }

  void write(Response response) {
    reply_ = {};
    reply_.version(11);
    reply_.result(static_cast<unsigned>(response.status));
    reply_.keep_alive(keeps_open_);
    for (const auto& [name, value] : kHeaders) reply_.set(name, value);
    reply_.set(http::field::cache_control, "no-store");
    reply_.set(http::field::content_type, response.type);
    for (const auto& [name, value] : response.headers) {
      if (name == "Set-Cookie") reply_.insert(name, value);
      else reply_.set(name, value);
    }
    reply_.body() = std::move(response.body);
    reply_.prepare_payload();
    if (is_head_) reply_.body().clear();
    stream_.expires_after(kWrite);
    const auto self = shared_from_this();
    hold_.reset();
    http::async_write(stream_, reply_, [self](beast::error_code error, std::size_t) {
      if (error) return;
      if (self->keeps_open_) self->read();
      else self->drain();
    });
  }

  // A proxy that still sends reads no answer before it has sent all: what comes is dropped, for a moment.
  void drain() {
    beast::error_code ignored;
    stream_.socket().shutdown(Local::socket::shutdown_send, ignored);
    stream_.expires_after(kDrain);
    drop(0);
  }
  void drop(std::size_t dropped) {
    if (dropped > kMostDropped) return;
    stream_.async_read_some(asio::buffer(dropped_),
                            [self = shared_from_this(), dropped](beast::error_code error, std::size_t size) {
                              if (!error) self->drop(dropped + size);
                            });
  }

  Stream stream_;
  beast::flat_buffer buffer_{kMostHeader + kMostBody};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::array<char, 4096> dropped_{};
  http::response<http::string_body> reply_;
  Answer answer_;
  std::function<void()> left_;
  std::shared_ptr<HttpConnection> hold_;
  bool is_first_ = true;
  bool keeps_open_ = false;
  bool is_head_ = false;
};

template <class State>
void accept(const std::shared_ptr<State>& state) {
  state->acceptor.async_accept([state](beast::error_code error, Local::socket socket) {
    if (error == asio::error::operation_aborted) return;
    const auto peer = error ? std::nullopt : peer_of(socket);
    const bool is_proxy =
        peer && std::find(state->proxies.begin(), state->proxies.end(), *peer) != state->proxies.end();
    if (is_proxy && state->connections < kMostConnections)
      std::make_shared<HttpConnection>(std::move(socket), state)->read();
    accept(state);
  });
}

}  // namespace

Server::Server(asio::io_context& loop, int listener, std::vector<uid_t> proxies, Answer answer)
    : state_(std::make_shared<State>(loop, listener, std::move(proxies), std::move(answer))) {
  accept(state_);
}

Server::~Server() { stop(); }

void Server::stop() {
  beast::error_code ignored;
  state_->acceptor.close(ignored);
}

}  // namespace seimon::web

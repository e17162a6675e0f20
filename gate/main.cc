// SPDX-License-Identifier: Apache-2.0
// seimon-gate(8): the door for other hosts. Takes their TLS connections, looks whose certificate is shown, tells
// seimond, and carries bytes to and fro. An account of its own: it reads no key, no store and no configuration.
// MUST (threat model D1):
//  1. Nothing of a host reaches seimond before seimond has heard, from us, whose certificate it showed.
//  2. A host has at most kMostOfHost connections, and one that says nothing for kIdle is closed.
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/signal_set.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>

#include "base/characters.h"
#include "base/program_options.h"
#include "daemon/system/activation.h"
#include "daemon/system/journal.h"
#include "daemon/system/privileges.h"
#include "daemon/system/sandbox.h"
#include "daemon/system/tls.h"
#include "gate/handshake_limits.h"
#include "wire/codec.h"
#include "wire/login.h"
#include "wire/relay.h"

namespace seimon::daemon {

namespace {

using asio::ip::tcp;
using Local = asio::local::stream_protocol;

constexpr std::size_t kMost = 16384;  // connections
constexpr std::size_t kMostOfHost = 512;
constexpr auto kHandshake = std::chrono::seconds(5);
constexpr auto kIdle = std::chrono::minutes(11);  // longer than seimond waits for a person
constexpr auto kTold = std::chrono::seconds(1);
constexpr auto kRetry = std::chrono::milliseconds(100);
constexpr int kExitConfiguration = 6;

struct Options {
  std::vector<std::string> listen;
  std::string certificate = "/etc/seimon/gate.pem";
  std::string socket{wire::kSocketPath};
  std::string account = "seimon-gate";
  bool foreground = false;
};

struct Subject {
  std::string host;
  std::string serial;
};

// The one DNS name of the certificate that was shown; empty when it has none, or several.
Subject subject_of(SSL* tls) {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(tls), X509_free);
  if (!shown) return {};
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(shown.get(), NID_subject_alt_name, nullptr, nullptr));
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> kept(names, GENERAL_NAMES_free);
  if (names == nullptr || sk_GENERAL_NAME_num(names) != 1) return {};
  int type = 0;
  const auto* text = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &type));
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(shown.get()), nullptr), BN_free);
  if (type != GEN_DNS || !number) return {};
  char* digits = BN_bn2hex(number.get());
  Subject subject{std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                              static_cast<std::size_t>(ASN1_STRING_length(text))),
                  digits == nullptr ? "" : digits};
  OPENSSL_free(digits);
  return subject;
}

// Outlives the loop, whose handlers hold passages.
struct Gate {
  Journal& journal;
  const Options& options;
  std::shared_ptr<asio::ssl::context> tls;
  std::size_t count = 0;
  HandshakeLimits handshakes{};
  std::map<std::string, std::size_t> of_host{};
  std::chrono::steady_clock::time_point told{};  // of a stranger
};

// As connections are counted; empty when it is gone already.
std::string counted_address(const tcp::socket& socket) {
  asio::error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? "" : HandshakeLimits::place_of(peer.address());
}

// One connection of a host, and the one to seimond that it has.
class Passage : public std::enable_shared_from_this<Passage> {
 public:
  Passage(Gate& gate, asio::io_context& loop, tcp::socket socket, std::string address)
      : gate_(gate),
        tls_(gate.tls),
        address_(std::move(address)),
        host_side_(std::move(socket), *tls_),
        seimond_side_(loop),
        timer_(loop) {
    ++gate_.count;
    gate_.handshakes.came(address_);
  }
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;
  ~Passage() {
    --gate_.count;
    if (subject_.host.empty()) gate_.handshakes.went(address_);
    else if (--gate_.of_host[subject_.host] == 0) gate_.of_host.erase(subject_.host);
    OPENSSL_cleanse(from_host_.data(), from_host_.size());
    OPENSSL_cleanse(from_seimond_.data(), from_seimond_.size());
  }

  void start() {
    asio::error_code error;
    const auto peer = host_side_.lowest_layer().remote_endpoint(error);
    if (error) return;
    peer_ = peer.address().to_string();
    host_side_.lowest_layer().set_option(tcp::no_delay(true), error);
    close_after(kHandshake);
    host_side_.async_handshake(asio::ssl::stream_base::server,
                               [self = shared_from_this()](const asio::error_code& failure) {
                                 if (failure) return self->refuse(failure.message());
                                 self->admit();
                               });
  }

 private:
  void close_after(std::chrono::steady_clock::duration time) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](const asio::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->close();
    });
  }
  void close() {
    asio::error_code ignored;
    timer_.cancel();
    host_side_.lowest_layer().close(ignored);
    seimond_side_.close(ignored);
  }
  void refuse(const std::string& reason) {
    const std::string who = subject_.host.empty() ? peer_ : "host " + base::escaped(subject_.host) + " at " + peer_;
    close();
    // HandshakeLimits fill no log.
    const auto now = std::chrono::steady_clock::now();
    if (subject_.host.empty() && now - gate_.told < kTold) return;
    if (subject_.host.empty()) gate_.told = now;
    gate_.journal.write(LOG_WARNING, who + ": " + reason);
  }

  void admit() {
    const Subject subject = subject_of(host_side_.native_handle());
    if (subject.host.empty() || subject.serial.empty()) return refuse("its certificate names no host");
    subject_ = subject;
    gate_.handshakes.went(address_);
    if (++gate_.of_host[subject_.host] > kMostOfHost) return refuse("has too many connections");
    seimond_side_.async_connect(Local::endpoint(gate_.options.socket),
                                [self = shared_from_this()](const asio::error_code& error) {
                                  if (error) return self->refuse("no seimond: " + error.message());
                                  self->introduce();
                                });
  }

  void introduce() {
    ucred owner = {};
    socklen_t size = sizeof owner;
    if (getsockopt(seimond_side_.native_handle(), SOL_SOCKET, SO_PEERCRED, &owner, &size) != 0 || owner.uid != 0)
      return refuse("somebody else than root opened " + gate_.options.socket);
    wire::RelayHost message;
    message.oldest = wire::kOldestVersion;
    char buffer[1024];
    if (!message.host.assign(subject_.host) || !message.serial.assign(subject_.serial))
      return refuse("its certificate has a name that is too long");
    introduction_ = wire::write_call(message, buffer, sizeof buffer);
    asio::async_write(seimond_side_, asio::buffer(introduction_),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        if (error) self->refuse("seimond closed the connection");
                      });
    asio::async_read_until(seimond_side_, asio::dynamic_buffer(reply_, 4096), '\0',
                           [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                             if (error) return self->refuse("seimond closed the connection");
                             self->hear();
                           });
  }

  void hear() {
    wire::Envelope envelope;
    if (!wire::read_envelope(std::string_view(reply_).substr(0, reply_.size() - 1), envelope) ||
        !envelope.error.empty()) {
      // The host gets the reason, too.
      asio::async_write(host_side_, asio::buffer(reply_),
                        [self = shared_from_this()](const asio::error_code&, std::size_t) { self->close(); });
      return;
    }
    gate_.handshakes.know(address_);  // of a host that seimond has let in
    carry(host_side_, seimond_side_, from_host_);
    carry(seimond_side_, host_side_, from_seimond_);
  }

  template <class From, class To>
  void carry(From& from, To& to, std::array<char, 16384>& buffer) {
    close_after(kIdle);
    from.async_read_some(asio::buffer(buffer), [self = shared_from_this(), &from, &to, &buffer](
                                                   const asio::error_code& error, std::size_t size) {
      if (error) return self->close();
      asio::async_write(to, asio::buffer(buffer, size),
                        [self, &from, &to, &buffer](const asio::error_code& failure, std::size_t done) {
                          OPENSSL_cleanse(buffer.data(), done);
                          if (failure) return self->close();
                          self->carry(from, to, buffer);
                        });
    });
  }

  Gate& gate_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::string address_;  // as it is counted
  asio::ssl::stream<tcp::socket> host_side_;
  Local::socket seimond_side_;
  asio::steady_timer timer_;
  std::string peer_;
  Subject subject_;
  std::string introduction_;
  std::string reply_;
  std::array<char, 16384> from_host_{};
  std::array<char, 16384> from_seimond_{};
};

// One address that is listened at.
class Door {
 public:
  Door(Gate& gate, asio::io_context& loop, const tcp::endpoint& endpoint)
      : gate_(gate), loop_(loop), acceptor_(loop), retry_(loop) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(4096);
    acceptor_.non_blocking(true);
  }
  void wait() {
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](const asio::error_code& error) {
      if (!error) take();
    });
  }

 private:
  void take() {
    for (int taken = 0; taken < 64; ++taken) {
      const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        retry_.expires_after(kRetry);
        retry_.async_wait([this](const asio::error_code& error) {
          if (!error) take();
        });
        return;
      }
      if (fd < 0) break;
      tcp::socket socket(loop_);
      asio::error_code error;
      socket.assign(acceptor_.local_endpoint(error).protocol(), fd, error);
      if (error) ::close(fd);
      std::string address = error ? "" : counted_address(socket);
      if (!address.empty() && gate_.count < kMost && gate_.handshakes.has_room_for(address))
        std::make_shared<Passage>(gate_, loop_, std::move(socket), std::move(address))->start();
    }
    wait();
  }

  Gate& gate_;
  asio::io_context& loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
};

// "ADDRESS:PORT", "[ADDRESS]:PORT".
tcp::endpoint endpoint_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string address = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  asio::error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool is_port = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  const int number = is_port ? std::stoi(port) : 0;
  if (error || number < 1 || number > 65535)
    throw std::runtime_error("--listen " + text + ": write an address and a port, \"0.0.0.0:8743\" or \"[::]:8743\"");
  return {parsed, static_cast<std::uint16_t>(number)};
}

void watch_reload(asio::signal_set& hangup, Gate& gate) {
  hangup.async_wait([&](const asio::error_code& error, int) {
    if (error) return;
    try {
      gate.tls = std::make_shared<asio::ssl::context>(tls_context(gate.options.certificate, Side::kGate, geteuid()));
      gate.journal.write(LOG_NOTICE, "certificate read again");
    } catch (const std::exception& failure) {
      gate.journal.write(LOG_ERR, std::string("the old certificate stays: ") + failure.what());
    }
    watch_reload(hangup, gate);
  });
}

int serve(const Options& options, Journal& journal) {
  Gate gate{journal, options,
            std::make_shared<asio::ssl::context>(
                tls_context(options.certificate, Side::kGate, account_uid(options.account.c_str())))};
  asio::io_context loop(1);
  std::vector<std::unique_ptr<Door>> doors;
  for (const std::string& place : options.listen)
    doors.push_back(std::make_unique<Door>(gate, loop, endpoint_of(place)));
  become(options.account.c_str());
  harden();
  enter_sandbox(true);
  asio::signal_set stop(loop, SIGTERM, SIGINT);
  asio::signal_set hangup(loop, SIGHUP);
  stop.async_wait([&](const asio::error_code& error, int) {
    if (!error) loop.stop();
  });
  watch_reload(hangup, gate);
  for (const auto& door : doors) door->wait();
  journal.write(LOG_NOTICE, "seimon-gate " SEIMON_VERSION " ready");
  tell_supervisor("READY=1");
  loop.run();
  tell_supervisor("STOPPING=1");
  journal.write(LOG_NOTICE, "stopping");
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  base::ProgramOptions line("seimon-gate", "takes logins of other hosts to seimond(8)");
  line.add("--listen", options.listen, "ADDRESS:PORT, also several (default [::]:8743)");
  line.add("--certificate", options.certificate, "file with key, certificate and authority");
  line.add("--socket", options.socket, "of seimond");
  line.add("--account", options.account, "to run as, when started by root");
  line.add("--foreground", options.foreground, "also log to standard error");
  if (const auto status = line.parse(argc, argv)) return *status;
  if (options.listen.empty()) options.listen = {"[::]:8743"};
  Journal journal(options.foreground);
  try {
    return serve(options, journal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon-gate: %s\n", error.what());
    journal.write(LOG_ERR, error.what());
    return kExitConfiguration;
  }
}

}  // namespace

}  // namespace seimon::daemon

int main(int argc, char** argv) { return seimon::daemon::run(argc, argv); }

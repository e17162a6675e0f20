// SPDX-License-Identifier: Apache-2.0
#include "daemon/fleet/upstream.h"

#include <openssl/x509v3.h>
#include <syslog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include "base/characters.h"
#include "daemon/config/error.h"
#include "daemon/system/clock.h"
#include "daemon/system/privileges.h"
#include "daemon/system/tls.h"
#include "daemon/work/spool.h"
#include "wire/codec.h"

namespace seimon::daemon {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kAway = std::chrono::seconds(5);
constexpr auto kOneGate = std::chrono::milliseconds(1200);  // to be there

// A member that is a text; nothing for whatever else came.
std::optional<std::string> text_in(const nlohmann::json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

std::set<core::UserName> names_in(const std::string& lines) {
  std::set<core::UserName> names;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    if (auto name = core::UserName::parse(lines.substr(at, end - at))) names.insert(std::move(*name));
    at = end + 1;
  }
  return names;
}

}  // namespace

Gates::Gates(const Config& config) {
  for (const UpstreamGate& row : config.upstream) {
    Gate gate{row.host, GateAddress(row.host, row.port), nullptr, {}, ""};
    try {
      gate.tls = std::make_unique<asio::ssl::context>(tls_context(row.certificate, Side::kHost, service_uid()));
    } catch (const std::exception& error) {
      throw ConfigError(error.what());
    }
    gates_.push_back(std::move(gate));
  }
}

std::deque<std::size_t> Gates::to_ask() const {
  std::deque<std::size_t> order;
  const auto now = Clock::now();
  for (const bool away : {false, true})
    for (std::size_t i = 0; i < gates_.size(); ++i) {
      const std::size_t number = (preferred_ + i) % gates_.size();
      if ((gates_[number].away_until > now) == away) order.push_back(number);
    }
  return order;
}

void Gates::note_answer(std::size_t number) {
  preferred_ = number;
  gates_.at(number).problem.clear();
  gates_.at(number).away_until = {};
}

void Gates::note_failure(std::size_t number, const std::string& reason) {
  Gate& gate = gates_.at(number);
  gate.problem = "gate " + gate.host + ": " + reason;
  gate.away_until = Clock::now() + kAway;
}

std::string Gates::problem() const {
  std::string all;
  for (const Gate& gate : gates_) {
    if (gate.problem.empty()) return "";
    all += (all.empty() ? "" : "; ") + gate.problem;
  }
  return all;
}

void Gates::stop() {
  for (Gate& gate : gates_) gate.address.stop();
}

// Kept by whatever is under way on it, and closed by its GateConnection.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Replied = GateConnection::Replied;

  Link(Service& service, Gates& gates, wire::RelayBegin who, std::function<void()> lost);

  void ask(std::string message, bool again, Replied replied);
  // Nothing is called after this.
  void close();

 private:
  using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

  void ask_next_gate();
  void connect(const GateAddress::Endpoints& endpoints);
  void shake_hands();
  void begin();
  void send(std::string message);
  void read_on();
  void take(std::string reply);
  void fail(const std::string& reason);
  void tell(std::string reply);
  // A handler that does nothing once the attempt that it belongs to is over.
  template <class Then>
  [[nodiscard]] auto during(Then then);

  Service& service_;
  Gates& gates_;
  wire::RelayBegin who_;
  std::function<void()> lost_;
  Replied replied_;
  asio::steady_timer one_gate_;
  asio::steady_timer patience_;
  std::shared_ptr<Stream> stream_;  // kept by whatever is under way on it
  std::deque<std::size_t> to_ask_;
  std::size_t gate_ = 0;
  std::uint64_t attempt_ = 0;
  bool has_begun_ = false;
  bool again_ = false;
  std::string request_;  // that has no reply yet
  std::string output_;
  std::string input_;
};

Link::Link(Service& service, Gates& gates, wire::RelayBegin who, std::function<void()> lost)
    : service_(service),
      gates_(gates),
      who_(who),
      lost_(std::move(lost)),
      one_gate_(service.loop),
      patience_(service.loop) {}

template <class Then>
auto Link::during(Then then) {
  return [self = shared_from_this(), stream = stream_, attempt = attempt_, then](const asio::error_code& error,
                                                                                 const auto&... rest) {
    if (attempt == self->attempt_) then(*self, error, rest...);
  };
}

void Link::close() {
  ++attempt_;
  replied_ = nullptr;
  lost_ = nullptr;
  core::wipe(request_);
  core::wipe(output_);
  core::wipe(input_);
  one_gate_.cancel();
  patience_.cancel();
  asio::error_code ignored;
  if (stream_) stream_->lowest_layer().close(ignored);
}

void Link::ask(std::string message, bool again, Replied replied) {
  request_ = std::move(message);
  again_ = again;
  replied_ = std::move(replied);
  patience_.expires_after(GateConnection::kPatience);
  patience_.async_wait([self = shared_from_this()](const asio::error_code& error) {
    // One that was late itself may meet the next question.
    if (error || !self->replied_ || Clock::now() < self->patience_.expiry()) return;
    self->to_ask_.clear();
    self->fail("did not answer in time");
  });
  if (has_begun_) return send(request_);
  to_ask_ = gates_.to_ask();
  ask_next_gate();
}

void Link::ask_next_gate() {
  ++attempt_;
  has_begun_ = false;
  input_.clear();
  if (to_ask_.empty()) return tell("");
  gate_ = to_ask_.front();
  to_ask_.pop_front();
  Gates::Gate& gate = gates_.gate(gate_);
  stream_ = std::make_shared<Stream>(service_.loop, *gate.tls);
  one_gate_.expires_after(kOneGate);
  one_gate_.async_wait(during([](Link& link, const asio::error_code& error) {
    if (!error && !link.has_begun_) link.fail("did not answer");
  }));
  const auto take = during(
      [](Link& link, const asio::error_code&, const std::string& problem, const GateAddress::Endpoints& endpoints) {
        if (!problem.empty()) return link.fail(problem);
        link.connect(endpoints);
      });
  gate.address.find(service_.loop, [take](const std::string& problem, const GateAddress::Endpoints& endpoints) {
    take({}, problem, endpoints);
  });
}

void Link::connect(const GateAddress::Endpoints& endpoints) {
  asio::async_connect(stream_->lowest_layer(), endpoints,
                      during([](Link& link, const asio::error_code& error, const asio::ip::tcp::endpoint&) {
                        if (error) return link.fail(error.message());
                        link.shake_hands();
                      }));
}

void Link::shake_hands() {
  asio::error_code ignored;
  stream_->lowest_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
  SSL* tls = stream_->native_handle();
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (SSL_set1_host(tls, gates_.gate(gate_).host.c_str()) != 1) return fail("has no name that a certificate can have");
  stream_->async_handshake(asio::ssl::stream_base::client, during([](Link& link, const asio::error_code& error) {
                             if (!error) return link.begin();
                             const long verified = SSL_get_verify_result(link.stream_->native_handle());
                             link.fail(verified == X509_V_OK ? error.message()
                                                             : std::string("its certificate is refused: ") +
                                                                   X509_verify_cert_error_string(verified));
                           }));
}

void Link::begin() {
  char buffer[4096];
  send(std::string(wire::write_call(who_, buffer, sizeof buffer)));
  read_on();
}

void Link::send(std::string message) {
  output_ = std::move(message);
  asio::async_write(*stream_, asio::buffer(output_), during([](Link& link, const asio::error_code& error, std::size_t) {
    core::wipe(link.output_);
    if (error) link.fail(error.message());
  }));
}

void Link::read_on() {
  asio::async_read_until(*stream_, asio::dynamic_buffer(input_, wire::kMaxReply), '\0',
                         during([](Link& link, const asio::error_code& error, std::size_t size) {
                           if (error)
                             return link.fail(error == asio::error::eof ? "connection closed" : error.message());
                           if (size != link.input_.size()) return link.fail("unexpected message");
                           std::string reply;
                           reply.swap(link.input_);
                           link.take(std::move(reply));
                         }));
}

// The first reply is to Begin.
void Link::take(std::string reply) {
  if (has_begun_ && !replied_) return fail("unexpected message");
  wire::Envelope envelope;
  if (!wire::read_envelope(std::string_view(reply).substr(0, reply.size() - 1), envelope)) return fail("invalid reply");
  const bool refused = envelope.error.view().starts_with(wire::kRelayInterface);
  if (!has_begun_ || refused) {
    const auto parameters = nlohmann::json::parse(envelope.parameters, nullptr, false);
    if (refused || !envelope.error.empty())
      return fail("refuses: " + base::escaped(text_in(parameters, "message").value_or("")));
    has_begun_ = true;
    gates_.note_answer(gate_);
    service_.state.health().note_gates(gates_.problem());
    const auto suspended = text_in(parameters, "suspended");
    service_.state.learn_suspended(suspended ? std::optional(names_in(*suspended)) : std::nullopt);
    read_on();
    return send(request_);
  }
  read_on();
  tell(std::move(reply));
}

void Link::fail(const std::string& reason) {
  const bool was_lost = has_begun_ && !replied_;
  const bool was_sent = has_begun_;
  asio::error_code ignored;
  if (stream_) stream_->lowest_layer().close(ignored);
  if (was_lost) {  // between two messages: what stood there is gone, and no gate is to blame for it
    ++attempt_;
    has_begun_ = false;
    const auto lost = std::move(lost_);
    if (lost) lost();
    return;
  }
  gates_.note_failure(gate_, reason);
  service_.state.health().note_gates(gates_.problem());
  service_.journal.write(LOG_ERR, gates_.gate(gate_).problem);
  if (was_sent && !again_) to_ask_.clear();
  ask_next_gate();
}

void Link::tell(std::string reply) {
  patience_.cancel();
  core::wipe(request_);
  const Replied replied = std::move(replied_);
  replied_ = nullptr;
  if (replied) replied(std::move(reply));
}

GateConnection::GateConnection(Service& service, Gates& gates, const wire::RelayBegin& who, std::function<void()> lost)
    : link_(std::make_shared<Link>(service, gates, who, std::move(lost))) {}
GateConnection::~GateConnection() { link_->close(); }
void GateConnection::ask(std::string message, bool again, Replied replied) {
  link_->ask(std::move(message), again, std::move(replied));
}

wire::RelayBegin begin_of(const Service& service) {
  wire::RelayBegin who;
  who.oldest = wire::kOldestVersion;
  (void)who.boot.assign(service.boot);
  (void)who.release.assign(SEIMON_VERSION);
  who.clock = now().time_since_epoch().count();
  return who;
}

namespace {

// Calls of Events that hold all of the spool; one, if it is empty.
std::deque<std::string> calls_of(const std::vector<core::Event>& events) {
  std::deque<std::string> calls;
  const auto message = std::make_unique<wire::RelayEvents>();
  std::string lines;
  const auto add_call = [&] {
    std::string buffer(wire::kMaxCall, '\0');
    (void)message->lines.assign(lines);
    buffer.resize(wire::write_call(*message, buffer.data(), buffer.size()).size());
    calls.push_back(std::move(buffer));
    lines.clear();
  };
  for (const core::Event& event : events) {
    const std::string line = line_of(event);
    // Half of the field: a quotation mark takes two bytes.
    if (lines.size() + line.size() > wire::RelayEvents::kMost / 2) add_call();
    if (line.size() <= wire::RelayEvents::kMost / 2) lines += line;
  }
  add_call();
  return calls;
}

// Each behind the one before; the spool stays as it is until the last was taken.
void send_calls(Service& service, Gates& gates, const std::shared_ptr<Link>& link, std::deque<std::string> calls) {
  std::string call = std::move(calls.front());
  calls.pop_front();
  link->ask(std::move(call), false,
            [&service, &gates, link, calls = std::move(calls)](const std::string& reply) mutable {
              if (!reply.empty() && !calls.empty()) return send_calls(service, gates, link, std::move(calls));
              if (!reply.empty()) service.spool.forget();
              gates.is_reporting = false;
              link->close();
            });
}

}  // namespace

void report_to_gates(Service& service, Gates& gates) {
  if (gates.is_reporting) return;
  gates.is_reporting = true;
  send_calls(service, gates, std::make_shared<Link>(service, gates, begin_of(service), nullptr),
             calls_of(service.spool.take()));
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// A stateless login host asks its gates: each session has a connection of its own to one of them, over TLS.
// MUST:
//  1. A gate's name is the one in its certificate (RFC 6125).
//  2. No message but the opening one is ever sent to a second gate: an answer may have counted at the first.
//  3. Somebody who waits at the module is told within kPatience, whatever the gates do.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/ssl/context.hpp>

#include "daemon/fleet/gate_address.h"
#include "daemon/work/service.h"
#include "wire/relay.h"

namespace seimon::daemon {

// The gates of `upstream`. They belong to the loop's thread.
class Gates {
 public:
  struct Gate {
    std::string host;
    GateAddress address;
    std::unique_ptr<asio::ssl::context> tls;
    std::chrono::steady_clock::time_point away_until{};  // the others are asked first
    std::string problem;                                 // empty: it answered last
  };
  // Reads keys and certificates: throws ConfigError.
  explicit Gates(const Config& config);

  [[nodiscard]] Gate& gate(std::size_t number) { return gates_.at(number); }
  // The gates to ask, in this order: the one that answered last, then as configured; at the end who was away just now.
  [[nodiscard]] std::deque<std::size_t> to_ask() const;
  void note_answer(std::size_t number);
  void note_failure(std::size_t number, const std::string& reason);
  // Of all of them; empty when one answered last.
  [[nodiscard]] std::string problem() const;
  // Nothing that was looked up is told any more. REQUIRED before the loop ends.
  void stop();
  bool is_reporting = false;  // report_to_gates() is under way: what it hands over is handed over once

 private:
  std::vector<Gate> gates_;
  std::size_t preferred_ = 0;
};

// The first message of this host, as root; the caller may name another user in it.
[[nodiscard]] wire::RelayBegin begin_of(const Service& service);

// Tells a gate that this host lives, and hands over what it decided by itself meanwhile.
void report_to_gates(Service& service, Gates& gates);

class Link;

// One connection to a gate, on behalf of one peer here. Nothing is called once it is gone.
class GateConnection {
 public:
  static constexpr auto kPatience = std::chrono::milliseconds(4500);  // pam_seimon's timeout is 5 s
  using Replied = std::function<void(std::string reply)>;

  // `lost` is called when the gate goes away while it is not asked anything.
  GateConnection(Service& service, Gates& gates, const wire::RelayBegin& who, std::function<void()> lost);
  GateConnection(const GateConnection&) = delete;
  GateConnection& operator=(const GateConnection&) = delete;
  ~GateConnection();

  // Sends `message` (with its NUL); then `replied` gets the reply with its NUL, or nothing when no gate gave one.
  // `again`: it may go to another gate when the first is lost. REQUIRES that the one before got its reply.
  void ask(std::string message, bool again, Replied replied);

 private:
  std::shared_ptr<Link> link_;
};

}  // namespace seimon::daemon

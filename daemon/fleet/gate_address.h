// SPDX-License-Identifier: Apache-2.0
// Looks up the addresses of gates. The name service may hang: each gate is looked up on a thread of its own, so that
// none waits for another's name, and the end of the service for no name at all.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

namespace seimon::daemon {

// It belongs to the loop's thread.
class GateAddress {
 public:
  using Endpoints = std::vector<asio::ip::tcp::endpoint>;
  using Found = std::function<void(const std::string& problem, const Endpoints& endpoints)>;

  GateAddress(std::string host, std::string port);

  // Calls `found` once, later on the loop: with what the name service said at most half a minute ago, with what it said
  // before while it does not answer, or with an error. It may come late: who asks has a deadline.
  void find(asio::io_context& loop, Found found);
  // Nothing is called any more. REQUIRED before the loop ends.
  void stop();

 private:
  struct Lookup;  // shared with the thread

  std::string host_;
  std::string port_;
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Calls to seimond without waiting: one connection for each person who is signed in, on which seimon-web is that
// person (docs/io.seimon.Relay.varlink, Web).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include <boost/asio/io_context.hpp>

#include "client/client.h"

namespace seimon::web {

// The person of a connection, by their ticket or the token of their phone; all empty: nobody.
struct Owner {
  std::string user;
  std::string ticket;
  std::string phone = {};
  std::string pairing = {};  // of a QR code
};

class Seimond {
 public:
  using Then = std::function<void(client::Reply reply)>;

  // `path`: of seimond's socket.
  Seimond(boost::asio::io_context& loop, std::string path, Owner owner);
  Seimond(const Seimond&) = delete;
  Seimond& operator=(const Seimond&) = delete;
  ~Seimond();

  // Calls io.seimon.`method`, such as "Admin.List", after those before it; connects if there is no connection.
  // `then` is called once, never from within this call, and not if this object has gone.
  void call(const std::string& method, nlohmann::json parameters, Then then);
  // Reply to the ticket on the newest connection; null before.
  [[nodiscard]] const nlohmann::json& facts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace seimon::web

// SPDX-License-Identifier: Apache-2.0
// /p: the phone's side of a QR code that another screen shows. It registers the phone, and shows the number to type
// there.
#pragma once

#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "web/exchange.h"

namespace seimon::web {

// Answers one request at /p or below it.
class PairingPages {
 public:
  // `pairings`: the phones that are registering, by cookie; nobody is signed in there. `path`: of seimond's socket.
  PairingPages(boost::asio::io_context& loop, std::string path, ByCookie<Session>& pairings, Shared exchange)
      : loop_(&loop), path_(std::move(path)), pairings_(&pairings), exchange_(std::move(exchange)) {}

  void route() const;

 private:
  void show_offer(const std::string& error = "") const;
  void begin() const;
  void make() const;
  void take() const;
  void end(const std::string& error) const;

  boost::asio::io_context* loop_;
  std::string path_;
  ByCookie<Session>* pairings_;
  Shared exchange_;
};

}  // namespace seimon::web

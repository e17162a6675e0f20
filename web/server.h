// SPDX-License-Identifier: Apache-2.0
// HTTP on a Unix socket, behind a proxy (Boost.Beast). One thread.
// MUST (threat model W3, W4):
//  1. Only the proxy's account is served: what it says of a client's address is believed.
//  2. Connections, headers, bodies and times are bounded; whatever exceeds a bound ends that connection alone.
//  3. Each response has the headers that keep a browser from running, framing, storing or sending on anything else.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "web/http.h"

namespace seimon::web {

inline constexpr std::size_t kMostConnections = 2048;
inline constexpr std::size_t kMostHeader = 8 * 1024;
inline constexpr std::size_t kMostBody = 64 * 1024;

using Answer = std::function<void(RawRequest request, Respond respond)>;

class Server {
 public:
  // `listener`: a listening Unix socket, which becomes the server's. `proxies`: uids.
  Server(boost::asio::io_context& loop, int listener, std::vector<uid_t> proxies, Answer answer);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Accepts nobody any more; what is under way is answered.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace seimon::web

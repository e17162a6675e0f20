// SPDX-License-Identifier: Apache-2.0
#include "daemon/fleet/gate_address.h"

#include <netdb.h>

#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <asio/post.hpp>

namespace seimon::daemon {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFresh = std::chrono::seconds(30);
constexpr std::size_t kMostWaiting = 256;

struct Answer {
  std::string problem;
  GateAddress::Endpoints endpoints;
};

// getaddrinfo(3), for as long as it takes.
Answer look_up(const std::string& host, const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (error != 0) return {gai_strerror(error), {}};
  Answer answer;
  for (const addrinfo* row = list; row != nullptr; row = row->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (row->ai_addrlen > endpoint.capacity()) continue;
    endpoint.resize(row->ai_addrlen);
    std::memcpy(endpoint.data(), row->ai_addr, row->ai_addrlen);
    answer.endpoints.push_back(endpoint);
  }
  freeaddrinfo(list);
  return answer;
}

}  // namespace

struct GateAddress::Lookup {
  std::mutex mutex;
  asio::io_context* loop = nullptr;  // guarded by mutex; null when nobody wants to know any more
  // Of the loop's thread.
  std::vector<Found> waiting;
  Endpoints known;
  Clock::time_point known_at;

  void take(const Answer& answer) {
    if (answer.problem.empty()) known = answer.endpoints, known_at = Clock::now();
    for (const Found& found : std::exchange(waiting, {})) found(known.empty() ? answer.problem : "", known);
  }
};

GateAddress::GateAddress(std::string host, std::string port)
    : host_(std::move(host)), port_(std::move(port)), lookup_(std::make_shared<Lookup>()) {}

void GateAddress::find(asio::io_context& loop, Found found) {
  const bool is_under_way = !lookup_->waiting.empty();
  const bool is_known = !lookup_->known.empty();
  if (is_known && (is_under_way || Clock::now() - lookup_->known_at < kFresh))
    return asio::post(loop, [found = std::move(found), known = lookup_->known] { found("", known); });
  if (lookup_->waiting.size() >= kMostWaiting)
    return asio::post(loop, [found = std::move(found)] { found("its name is still being looked up", {}); });
  lookup_->waiting.push_back(std::move(found));
  if (is_under_way) return;
  {
    const std::lock_guard lock(lookup_->mutex);
    lookup_->loop = &loop;
  }
  try {
    std::thread([lookup = lookup_, host = host_, port = port_] {
      Answer answer = look_up(host, port);
      const std::lock_guard lock(lookup->mutex);
      if (lookup->loop == nullptr) return;
      asio::post(*lookup->loop, [lookup, answer = std::move(answer)] { lookup->take(answer); });
    }).detach();
  } catch (const std::system_error& error) {
    asio::post(loop, [lookup = lookup_, problem = std::string(error.what())] { lookup->take({problem, {}}); });
  }
}

void GateAddress::stop() {
  const std::lock_guard lock(lookup_->mutex);
  lookup_->loop = nullptr;
  lookup_->waiting.clear();
}

}  // namespace seimon::daemon

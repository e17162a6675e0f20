// SPDX-License-Identifier: Apache-2.0
// What every session may use. One of each, owned by main; all of it belongs to the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "core/event.h"
#include "daemon/config.h"
#include "daemon/groups.h"
#include "daemon/journal.h"
#include "daemon/judge.h"
#include "daemon/processes.h"
#include "daemon/visits.h"

namespace seimon::daemon {

class Gates;
class Listener;

enum class SessionId : std::uint64_t {};

// Of another host.
struct Listed {
  core::Instant at{};
  core::seconds clock_offset{};
};

// A role holder has shown with a code who they are. It stands for a while, and only as long as one of the methods that
// they had then is there: whoever was revoked proves anew.
struct ActorProof {
  core::Instant at{};
  std::vector<core::MethodId> methods;
};

struct Service {
  asio::io_context& loop;
  Judge& judge;
  Groups& groups;
  Journal& journal;
  Listener& listener;
  Spool& spool;
  Config config;  // the judge has its own copy
  std::string host;
  std::string boot;  // the kernel's id of this boot; empty when it cannot be read, and then there are no tickets
  core::Instant started{};
  Visits visits;
  Gates* gates = nullptr;                   // of a host that holds nothing: whom it asks
  std::map<std::string, Listed> signed_in;  // other hosts, as they were last listed
  std::vector<core::Event> waiting = {};    // for keep_waiting()
  std::optional<asio::steady_timer> soon = {};
  Endings endings{loop};                          // of processes that opened sessions
  std::map<std::string, ActorProof> proofs = {};  // by uid and login session
  // Reads the configuration anew: why the old one stays, or nothing.
  std::function<std::string()> reload = {};

  // To the system log now, and to the store or its spool as soon as it can.
  void record(const std::vector<core::Event>& events);
  // To the store or its spool only, for events that the system log has.
  void keep(const std::vector<core::Event>& events);
  // The same; on a store of our own together with those that follow in the next moments.
  void keep_soon(const std::vector<core::Event>& events);
  void keep_waiting();
};

// 128 random bits in hexadecimal.
[[nodiscard]] std::string new_conversation_id();

}  // namespace seimon::daemon

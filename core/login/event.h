// SPDX-License-Identifier: Apache-2.0
// One line of the audit trail: what was decided, about whom, why. Never a code or a secret. Values are kept as they
// came in and escaped where they are written out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace seimon::core {

struct Event {
  std::int64_t id = 0;  // of the store; 0 before it is there
  Instant at{};
  std::string event;    // login, try, account, alarm, enrol, remove, verify, suspend, resume, …
  std::string outcome;  // accepted refused skipped would enrolled removed noticed … error
  std::string user;
  std::string actor;  // who acted, when it was not the login service
  std::string service;
  std::string host;
  std::string from;
  std::string tty;
  std::string method;
  std::string rule;
  std::string network;
  std::string reason;
  std::string would;         // what an enforced or fully switched-on configuration would have done
  std::string clock_offset;  // of a refused code that another time would have taken, in seconds: "90", "-60"
  std::string conversation;

  // The text fields with their names, in the order in which they are logged and stored.
  template <class Self, class F>
  static void each_field(Self& e, F&& f) {
    f("event", e.event);
    f("outcome", e.outcome);
    f("user", e.user);
    f("actor", e.actor);
    f("service", e.service);
    f("host", e.host);
    f("from", e.from);
    f("tty", e.tty);
    f("method", e.method);
    f("rule", e.rule);
    f("network", e.network);
    f("reason", e.reason);
    f("would", e.would);
    f("clock_offset", e.clock_offset);
    f("conversation", e.conversation);
  }
};

// `event=login outcome=refused user="eve" …`: empty fields left out, each value escaped and quoted.
[[nodiscard]] std::string event_line(const Event& event);

// A filter of events; an empty text or a time of 0 does not restrict.
struct EventQuery {
  std::string user = {};
  int limit = 100;          // newest ones
  std::int64_t before = 0;  // older than the event of this id
  Instant since{};
  Instant until{};
  std::string event = {};
  std::string outcome = {};
  std::string service = {};
  std::string from = {};  // an address as it is logged
  std::string reason = {};
  std::string host = {};
};

// One page of the trail, oldest first. `next` goes into `before` for the page before it; 0: there is none. A page may
// be empty and not the last: each looks at a bounded piece of the trail, so that no login waits for it.
struct EventPage {
  std::vector<Event> events;
  std::int64_t next = 0;
};

// Port: the durable audit trail.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void append(const Event& event) = 0;
  [[nodiscard]] virtual EventPage page(const EventQuery& query) = 0;
  // The newest page's.
  [[nodiscard]] std::vector<Event> events(const EventQuery& query) { return page(query).events; }
  // Events before the one, counts of sources before the other. A few hundred of them, so that a login never waits for a
  // long purge; call it again.
  virtual void forget_before(Instant events, Instant sources) = 0;
};

}  // namespace seimon::core

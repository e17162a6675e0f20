// SPDX-License-Identifier: Apache-2.0
// The words of io.seimon.Relay: what comes before, and beside, the messages of io.seimon.Login and io.seimon.Admin when
// they reach a gate from another host (docs/io.seimon.Relay.varlink). Replies are JSON objects; a refusal is an error.
// Always true: `host` and `serial` are seimon-gate's word, from a certificate; all else is the host's own.
#pragma once

#include <cstdint>

#include "wire/login.h"
#include "wire/text.h"

namespace seimon::wire {

inline constexpr std::string_view kRelayInterface = "io.seimon.Relay.";

// First, from seimon-gate(8): whose certificate was shown.
struct RelayHost {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Host";
  static constexpr int kRequired = 3;
  std::int64_t version = kVersion;
  Text<253> host;
  Text<64> serial;          // in hexadecimal
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("host", m.host);
    f("serial", m.serial);
    f("oldest", m.oldest);
  }
};

// Then, from the host: who connected to it there. The reply names who is suspended, for the time when no gate answers.
struct RelayBegin {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Begin";
  static constexpr int kRequired = 2;
  std::int64_t version = kVersion;
  std::int64_t uid = 0;
  Text<256> user;     // the name of that uid; empty for 0
  Text<64> boot;      // the kernel's id of the host's boot
  Text<256> session;  // the login session of the process that connected there; empty where that cannot be told
  Text<32> release;
  std::int64_t clock = 0;   // the host's, in seconds since 1970
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("uid", m.uid);
    f("user", m.user);
    f("boot", m.boot);
    f("session", m.session);
    f("release", m.release);
    f("clock", m.clock);
    f("oldest", m.oldest);
  }
};

// From seimon-web(8), whose account `web.account` names: the ticket of a sign-in to the page. From then on the
// connection is the ticket's owner, as long as the ticket lasts. The reply has the owner's name, the seconds that
// are left, and the owner's role.
struct RelayWeb {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Web";
  static constexpr int kRequired = 3;
  std::int64_t version = kVersion;
  Text<1024> user;
  Text<40> ticket;
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("user", m.user);
    f("ticket", m.ticket);
    f("oldest", m.oldest);
  }
};

// From seimon-web(8): a link that `seimon web` has printed, for the ticket that it stands for. Once.
struct RelayRedeem {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Redeem";
  static constexpr int kRequired = 3;
  std::int64_t version = kVersion;
  Text<1024> user;
  Text<40> link;
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("user", m.user);
    f("link", m.link);
    f("oldest", m.oldest);
  }
};

// A user and a token that opens one thing. The reply has the user's name.
struct RelayToken {
  static constexpr int kRequired = 3;
  std::int64_t version = kVersion;
  Text<1024> user;
  Text<40> token;
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("user", m.user);
    f("token", m.token);
    f("oldest", m.oldest);
  }
};

// From seimon-web(8): the token of a phone that was registered there, which shows what waits for its owner and answers
// it. The connection may do nothing else.
struct RelayPhone : RelayToken {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Phone";
};

// From seimon-web(8): the token of a QR code that PairPhone has made. The connection may register one phone, which its
// owner confirms where the QR code was shown.
struct RelayPair : RelayToken {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Pair";
};

// From seimon-web(8), after Web: the owner signs out, and the ticket ends.
struct RelayLeave {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Leave";
  static constexpr int kRequired = 0;

  template <class Self, class F>
  static void each_field(Self& /*m*/, F&& /*f*/) {}
};

// Events that the host recorded by itself while no gate answered, a JSON object a line. From uid 0.
struct RelayEvents {
  static constexpr std::string_view kMethod = "io.seimon.Relay.Events";
  static constexpr int kRequired = 1;
  static constexpr std::size_t kMost = 40000;
  Text<kMost> lines;

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("lines", m.lines);
  }
};

}  // namespace seimon::wire

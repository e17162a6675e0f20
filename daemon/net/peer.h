// SPDX-License-Identifier: Apache-2.0
// The process at the other end of a session.
#pragma once

#include <sys/types.h>

#include <string>

namespace seimon::daemon {

// The kernel's word about a process of this host; or what another host says of one of its own, where `host` is the name
// in that host's certificate.
// Always true: a peer of another host changes nothing for anybody but itself, and has no role.
struct Peer {
  uid_t uid = 0;
  std::string host;     // empty: this one
  std::string boot;     // of that host
  pid_t pid = 0;        // of this host's process; 0: it is none, or of another pid namespace
  std::string session;  // the login session of another host's process, by that host's word (daemon/system/processes.h);
                        // or that of a person on the page
  bool is_page = false;      // seimon-web(8), acting for the owner of a ticket
  std::string pairing = {};  // digest of the ticket that adds one phone, and nothing else
  std::string phone = {};    // digest of the token of the phone that shows what waits

  [[nodiscard]] bool is_root() const { return uid == 0 && !is_page; }
  [[nodiscard]] bool is_remote() const { return !host.empty(); }
};

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// Port to the maintenance of the store: its state, its clock, its damage (threat model U4, U6, U7).
//
// Model: a store lives in *epochs*. A new one begins when an older state of it came back (a restore, a file copied
// back): what was spent since is unknown, so methods that were not used in the new epoch accept nothing up to its
// floor. The *generation* rises every minute of use and stands outside the store too; a store with a lower one came
// back by itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ports/store.h"

namespace seimon::core {

// A host's clock may stand so far from a shared store's; further off, it lets nobody in by a code.
inline constexpr seconds kMostApart{60};

struct StoreState {
  std::int64_t epoch = 1;
  std::int64_t generation = 0;
  Instant floor{};                      // when this epoch began; 0 for the first
  Instant latest{};                     // the newest moment that this host's clock has shown
  bool shared = false;                  // other hosts live in it, too
  bool synchronous = true;              // what is committed is on the server that would take over
  std::optional<Instant> server_clock;  // of a shared one, now
  bool came_back = false;               // an older state than the last one we wrote; begin_epoch() is due
};

// One that writes to a shared store.
struct Host {
  std::string name;
  std::string version;
  Instant seen{};
  std::int64_t clock_offset = 0;  // from the store's clock, in seconds
};

// A stateless login host, which asks through a gate.
struct LoginHost {
  std::string name;    // as its certificate says
  std::string serial;  // of the one certificate that counts, in hexadecimal
  Instant enrolled{};
  Instant until{};  // the certificate's end
  bool revoked = false;
};

struct Damage {
  std::string user;
  std::string what;
};

struct Inspection {
  std::vector<Damage> damages;
  std::string last;  // user name to go on after; empty: that was all
};

class Maintenance {
 public:
  virtual ~Maintenance() = default;
  [[nodiscard]] virtual StoreState state() = 0;
  // A condition that an administrator should fix before it does harm; empty if there is none.
  [[nodiscard]] virtual std::string problem() = 0;
  // One generation on, with the newest moment seen.
  virtual void live_on(Instant latest) = 0;
  // Methods that were not used in it accept nothing up to `floor`, the newest moment that this host's clock has shown;
  // on a shared store kMostApart later, which another host's clock may have shown.
  virtual void begin_epoch(Instant floor) = 0;
  // The clock is right now, whatever it showed before. Marks and floors that lie after `now` and the window are
  // lowered to it, and counted.
  virtual std::int64_t accept_clock(Instant now, int window) = 0;
  // Reads `count` users after the name `after` whole.
  [[nodiscard]] virtual Inspection inspect(const std::string& after, int count) = 0;
  // Drops what is damaged of one user: single rows while the head is whole, else all; then the user is reset.
  // Returns what was dropped.
  virtual std::vector<std::string> repair(const UserName& user) = 0;
  // On a shared store: this host lives.
  virtual void sign_in(const std::string& host, const std::string& version, Instant now) = 0;
  [[nodiscard]] virtual std::vector<Host> hosts() = 0;
  // Nothing when there is none of that name.
  [[nodiscard]] virtual std::optional<LoginHost> login_host(const std::string& name) = 0;
  [[nodiscard]] virtual std::vector<LoginHost> login_hosts() = 0;
  // A certificate that it had before counts no more.
  virtual void write_login_host(const LoginHost& host) = 0;
  // The number of other connected servers that could confirm or take over.
  [[nodiscard]] virtual std::int64_t standbys() = 0;
  // From now on the next sealing key opens the store, and the one before it does not.
  virtual void rewrap() = 0;
};

}  // namespace seimon::core

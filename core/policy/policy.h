// SPDX-License-Identifier: Apache-2.0
// Finds the rule that decides a login, and its action. The first rule whose conditions all hold decides; else the
// default.
// MUST (threat model N1-N3):
//  1. An address counts only where the login service vouches for it; a claim matches no network and no `local`.
//  2. A condition that cannot be evaluated makes its rule the deciding one, with `skip` read as `require`.
//  3. A network that is not `on` exempts nobody: the rule is passed over, and what it would have done is remembered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/account/methods.h"
#include "core/policy/network.h"
#include "core/types.h"

namespace seimon::core {

enum class Action : std::uint32_t { kDeny = 0, kRequire = 0x69966996, kSkip = 0x9669F00F };
enum class Unenrolled : std::uint32_t {
  kDeny = 0,
  kAllow = 0x3CC3A55A,
  kRemind = 0xC33C5AA5,
  kAsk = 0x5AA53CC3,    // set up now? [Y/n]
  kEnrol = 0xA55AC33C,  // must register now
};
[[nodiscard]] std::string_view action_name(Action action);
[[nodiscard]] std::optional<Action> parse_action(std::string_view name);
[[nodiscard]] std::string_view unenrolled_name(Unenrolled unenrolled);
[[nodiscard]] std::optional<Unenrolled> parse_unenrolled(std::string_view name);

enum class NetworkState : std::uint8_t { kOff, kPreparing, kOn };

struct Network {
  NetworkSet set;
  NetworkState state = NetworkState::kOn;
  std::optional<Instant> not_before;
  bool any = false;  // may hold every address
};
[[nodiscard]] NetworkState state_at(const Network& network, Instant now);

// The place a login comes from. `text` is for the record only.
struct Origin {
  enum class Kind : std::uint8_t { kUnknown, kLocal, kAddress };
  Kind kind = Kind::kUnknown;
  Address address;
  std::string text;
};

// The purpose of a login.
enum class Purpose : std::uint8_t { kLogin, kPassword };

struct Facts {
  explicit Facts(UserName name) : user(std::move(name)) {}
  UserName user;
  bool exists = false;   // NSS knows the name
  bool trusted = false;  // the peer is the login service; otherwise the rest is only a claim
  std::int64_t peer_uid = 0;
  // The login host that relays this login, where the gate does not name it trusted: it may make up any address, so its
  // word lets nobody register and forgives nothing, and its failures count in a scope of that host. Else empty.
  std::string untrusted_host;
  std::string service;
  std::string tty;
  std::string caller;              // who runs the login service (PAM_RUSER), by its own word
  std::optional<UserName> target;  // whom su is to become, when `user` is who runs it
  std::optional<std::int64_t> target_uid;
  Origin origin;
  std::optional<std::vector<std::string>> groups;  // nothing: could not be resolved
  std::vector<std::string> unsure_groups;          // whether the user is in these could not be told
  std::optional<std::int64_t> uid;                 // of the user
  Purpose purpose = Purpose::kLogin;
  std::string session;                // the login session it is asked in (daemon/system/processes.h), and
  std::string boot;                   // the boot of its host; empty: cannot be told
  seconds zone{0};                    // of this host, east of UTC, now
  bool one_answer = false;            // the code came with the password: nothing more can be asked
  bool has_account_line = true;       // without it nothing that is registered at this login would be confirmed
  std::vector<std::string> ssh_auth;  // methods that sshd has accepted already
};

// Days and hours of a week in one time zone, "Mon-Fri 09:00-18:00 +09:00": several spans, separated by commas.
class Hours {
 public:
  // Nothing when `text` cannot be read.
  [[nodiscard]] static std::optional<Hours> parse(std::string_view text);
  // `zone`: seconds east of UTC, for hours that name no zone.
  [[nodiscard]] bool contain(Instant now, seconds zone) const;

 private:
  struct Span {
    unsigned days = 0;  // bit 0: Monday
    seconds from{};     // of the day
    seconds until{};    // not after `from`: past midnight
  };
  std::vector<Span> spans_;
  std::optional<seconds> zone_;  // east of UTC
};

// An absent condition holds. Names may carry * and ?.
struct Conditions {
  std::optional<std::vector<std::string>> users;
  std::optional<std::vector<std::string>> groups;
  std::optional<std::vector<std::string>> services;
  std::optional<std::vector<std::string>> networks;
  std::optional<std::vector<std::string>> ttys;
  std::optional<std::vector<std::string>> ssh_auth;
  std::optional<std::vector<std::string>> caller;  // who runs su or sudo
  std::optional<std::vector<std::string>> target;  // whom su is to become
  std::optional<Hours> hours;
  std::optional<bool> local;
};

// The user whose code su asks for: the one who runs it, as sudo does, or the one it is to become.
enum class Asks : std::uint8_t { kCaller, kTarget };

struct Rule {
  std::string name;
  std::string place;  // file:line
  Conditions given;
  Conditions negated;
  std::optional<Instant> not_before;
  std::optional<Instant> not_after;
  Action action = Action::kDeny;
  Unenrolled unenrolled = Unenrolled::kDeny;
  Asks asks = Asks::kCaller;
  Kinds kinds = Kinds::all();  // that satisfy a `require`
  bool any = false;            // a skip that may exempt everyone
  bool same_session = false;   // su and sudo take the second step of the login that they run in
};

struct Policy {
  bool observe = false;
  std::map<std::string, Network> networks;
  std::vector<Rule> rules;
  Rule fallback;  // `default`
  std::vector<std::string> local_services;

  [[nodiscard]] bool uses_groups() const;
};

// True when no login could fail this rule's conditions, or only because somebody is named as left out.
[[nodiscard]] bool would_match_everyone(const Rule& rule, const Policy& policy);

struct Considered {
  std::string rule;
  std::string place;
  std::string why;  // "decides", or the condition that did not hold
};

struct Decision {
  Action action = Action::kDeny;
  Unenrolled unenrolled = Unenrolled::kDeny;
  Asks asks = Asks::kCaller;
  Kinds kinds = Kinds::all();
  bool same_session = false;
  std::string rule;
  std::string network;      // whose address matched in the deciding rule
  std::string cannot_tell;  // the condition that could not be evaluated
  std::string would_rule;   // a skip that was passed over because its network is not on
  std::string would_network;
};

// `considered`, when given, receives one row for each rule up to the deciding one.
[[nodiscard]] Decision decide(const Policy& policy, const Facts& facts, Instant now,
                              std::vector<Considered>* considered = nullptr);

// For sshd the address is the first word of SSH_CONNECTION in the PAM environment, and a numeric `rhost` must agree;
// elsewhere it is `rhost`, and SSH_CONNECTION must agree if it is there. Without one: local for `local_services`, else
// unknown.
[[nodiscard]] Origin origin_of(const Policy& policy, bool trusted, std::string_view service, std::string_view rhost,
                               std::string_view ssh_connection);

// The name of a network that holds `origin`, the first in the order of their names; empty: none does.
[[nodiscard]] std::string network_of(const Policy& policy, const Origin& origin, Instant now);
// The origin's address lies in one of `names` that is not off. With no names: false.
[[nodiscard]] bool is_in_networks(const Policy& policy, const std::vector<std::string>& names, const Origin& origin,
                                  Instant now);

// A step of somebody who is logged in already to other rights (su, sudo): it has a caller, it is never remembered, and
// the session it opens is not its user's own.
[[nodiscard]] bool is_step_to_other_rights(std::string_view service);

// `*` any run of characters, `?` any one byte.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace seimon::core

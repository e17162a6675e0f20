// SPDX-License-Identifier: Apache-2.0
// The configuration as one value, with the defaults of seimon.conf(5). daemon/config/load.h reads it.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/login/conversation.h"
#include "daemon/config/delivery_config.h"

namespace seimon::daemon {

// Groups of the socket's peers that may act on other accounts, and how far.
struct Roles {
  std::vector<std::string> admin_groups;
  std::vector<std::string> helpdesk_groups;
  core::seconds helpdesk_max_for = std::chrono::hours(24);
  int helpdesk_max_uses = 20;

  [[nodiscard]] bool any() const { return !admin_groups.empty() || !helpdesk_groups.empty(); }
};

// An account other than root whose service logs people in: FreeRADIUS.
struct Caller {
  std::string account;
  uid_t uid = 0;
  std::vector<std::string> services;
  bool trust_address = false;  // PAM_RHOST is where a person is, and the service says so itself
};

// A gate that a stateless login host asks.
struct UpstreamGate {
  std::string host;
  std::string port;
  std::string certificate;  // file of this host (daemon/system/tls.h)
  bool operator==(const UpstreamGate&) const = default;
};

// The location of the store.
struct StoreSettings {
  // Of libpq (its "Connection Strings"); empty: the file at Config::store_path is the store.
  std::string server;
  int connections = 8;  // to the server
  core::seconds timeout{3};
  std::string tls = "verify-full";  // sslmode; "disable": none
  bool pooled = false;              // through pgbouncer in transaction mode
  bool operator==(const StoreSettings&) const = default;
};

// The page (seimon-web(8)).
struct PageSettings {
  std::optional<uid_t> account;  // of the process that shows it; nothing: there is none
  std::string url;               // "https://gate.example.org", without a path
  std::string logo;              // a file, SVG or PNG; may be empty
  std::string colour;            // "#rrggbb"; may be empty
  bool single_sign_on = false;   // the web server may say in a header who it is
};

struct Config {
  core::Policy policy;
  core::CodeSettings codes;
  core::RiskSettings risk;
  core::EnrolmentSettings enrolment;
  core::RememberSettings remember;
  core::Language language = core::Language::kBoth;
  std::vector<std::pair<std::string, core::Language>> languages;  // by group
  core::Wordings wordings;
  Roles roles;
  Delivery delivery = default_delivery();
  core::SendSettings send;
  bool offers_approval = false;
  core::ApproveSettings approve;
  std::string push_public;  // of delivery.push_key, in base64url; empty: no phone is notified by Web Push
  std::vector<Caller> callers;
  std::vector<UpstreamGate> upstream;      // not empty: this is a stateless login host
  std::optional<uid_t> gate;               // of the account that brings other hosts' messages (seimon-gate(8))
  std::vector<std::string> trusted_hosts;  // of those, whose word on addresses earns what this host's own does
  std::string issuer;
  std::string help;
  PageSettings page;
  std::string store_path = "/var/lib/seimon/seimon.db";  // and what this host keeps of a server's, beside it
  StoreSettings store;
  core::seconds keep_events = std::chrono::hours(24 * 400);
  bool skips_are_durable = false;
  std::vector<std::string> files;     // that it came from
  std::vector<std::string> warnings;  // "FILE: what is likely to go wrong"

  // True if the login host `host` is one of `gate.trusted_hosts`, or this host (empty).
  [[nodiscard]] bool trusts(const std::string& host) const;
  // Null when that uid is none.
  [[nodiscard]] const Caller* caller(uid_t uid) const;
  [[nodiscard]] bool uses_groups() const { return policy.uses_groups() || !languages.empty(); }
  // Every group that rules, roles and languages name, patterns included.
  [[nodiscard]] std::vector<std::string> named_groups() const;
};

// The part of the configuration for conversations on this host.
[[nodiscard]] core::Manner manner_of(const Config& config, const std::string& host);

}  // namespace seimon::daemon

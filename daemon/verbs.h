// SPDX-License-Identifier: Apache-2.0
// What each verb of io.seimon.Admin does, as a function from a request and the court to a reply. They run on the
// judge's thread, inside a savepoint; their events are appended there.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/conversation.h"
#include "daemon/admin.h"

namespace seimon::daemon {

struct Request {
  const nlohmann::json& parameters;  // an object; each value a text, a whole number or a boolean
  core::UserName user;               // whom it is about
  Person person;
  uid_t peer = 0;
  core::Manner manner;
  std::string issuer;
  std::unique_ptr<Draft> draft;  // taken from the session, given back
  std::vector<core::Event> events;

  [[nodiscard]] std::optional<std::string> text(const char* key) const;
  [[nodiscard]] std::optional<std::int64_t> number(const char* key) const;
  [[nodiscard]] bool flag(const char* key) const;
  // A number from `low` to `high`, or `otherwise` when it is absent.
  [[nodiscard]] std::int64_t bounded(const char* key, std::int64_t otherwise, std::int64_t low,
                                     std::int64_t high) const;
  // Refuses a name that neither NSS nor the store knows.
  void demand_known(const core::Account& account) const;
};

// A refusal; `error` is the last part of its Varlink name and decides the command's exit code.
struct Refusal {
  std::string error;
  std::string message;  // for the person, with what to do next
};

// Throws Refusal.
using Verb = nlohmann::json (*)(Request& request, const Court& court);

// Verbs that change something (daemon/verbs.cc).
[[nodiscard]] nlohmann::json enrol(Request& request, const Court& court);
[[nodiscard]] nlohmann::json confirm(Request& request, const Court& court);
[[nodiscard]] nlohmann::json remove(Request& request, const Court& court);
[[nodiscard]] nlohmann::json verify(Request& request, const Court& court);
[[nodiscard]] nlohmann::json suspend(Request& request, const Court& court);

// Verbs of the administrator who puts things right (daemon/upkeep_verbs.cc).
[[nodiscard]] nlohmann::json reset_failures(Request& request, const Court& court);
[[nodiscard]] nlohmann::json resync(Request& request, const Court& court);
[[nodiscard]] nlohmann::json accept_clock(Request& request, const Court& court);
[[nodiscard]] nlohmann::json backup(Request& request, const Court& court);
[[nodiscard]] nlohmann::json begin_epoch(Request& request, const Court& court);
[[nodiscard]] nlohmann::json restore(Request& request, const Court& court);
[[nodiscard]] nlohmann::json inspect(Request& request, const Court& court);
[[nodiscard]] nlohmann::json repair(Request& request, const Court& court);

// The event of what an administrator or owner did.
[[nodiscard]] core::Event event_of(const Request& request, const Court& court, std::string_view what,
                                   std::string_view outcome);
// By label or number. Throws Refusal.
[[nodiscard]] const core::Method& method_named(const core::Account& account, const std::string& name,
                                               const Request& request);

// Verbs that tell something (daemon/reports.cc).
[[nodiscard]] nlohmann::json list(Request& request, const Court& court);
[[nodiscard]] nlohmann::json explain(Request& request, const Court& court);
[[nodiscard]] nlohmann::json status_of_user(Request& request, const Court& court);
[[nodiscard]] nlohmann::json status(Request& request, const Court& court);
[[nodiscard]] nlohmann::json log(Request& request, const Court& court);
[[nodiscard]] nlohmann::json show_config(Request& request, const Court& court);

}  // namespace seimon::daemon

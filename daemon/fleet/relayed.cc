// SPDX-License-Identifier: Apache-2.0
#include "daemon/fleet/relayed.h"

#include <syslog.h>

#include <algorithm>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "daemon/net/message.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

namespace {

using nlohmann::json;

constexpr std::string_view kRefused = "io.seimon.Relay.Refused";
constexpr core::seconds kListed{30};
constexpr core::seconds kDrift{5};
constexpr std::size_t kMostSuspended = 500000;  // bytes of names in a reply

// Why a host with that certificate is refused; empty when it is not.
std::string reason_not_to_hear(const std::optional<core::LoginHost>& known, const std::string& serial,
                               core::Instant now) {
  if (!known) return "is not enrolled: seimon host enroll";
  if (known->revoked) return "was revoked";
  if (known->serial != serial) return "shows a certificate that is not its newest";
  if (now >= known->until) return "shows a certificate that has expired: seimon host enroll";
  return "";
}

// Of all, or nothing: whoever is missing would pass where no gate is asked.
std::optional<std::string> joined(const std::set<core::UserName>& users) {
  std::string names;
  for (const core::UserName& user : users) names += user.text() + "\n";
  return names.size() > kMostSuspended ? std::nullopt : std::optional(std::move(names));
}

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

// Events that a host recorded while no gate answered are outcomes of logins at a plausible time; others are dropped.
bool is_of_a_login(const core::Event& event, core::Instant now) {
  constexpr core::seconds kLongAgo = std::chrono::hours(24 * 31);
  const bool is_login = event.event == "login" || event.event == "try" || event.event == "account";
  return is_login && event.at > now - kLongAgo && event.at <= now + core::kMostApart;
}

}  // namespace

Relayed::Relayed(Relays& relays, Connection& connection, bool is_gate, std::function<void(std::string)> admitted)
    : relays_(relays),
      service_(relays.service),
      connection_(connection),
      peer_(connection.peer()),
      admitted_(std::move(admitted)),
      awaits_(is_gate ? Next::kHost : Next::kAnything) {
  relays_.open.add(connection_.id(), *this);
}

template <class Message>
bool Relayed::take(const wire::Envelope& envelope, bool (Relayed::*handle)(const Message&)) {
  const auto parsed = std::make_unique<Message>();
  return wire::read_parameters(envelope.parameters, *parsed) && (this->*handle)(*parsed);
}

bool Relayed::call(const wire::Envelope& envelope) {
  const std::string_view method = envelope.method.view();
  const Next awaited = awaits_;
  if (awaits_ == Next::kHost) awaits_ = Next::kNothing;
  switch (awaited) {
    case Next::kNothing: return false;
    case Next::kHost: return method == wire::RelayHost::kMethod && take(envelope, &Relayed::host);
    case Next::kBegin: return method == wire::RelayBegin::kMethod && take(envelope, &Relayed::begin);
    case Next::kAnything: break;
  }
  return method == wire::RelayEvents::kMethod && peer_.is_remote() && take(envelope, &Relayed::events);
}

void Relayed::refuse(const std::string& reason) {
  const std::string text = base::escaped(peer_.host) + " " + reason;
  service_.journal.write(LOG_WARNING, "host " + text);
  awaits_ = Next::kNothing;
  connection_.reply(framed({{"error", kRefused}, {"parameters", {{"message", text}}}}), true);
}

bool Relayed::refuse_version(std::int64_t version, std::int64_t oldest) {
  refuse("has versions " + std::to_string(oldest == 0 ? version : oldest) + " to " + std::to_string(version) +
         " of the protocol, this gate " + std::to_string(wire::kOldestVersion) + " to " +
         std::to_string(wire::kVersion) + ": install the same release of both");
  return true;
}

void Relayed::vouch(std::string message) {
  auto reason = std::make_unique<std::string>();
  std::string* found = reason.get();
  service_.executor.run_step(
      [found, host = peer_.host, serial = serial_](const StepContext& context) {
        *found = reason_not_to_hear(context.maintenance.login_host(host), serial, context.now.wall);
        return Needs::kNothing;
      },
      [&relays = relays_, id = connection_.id(), reason = std::move(reason),
       message = std::move(message)](const CommitResult& result) mutable {
        if (result.kind != CommitResult::Kind::kDurable) *reason = "cannot be looked up: " + result.reason;
        Relayed* relayed = relays.open.find(id);
        if (relayed != nullptr && reason->empty()) relayed->admit(std::move(message));
        else if (relayed != nullptr) relayed->refuse(*reason);
        core::wipe(message);
      });
}

void Relayed::admit(std::string message) {
  if (awaits_ == Next::kAnything) return admitted_(std::move(message));
  awaits_ = Next::kBegin;
  connection_.reply(framed({{"parameters", json::object()}}), false);
}

bool Relayed::host(const wire::RelayHost& message) {
  if (message.host.empty() || message.serial.empty()) return false;
  peer_.host = message.host.view();
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  serial_ = message.serial.view();
  vouch("");
  return true;
}

bool Relayed::begin(const wire::RelayBegin& message) {
  constexpr std::int64_t kMostSeconds = std::int64_t{1} << 40;
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  if (message.uid < 0 || message.uid >= UINT32_MAX) return false;
  if (message.clock < 0 || message.clock > kMostSeconds) return false;
  // Both stand in records, whose fields end at control characters.
  if (!is_plain(message.boot.view()) || !is_plain(message.session.view())) return false;
  peer_.uid = static_cast<uid_t>(message.uid);
  peer_.boot = message.boot.view();
  peer_.session = message.session.view();
  if (peer_.is_root()) return sign_in(message), true;
  service_.groups.resolve(std::string(message.user.view()), false, peer_.uid,
                          [&relays = relays_, id = connection_.id(), message](const Person& person) {
                            Relayed* relayed = relays.open.find(id);
                            if (relayed == nullptr) return;
                            if (person.known == Person::Known::kYes && person.uid == message.uid)
                              return relayed->sign_in(message);
                            relayed->refuse("has an account " + base::escaped(message.user.view()) +
                                            " with a uid of its own, or one that this gate does not know");
                          });
  return true;
}

// Replies with the suspended users, whom the host refuses while no gate answers, and records when the host was seen.
void Relayed::sign_in(const wire::RelayBegin& message) {
  const core::Instant wall = now();
  const core::seconds offset = core::Instant(core::seconds(message.clock)) - wall;
  Relays::LastSeen& listed = relays_.hosts[peer_.host];
  const bool due =
      wall - listed.at >= kListed || wall < listed.at || std::chrono::abs(offset - listed.clock_offset) > kDrift;
  if (due) listed = {wall, offset};
  auto suspended = std::make_unique<std::optional<std::string>>();
  std::optional<std::string>* names = suspended.get();
  service_.executor.run_step(
      [names, due, host = peer_.host, release = std::string(message.release.view()),
       clock = core::Instant(core::seconds(message.clock))](const StepContext& context) {
        *names = joined(context.users.suspended());
        if (due) context.maintenance.sign_in(host, release, clock);
        return due ? Needs::kCommit : Needs::kNothing;
      },
      [&relays = relays_, id = connection_.id(), suspended = std::move(suspended)](const CommitResult& result) {
        Relayed* relayed = relays.open.find(id);
        if (relayed == nullptr) return;
        if (!result.is_durable()) return relayed->refuse("is not served: " + result.reason);
        relayed->awaits_ = Next::kAnything;
        json parameters = json::object();
        if (*suspended) parameters["suspended"] = **suspended;
        relayed->connection_.reply(framed({{"parameters", parameters}}), false);
      });
}

bool Relayed::events(const wire::RelayEvents& message) {
  if (!peer_.is_root()) return false;
  std::vector<core::Event> events;
  std::string_view rest = message.lines.view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto event = event_in(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (!event || !is_of_a_login(*event, now())) continue;
    event->host = peer_.host;
    events.push_back(std::move(*event));
  }
  service_.executor.run_step(
      [events](const StepContext& context) {
        for (const core::Event& event : events) context.audit.append(event);
        return Needs::kCommit;
      },
      [&relays = relays_, id = connection_.id()](const CommitResult& result) {
        Relayed* relayed = relays.open.find(id);
        if (relayed == nullptr) return;
        if (!result.is_durable()) return relayed->refuse("is not served: " + result.reason);
        relayed->connection_.reply(framed({{"parameters", json::object()}}), false);
      });
  return true;
}

}  // namespace seimon::daemon

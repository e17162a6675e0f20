// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/page_owner.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "daemon/admin/approver.h"
#include "daemon/admin/request.h"
#include "daemon/admin/roles.h"
#include "daemon/net/message.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

namespace {

using nlohmann::json;

constexpr std::string_view kRefused = "io.seimon.Relay.Refused";
constexpr std::array<std::string_view, 2> kForNobody = {"io.seimon.Admin.Messages", "io.seimon.Admin.PageSettings"};
constexpr std::size_t kSessionName = 16;  // characters of a digest

// The ticket with that digest if it is the page's, and its owner may use it; null otherwise.
const core::Ticket* standing(const core::Profile& profile, std::string_view session, const std::string& digest,
                             core::Instant age) {
  if (profile.suspended) return nullptr;
  const auto found = std::find_if(profile.tickets.begin(), profile.tickets.end(), [&](const core::Ticket& ticket) {
    return ticket.session == session && ticket.digest == digest && age < ticket.until;
  });
  return found == profile.tickets.end() ? nullptr : &*found;
}

constexpr std::array<std::string_view, 2> kForPairing = {"io.seimon.Admin.Enroll", "io.seimon.Admin.Confirm"};
constexpr std::array<std::string_view, 3> kForPhone = {"io.seimon.Admin.Pending", "io.seimon.Admin.Approve",
                                                       "io.seimon.Admin.NotifyPhone"};

bool waits_for_number(const core::Account& account, core::Instant age) {
  const auto& pairing = account.profile.approvals.pairing;
  return account.pending && pairing && pairing->method == account.pending->id && age < pairing->until;
}

// A phone with that token is registered, or waits for its number. (A suspended owner is shown nothing that waits.)
bool is_phone_of(const core::Account& account, const std::string& digest, core::Instant age) {
  return phone_in(account, digest) != nullptr || (waits_for_number(account, age) && is_phone(*account.pending, digest));
}

// Outcome of a step that looks a ticket up.
struct Found {
  std::string digest;
  std::optional<core::seconds> left;  // until it ends; nothing: there is none
};

}  // namespace

std::string page_ticket_of(core::Store& store, const std::string& link) {
  return store.digest("page " + link).substr(0, 40);
}

PageOwner::PageOwner(Pages& pages, Connection& connection, std::function<void(std::string)> admitted)
    : pages_(pages),
      service_(pages.service),
      connection_(connection),
      peer_(connection.peer()),
      admitted_(std::move(admitted)),
      is_page_(!connection.peer().is_root() && service_.config.page.account == connection.peer().uid) {
  pages_.open.add(connection_.id(), *this);
}

template <class Message>
bool PageOwner::take(const wire::Envelope& envelope, bool (PageOwner::*handle)(const Message&)) {
  const auto parsed = std::make_unique<Message>();
  return wire::read_parameters(envelope.parameters, *parsed) && (this->*handle)(*parsed);
}

bool PageOwner::may_call(std::string_view method) const {
  if (means_ != Means::kTicket) {
    const std::span<const std::string_view> allowed =
        means_ == Means::kPhone ? std::span<const std::string_view>(kForPhone) : kForPairing;
    return std::find(allowed.begin(), allowed.end(), method) != allowed.end();
  }
  if (has_owner()) return method.starts_with(kAdminInterface);
  return std::find(kForNobody.begin(), kForNobody.end(), method) != kForNobody.end();
}

bool PageOwner::call(const wire::Envelope& envelope) {
  const std::string_view method = envelope.method.view();
  if (is_refused_) return false;
  if (means_ != Means::kTicket) return false;
  if (has_owner()) return method == wire::RelayLeave::kMethod && take(envelope, &PageOwner::leave);
  if (method == wire::RelayWeb::kMethod) return take(envelope, &PageOwner::sign_in);
  if (method == wire::RelayPhone::kMethod) return take(envelope, &PageOwner::show_phone);
  if (method == wire::RelayPair::kMethod) return take(envelope, &PageOwner::pair);
  return method == wire::RelayRedeem::kMethod && take(envelope, &PageOwner::redeem);
}

void PageOwner::refuse(const std::string& reason) {
  user_.reset();
  is_refused_ = true;
  connection_.reply(framed({{"error", kRefused}, {"parameters", {{"message", reason}}}}), true);
}

bool PageOwner::refuse_version(std::int64_t version, std::int64_t oldest) {
  const std::string reason = "seimon-web has versions " + std::to_string(oldest == 0 ? version : oldest) + " to " +
                             std::to_string(version) + " of the protocol, this seimond " +
                             std::to_string(wire::kOldestVersion) + " to " + std::to_string(wire::kVersion) +
                             ": install the same release of both";
  service_.journal.write(LOG_ERR, reason);
  refuse(reason);
  return true;
}

bool PageOwner::sign_in(const wire::RelayWeb& message) {
  return identify(message, std::string(message.ticket.view()), Means::kTicket);
}

bool PageOwner::show_phone(const wire::RelayPhone& message) {
  return identify(message, std::string(message.token.view()), Means::kPhone);
}

bool PageOwner::pair(const wire::RelayPair& message) {
  return identify(message, std::string(message.token.view()), Means::kPairing);
}

template <class Message>
bool PageOwner::identify(const Message& message, std::string word, Means means) {
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  service_.groups.resolve(
      std::string(message.user.view()), service_.config.roles.any(), peer_.uid,
      [&pages = pages_, id = connection_.id(), word = std::move(word), means](const Person& person) {
        PageOwner* page = pages.open.find(id);
        if (page == nullptr) return;
        const auto user = core::UserName::parse(person.name);
        if (!user || person.known != Person::Known::kYes || person.uid <= 0)
          return page->refuse("nobody who may use the page");
        page->look_up(*user, person, word, means);
      });
  return true;
}

void PageOwner::look_up(const core::UserName& user, const Person& person, std::string word, Means means) {
  const auto uid = static_cast<uid_t>(person.uid);
  const std::string role(role_name(actor_of(uid, person, service_.config.roles).role));
  auto found = std::make_unique<Found>();
  Found* looked_up = found.get();
  service_.executor.run_step(
      [looked_up, user, person, word = std::move(word), means](const StepContext& context) {
        looked_up->digest =
            means == Means::kPhone ? phone_digest(context.store, word) : core::ticket_digest(context.store, word);
        looked_up->left = left_of(account_of(user, person, context), means, looked_up->digest, context.now.age);
        return Needs::kNothing;
      },
      [&pages = pages_, id = connection_.id(), user, uid, role, means,
       found = std::move(found)](const CommitResult& result) {
        PageOwner* page = pages.open.find(id);
        if (page == nullptr) return;
        if (result.kind != CommitResult::Kind::kDurable) return page->refuse("the store cannot be used now");
        if (!found->left) return page->refuse(ended(means));
        page->means_ = means;
        page->user_ = user;
        page->digest_ = found->digest;
        page->peer_.uid = uid;
        page->peer_.is_page = true;
        if (means == Means::kPairing) page->peer_.pairing = found->digest;
        if (means == Means::kPhone) page->peer_.phone = found->digest;
        page->peer_.session = std::string(core::kPageSession) + " " + found->digest.substr(0, kSessionName);
        page->connection_.reply(
            framed({{"parameters", {{"user", user.text()}, {"left", found->left->count()}, {"role", role}}}}), false);
      },
      peer_.uid);
}

std::optional<core::seconds> PageOwner::left_of(const core::Account& account, Means means, const std::string& digest,
                                                core::Instant age) {
  if (means == Means::kPhone) return is_phone_of(account, digest, age) ? std::optional(core::seconds(0)) : std::nullopt;
  const std::string_view session = means == Means::kTicket ? core::kPageSession : core::kPairSession;
  const core::Ticket* ticket = standing(account.profile, session, digest, age);
  return ticket == nullptr ? std::nullopt : std::optional(ticket->until - age);
}

std::string PageOwner::ended(Means means) {
  if (means == Means::kPhone) return "that phone is not registered";
  return means == Means::kPairing ? "this QR code has expired or was already used; begin again on the other screen"
                                  : "that sign-in has ended";
}

void PageOwner::vouch(std::string message) {
  auto stands = std::make_unique<bool>(false);
  bool* is_standing = stands.get();
  service_.executor.run_step(
      [is_standing, user = *user_, digest = digest_, means = means_](const StepContext& context) {
        *is_standing = left_of(context.store.account(user), means, digest, context.now.age).has_value();
        return Needs::kNothing;
      },
      [&pages = pages_, id = connection_.id(), stands = std::move(stands),
       message = std::move(message)](const CommitResult& result) mutable {
        PageOwner* page = pages.open.find(id);
        if (page != nullptr && result.kind != CommitResult::Kind::kDurable)
          page->refuse("the store cannot be used now");
        else if (page != nullptr && !*stands) page->refuse(ended(page->means_));
        else if (page != nullptr) page->admitted_(std::move(message));
        core::wipe(message);
      });
}

// A link is a ticket of its own kind beside the page's that it stands for: whoever takes it out first gets that one.
bool PageOwner::redeem(const wire::RelayRedeem& message) {
  if (!wire::is_compatible(message.version, message.oldest)) return refuse_version(message.version, message.oldest);
  const auto user = core::UserName::parse(message.user.view());
  if (!user) return refuse("this link has been used, or is too old"), true;
  auto ticket = std::make_unique<std::string>();
  std::string* given = ticket.get();
  service_.executor.run_step(
      [given, user = *user, link = std::string(message.link.view())](const StepContext& context) {
        given->clear();
        core::Profile profile = context.store.account(user).profile;
        const std::string digest = core::ticket_digest(context.store, link);
        const auto gone = std::erase_if(profile.tickets, [&](const core::Ticket& row) {
          return row.session == core::kLinkSession && row.digest == digest && context.now.age < row.until;
        });
        if (gone == 0 || profile.suspended) return Needs::kNothing;
        context.store.write_profile(user, profile);
        *given = page_ticket_of(context.store, link);
        return Needs::kCommit;
      },
      [&pages = pages_, id = connection_.id(), ticket = std::move(ticket)](const CommitResult& result) {
        PageOwner* page = pages.open.find(id);
        if (page != nullptr && !result.is_durable()) page->refuse("the store cannot be used now");
        else if (page != nullptr && ticket->empty()) page->refuse("this link has been used, or is too old");
        else if (page != nullptr) page->connection_.reply(framed({{"parameters", {{"ticket", *ticket}}}}), false);
        core::wipe(*ticket);
      });
  return true;
}

bool PageOwner::leave(const wire::RelayLeave& /*message*/) {
  service_.executor.run_step(
      [user = *user_, digest = digest_](const StepContext& context) {
        core::Profile profile = context.store.account(user).profile;
        std::erase_if(profile.tickets, [&](const core::Ticket& ticket) { return ticket.digest == digest; });
        context.store.write_profile(user, profile);
        return Needs::kCommit;
      },
      [&pages = pages_, id = connection_.id()](const CommitResult& result) {
        PageOwner* page = pages.open.find(id);
        if (page == nullptr) return;
        if (!result.is_durable()) return page->refuse("the store cannot be used now");
        page->connection_.reply(framed({{"parameters", json::object()}}), false);
      });
  return true;
}

}  // namespace seimon::daemon

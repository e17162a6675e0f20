// SPDX-License-Identifier: Apache-2.0
// A connection of seimon-web(8): nobody until it shows the ticket of a sign-in, then that ticket's owner.
// MUST (threat model W1):
//  1. Whoever took over the page acts only for people whose tickets it has, while those last: the ticket is looked up
//     again before each call.
//  2. Never for uid 0, and never with a ticket of another session.
//  3. A link works once.
//  4. A ticket of a QR code registers one phone, and opens nothing else.
//  5. The token of a phone shows what waits for its owner and answers it, and opens nothing else.
#pragma once

#include <functional>
#include <string>

#include "core/ports/store.h"
#include "daemon/net/handler.h"
#include "daemon/net/registry.h"
#include "daemon/work/service.h"
#include "wire/codec.h"
#include "wire/relay.h"

namespace seimon::daemon {

class PageOwner;

// Shared by all connections of the page. One instance, owned by main; used on the loop's thread.
struct Pages {
  Service& service;
  Registry<PageOwner> open = {};
};

class PageOwner {
 public:
  // `admitted`: what to do with a message that was given to vouch().
  PageOwner(Pages& pages, Connection& connection, std::function<void(std::string)> admitted);
  PageOwner(const PageOwner&) = delete;
  PageOwner& operator=(const PageOwner&) = delete;
  ~PageOwner() { pages_.open.remove(connection_.id()); }

  // The connection is one of the page's process.
  [[nodiscard]] bool is_page() const { return is_page_; }
  [[nodiscard]] bool has_owner() const { return user_.has_value(); }
  // Handles a message of the page itself. False when it is not understood, or not allowed now; then the session is to
  // be closed.
  [[nodiscard]] bool call(const wire::Envelope& envelope);
  // Of other messages: with an owner those of administration, without one the texts and the settings of the page.
  [[nodiscard]] bool may_call(std::string_view method) const;
  // Admits `message` if the owner's ticket still stands; else it is refused.
  void vouch(std::string message);

 private:
  template <class Message>
  [[nodiscard]] bool take(const wire::Envelope& envelope, bool (PageOwner::*handle)(const Message&));
  [[nodiscard]] bool sign_in(const wire::RelayWeb& message);
  [[nodiscard]] bool redeem(const wire::RelayRedeem& message);
  [[nodiscard]] bool show_phone(const wire::RelayPhone& message);
  [[nodiscard]] bool pair(const wire::RelayPair& message);
  [[nodiscard]] bool leave(const wire::RelayLeave& message);
  // The words by which an owner is known; each opens more or less.
  enum class Means : std::uint8_t { kTicket, kPhone, kPairing };
  // A step that looks `word` up, and admits its owner.
  void look_up(const core::UserName& user, const Person& person, std::string word, Means means);
  template <class Message>
  [[nodiscard]] bool identify(const Message& message, std::string word, Means means);
  // The time that is left for whoever has that word; nothing: it opens nothing.
  [[nodiscard]] static std::optional<core::seconds> left_of(const core::Account& account, Means means,
                                                            const std::string& digest, core::Instant age);
  // The reason for which its word opens nothing any more.
  [[nodiscard]] static std::string ended(Means means);
  void refuse(const std::string& reason);
  // The page and this service have no version in common. Returns true: the message was answered.
  [[nodiscard]] bool refuse_version(std::int64_t version, std::int64_t oldest);

  Pages& pages_;
  Service& service_;
  Connection& connection_;
  Peer& peer_;  // the connection's
  std::function<void(std::string)> admitted_;
  bool is_page_;
  bool is_refused_ = false;  // and nobody for good
  std::optional<core::UserName> user_;
  std::string digest_;  // of that word
  Means means_ = Means::kTicket;
};

// The ticket that a link is exchanged for.
[[nodiscard]] std::string page_ticket_of(core::Store& store, const std::string& link);

}  // namespace seimon::daemon

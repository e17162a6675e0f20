// SPDX-License-Identifier: Apache-2.0
// A call of io.seimon.Admin, parsed, and what its verb may read and leave: who asks, about whom, with which parameters.
#pragma once

#include <sys/types.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/login/conversation.h"
#include "daemon/system/groups.h"
#include "daemon/work/step_context.h"

namespace seimon::daemon {

inline constexpr std::string_view kAdminInterface = "io.seimon.Admin.";

// The rights of a peer on accounts that are not its own. Each includes the ones before.
enum class Role : std::uint8_t { kNone, kHelpdesk, kAdmin, kRoot };

// The caller.
struct Actor {
  uid_t uid = 0;
  std::string name;  // "root", or the account's
  Role role = Role::kNone;
  std::optional<core::UserName> account;  // nothing for root, and for a uid without a name
};

// A role holder has shown with a code who they are. It stands for a while, and only as long as one of the methods that
// they had then is there: whoever was revoked proves anew.
struct ActorProof {
  core::Instant at{};
  std::vector<core::MethodId> methods;
};

// A method that waits for the code that proves it. It lives in its connection and nowhere else.
struct Draft {
  core::UserName user;
  std::int64_t uid = -1;
  core::Method method;
  core::Instant begun{};
  bool enrolled_before = false;  // when it began
  std::optional<core::MethodId> replaces;
  std::vector<core::MethodId> beside;  // the user's methods when it began
  int tries_left = 5;
  std::optional<core::SentCode> sent = {};  // that proves it, if codes are sent to it
  bool is_not_sent = false;                 // although it was to be
  std::string challenge = {};               // that a passkey signs, in base64url
  std::uint32_t counter = 0;                // signature counter that it begins with (WebAuthn §7.1)
  bool without_code = false;                // begun with a ticket of `replace_from` alone
};

// Wipes keys and codes, wherever they stand in a message. Never throws: destructors call it.
void wipe_secrets(nlohmann::json& message) noexcept;

// The parameters of a call. Keys and codes in them are wiped with the object, and never copied.
struct Parameters {
  Parameters() = default;
  explicit Parameters(nlohmann::json call) : object(std::move(call)) {}
  Parameters(Parameters&&) = default;
  // The old contents go to `other`, which wipes them.
  Parameters& operator=(Parameters&& other) noexcept {
    object.swap(other.object);
    return *this;
  }
  ~Parameters();

  nlohmann::json object;
};

// A call of Import that waits for the others of its file: all of them count, or none does.
struct Staged {
  Parameters parameters;
  core::UserName user;
  Person person;
};

struct Request {
  Parameters call;      // an object; each value a text, a whole number or a boolean
  core::UserName user;  // the user it is about
  Person person;
  Actor actor;
  bool is_own = false;                         // the actor's own account, and not root's word
  std::optional<ActorProof> actor_proof = {};  // from before on this connection, then as it is now
  core::Manner manner;
  std::string boot;
  std::string session;                     // the login session that it comes from; empty where that cannot be told
  bool is_page = false;                    // that session is one of the page
  std::string pairing = {};                // digest of the ticket by which it adds one phone, and nothing else
  std::string phone = {};                  // digest of the token of the phone that calls, without a ticket
  std::unique_ptr<Draft> draft = nullptr;  // taken from the session, given back, like the next
  std::vector<Staged> staged = {};
  std::vector<core::Event> events = {};
  std::size_t kept_events = 0;                    // of them, those that stay whatever becomes of the verb
  std::optional<core::CodeMessage> message = {};  // to be sent when the verb's writes are durable
  bool without_code = false;                      // a ticket of `replace_from` is all that was shown
  bool untrusted_host = false;                    // it comes from a login host whose word the gate does not trust

  [[nodiscard]] std::optional<std::string> text(const char* key) const;
  [[nodiscard]] std::optional<std::int64_t> number(const char* key) const;
  [[nodiscard]] bool flag(const char* key) const;
  // The actor's note for the audit trail, which may come with every call. Throws Refusal.
  [[nodiscard]] std::string note() const;
  // A number from `low` to `high`, or `otherwise` when it is absent.
  [[nodiscard]] std::int64_t bounded(const char* key, std::int64_t otherwise, std::int64_t low,
                                     std::int64_t high) const;
  // Refuses a name that neither NSS nor the store knows.
  void demand_known(const core::Account& account) const;
};

// A refusal; `error` is the last part of its Varlink name and decides the command's exit code.
struct Refusal {
  std::string error;
  std::string text;                 // for the person, with what to do next; the command may have a translation
  std::vector<std::string> values;  // that take the places "{1}", "{2}", … in it; escaped
};

// As a reply, with its NUL. `help` is whom to ask; root asks nobody.
[[nodiscard]] std::string framed_refusal(const Refusal& refusal, const std::string& help);

// Throws Refusal.
using Verb = nlohmann::json (*)(Request& request, const StepContext& context);

// The event of what an administrator or owner did.
[[nodiscard]] core::Event event_of(const Request& request, const StepContext& context, std::string_view what,
                                   std::string_view outcome);
// The same without a user.
[[nodiscard]] core::Event event_of_all(const Request& request, const StepContext& context, std::string_view what,
                                       std::string_view outcome);
// The account as it counts now. Throws what the store throws.
[[nodiscard]] core::Account account_of(const Request& request, const StepContext& context);
[[nodiscard]] core::Account account_of(const core::UserName& user, const Person& person, const StepContext& context);
// Commits what was written so far, even if the verb is refused later: a counted try, a spent code.
void keep_so_far(Request& request, const StepContext& context);
// A refused verb has changed nothing but what was kept.
void undo_rest(Request& request, const StepContext& context);
}  // namespace seimon::daemon

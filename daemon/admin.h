// SPDX-License-Identifier: Apache-2.0
// The other half of a session: io.seimon.Admin, which the `seimon` command speaks. One table says which verb exists,
// who may call it and which parameters it takes.
// MUST:
//  1. A verb that is not in the table, or a parameter that its row does not list, is refused.
//  2. Another account needs uid 0, or a role by group of the socket's peer, proven by a code or a ticket of its own.
//     People change their own methods only with a code of a method they have, or with a ticket (threat model E2).
//  3. Who asks from another host asks for themselves: nobody there has a role, and its root has no account.
//  4. A key leaves once, in the reply that begins its enrolment, to the one who will prove it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/methods.h"
#include "daemon/peer.h"
#include "daemon/service.h"

namespace seimon::daemon {

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
  bool without_code = false;  // begun with a ticket of `replace_from` alone
};

// What a call brings. Its keys and codes are wiped with it, and never copied.
struct Parameters {
  Parameters() = default;
  explicit Parameters(nlohmann::json call) : object(std::move(call)) {}
  Parameters(Parameters&&) = default;
  // What stood here goes to `other`, which wipes it.
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

struct Permission;  // a row of the table in admin.cc

// A whole message with its NUL.
[[nodiscard]] std::string framed(const nlohmann::json& message);

class Admin {
 public:
  Admin(Service& service, SessionId session, const Peer& peer) : service_(service), session_(session), peer_(peer) {}

  // Something that people do with their own account.
  [[nodiscard]] static bool is_for_oneself(std::string_view method);
  // The reply of a host that holds nothing, when no gate answers.
  [[nodiscard]] static std::string unavailable();
  // False when the message is not understood; then the session is to be closed.
  [[nodiscard]] bool call(std::string_view method, std::string_view parameters);
  void keep(std::unique_ptr<Draft> draft, std::vector<Staged> staged) {
    draft_ = std::move(draft);
    staged_ = std::move(staged);
  }
  // A person is typing: the code of a new phone, or one that was asked for.
  [[nodiscard]] bool awaits_person() const { return draft_ != nullptr || awaits_code_; }
  // `session`: of the peer, in which the proof is good for its other commands too; empty: on this connection alone.
  void note(std::optional<ActorProof> actor_proof, const std::string& session, bool awaits_code);

 private:
  // Calls then(admin, person, actor) once it is known who the peer is.
  template <class Then>
  void identify(const Person& person, Then then);
  // On asked_, an object that its row allows.
  void act(const Permission& row, const core::UserName& user, const Person& person, const Person& actor);
  void reload();
  [[nodiscard]] std::string proof_key(const std::string& session) const;

  Service& service_;
  SessionId session_;
  const Peer& peer_;  // the session's
  Parameters asked_;  // of the call that waits for the name service: a session has one at a time
  std::unique_ptr<Draft> draft_;
  std::vector<Staged> staged_;
  std::optional<ActorProof> actor_proof_;  // on this connection
  bool awaits_code_ = false;
};

}  // namespace seimon::daemon

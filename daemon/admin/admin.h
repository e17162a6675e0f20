// SPDX-License-Identifier: Apache-2.0
// The calls of io.seimon.Admin on one connection, which the `seimon` command makes. daemon/admin/permissions.cc is the
// table of what exists, who may call it and which parameters it takes.
// MUST:
//  1. A method that is not in the table, or a parameter that its row does not list, is refused.
//  2. Another account needs uid 0, or a role by group of the socket's peer, proven by a code or a ticket of its own.
//     People change their own methods only with a code of a method they have, or with a ticket (threat model E2).
//  3. Who calls from another host does so for themselves: nobody there has a role, and its root has no account.
//  4. A key leaves once, in the reply that begins its enrolment, to the one who will prove it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/deliveries.h"
#include "daemon/admin/request.h"
#include "daemon/net/registry.h"
#include "daemon/work/service.h"

namespace seimon::daemon {

class Admin;
struct Permission;

// Shared by all administration connections. One instance, owned by main; used on the loop's thread.
struct AdminCalls {
  Service& service;
  // Reads the configuration anew. Returns why the old one stays, or nothing.
  std::function<std::string()> reload;
  Deliveries deliveries{service};
  Registry<Admin> open = {};
  std::map<std::string, ActorProof> proofs = {};  // by uid and login session
};

class Admin {
 public:
  Admin(AdminCalls& calls, Connection& connection);
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;
  ~Admin();

  // True if people call it for their own account.
  [[nodiscard]] static bool is_for_oneself(std::string_view method);
  // The reply on a stateless login host if no gate answers.
  [[nodiscard]] static std::string unavailable();
  // False if the message is not understood; then the connection is to be closed.
  [[nodiscard]] bool call(std::string_view method, std::string_view parameters);
  // Takes back what `request` leaves for the next call. `awaits_code`: a code was asked for.
  void keep(Request& request, bool awaits_code);
  // The next call may take minutes: a person is typing the code of a new phone, or one that was asked for; or a driver
  // hands a message over.
  [[nodiscard]] bool awaits_person() const { return draft_ != nullptr || awaits_code_ || has_message_; }
  void reply(std::string message, bool negative) { connection_.reply(std::move(message), negative); }

 private:
  // Calls then(admin, person, actor) once it is known who the peer is.
  template <class Then>
  void identify(const Person& person, Then then);
  // On asked_, an object that its row allows.
  void act(const Permission& row, const core::UserName& user, const Person& person, const Person& actor);
  // A call whose row has no verb (loop_calls.cc).
  void act_on_loop(const Permission& row, const Request& request);
  void reload();
  // Finds this connection again, if it is still open.
  [[nodiscard]] Deliveries::Reply reply_later();
  void next_delivery(const Request& request);
  void delivery_done(const Request& request);
  void test_delivery(const Request& request);
  [[nodiscard]] std::string proof_key(const std::string& session) const;

  AdminCalls& calls_;
  Service& service_;
  Connection& connection_;
  const Peer& peer_;  // the connection's
  Parameters asked_;  // of the call that waits for the name service: a connection has one at a time
  std::unique_ptr<Draft> draft_;
  std::vector<Staged> staged_;
  std::optional<ActorProof> actor_proof_;  // on this connection
  bool awaits_code_ = false;
  bool has_message_ = false;  // to be sent
};

}  // namespace seimon::daemon

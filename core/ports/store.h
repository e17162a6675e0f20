// SPDX-License-Identifier: Apache-2.0
// Ports to the store: users and their methods, sources of failures, and the unit in which changes become durable.
//
// Model: each user has a head (flags, profile, failure records) and rows (methods). A step of a conversation runs
// between savepoint() and release(); many steps may share one begin()…commit(). Nothing is true until commit()
// returned.
//
// Errors: StoreUnavailable when the store cannot be read or written now, StoreDamaged when what was read is not what
// was written. Both deny; a StoreDamaged concerns one user only, but for StorePageDamaged.
#pragma once

#include <stdexcept>
#include <string>

#include "core/account/methods.h"
#include "core/types.h"

namespace seimon::core {

struct StoreUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct StoreDamaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// Of the file itself: dropping no record repairs it.
struct StorePageDamaged : StoreDamaged {
  using StoreDamaged::StoreDamaged;
};

// Far apart, so that no wrong bit makes a loser a winner. Only kWon admits.
enum class Spend : std::uint32_t { kUnknown = 0, kAlready = 0x3C3C5A5A, kWon = 0x5AA5C33C };

// The accepted input: one code, or two in a row of which `step` is the second.
struct Used {
  Used(Step at, bool two = false) : step(at), pair(two) {}  // NOLINT(google-explicit-constructor)
  Step step;
  bool pair;
};

class Store {
 public:
  virtual ~Store() = default;
  // An empty Account for a name that was never seen.
  [[nodiscard]] virtual Account account(const UserName& user) = 0;
  // Raises the method's last step to the step if it is lower, by one conditional write, and keeps `drift` with it. Two
  // codes are compared with the last pair step, because the last step itself may lie ahead.
  [[nodiscard]] virtual Spend spend(const UserName& user, MethodId method, Used used, const Drift& drift,
                                    Instant now) = 0;
  virtual void record_failures(const UserName& user, CounterScope scope, const FailureRecord& failures) = 0;
  // The id of `method` is chosen here. REQUIRES a label that none of the user's methods has. Unless it is pending, it
  // is the user's as `uid`; and unless it waits for its first use, losing all methods resets the user from now on.
  virtual MethodId add_method(const UserName& user, std::int64_t uid, const Method& method) = 0;
  // Writes everything of a method but its key, its drift and its last use. REQUIRES that its last step does not sink.
  virtual void change_method(const UserName& user, std::int64_t uid, const Method& method) = 0;
  // False when the user has no such method.
  [[nodiscard]] virtual bool remove_method(const UserName& user, MethodId method) = 0;
  virtual void write_profile(const UserName& user, const Profile& profile) = 0;
  // 128 bits in hexadecimal of a hash of `text` under a key that never leaves the store.
  [[nodiscard]] virtual std::string digest(std::string_view text) = 0;

  void set_suspended(const UserName& user, bool suspended);
  // Under whose name the budget of a name that nobody has is kept: one of a few thousand, so that the store is
  // bounded, chosen by a key, so that nobody can find two names that share one.
  [[nodiscard]] UserName decoy_of(const UserName& user);
};

// Failures over all users, by source name (core/account/risk.h); a bounded number of rows. `everyone` is the whole
// fleet.
class Sources {
 public:
  static constexpr const char* kEveryone = "*";
  virtual ~Sources() = default;
  // Damaged records count as full ones.
  [[nodiscard]] virtual FailureWindow failures_from(const std::string& source) = 0;
  // One more, in a window of `length`; what it is then. No two at once count as one.
  virtual FailureWindow add_failure(const std::string& source, seconds length, Instant now) = 0;
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual void begin() = 0;
  // Throws StoreUnavailable when it is not known to be done: then nothing of it may be acknowledged. On a server it is
  // durable then, in a store of our own once its log is synced (store/write_ahead_log.h).
  virtual void commit() = 0;
  // True if anything was written since begin(), also after commit(). REQUIRES no savepoint.
  [[nodiscard]] virtual bool has_changes() const = 0;
  virtual void roll_back() noexcept = 0;
  virtual void savepoint() = 0;
  virtual void release() = 0;
  virtual void roll_back_to_savepoint() = 0;
};

// The stored form of a ticket.
[[nodiscard]] std::string ticket_digest(Store& store, const std::string& ticket);

// Of a request for a yes on the phone (ApprovalRequest::owner).
[[nodiscard]] std::string request_owner(Store& store, const UserName& user);

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
// Ports to the memory: users and their methods, and the unit in which changes become durable.
//
// Model: each user has a head (flags) and rows (methods, failure counts). A step of a conversation runs between
// savepoint() and release(); many steps may share one begin()…commit(). Nothing is true until commit() returned.
//
// Errors: StoreUnavailable when the memory cannot be read or written now, StoreDamaged when what was read is not what
// was written. Both deny; a StoreDamaged concerns one user only.
#pragma once

#include <set>
#include <stdexcept>
#include <string>

#include "core/methods.h"
#include "core/types.h"

namespace seimon::core {

struct StoreUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct StoreDamaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Far apart, so that no wrong bit makes a loser a winner. Only kWon admits.
enum class Spend : std::uint32_t { kUnknown = 0, kAlready = 0x3C3C5A5A, kWon = 0x5AA5C33C };

struct StoreSummary {
  std::int64_t users = 0;
  std::int64_t methods = 0;
  std::int64_t events = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  // An empty Account for a name that was never seen.
  [[nodiscard]] virtual Account account(const UserName& user) = 0;
  // Raises the method's mark to `step` if it is lower, by one conditional write, and keeps `drift` with it.
  [[nodiscard]] virtual Spend spend(const UserName& user, MethodId method, Step step, const Drift& drift,
                                    Instant now) = 0;
  virtual void record_failures(const UserName& user, Claimant claimant, const Failures& failures) = 0;
  // The id of `method` is chosen here. REQUIRES a label that none of the user's methods has.
  virtual MethodId add_method(const UserName& user, std::int64_t uid, const Method& method) = 0;
  // False when the user has no such method.
  [[nodiscard]] virtual bool remove_method(const UserName& user, MethodId method) = 0;
  virtual void set_suspended(const UserName& user, bool suspended) = 0;
  // Names only, for the time when the store is away; account() decides as long as it is not.
  [[nodiscard]] virtual std::set<UserName> suspended() = 0;
  [[nodiscard]] virtual StoreSummary summary() = 0;
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual void begin() = 0;
  // Throws StoreUnavailable when it is not known to be durable: then nothing of it may be acknowledged.
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;
  virtual void savepoint() = 0;
  virtual void release() = 0;
  virtual void roll_back_to_savepoint() = 0;
};

}  // namespace seimon::core

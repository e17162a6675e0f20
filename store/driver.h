// SPDX-License-Identifier: Apache-2.0
// Port to a database engine: runs statements of store/statements.h and returns their rows. One SQL text serves every
// engine; placeholders are $1, $2, ….
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace seimon::store {

using Blob = std::vector<std::uint8_t>;
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;
using Row = std::vector<Value>;

struct Statement {
  std::string_view sql;  // its address is its name
  Row parameters;
  bool hits = false;  // it changes one row, or nothing of its transaction counts
};

// The durability and sharing of the store's rows on this engine.
struct Condition {
  bool shared = false;                // other hosts write to it, too: a user is locked while a step is at work on them
  std::int64_t timeline = 0;          // rises when another server takes over
  bool synchronous = true;            // what was committed is on the server that would take over
  std::optional<std::int64_t> clock;  // the server's now, in seconds since 1970
  bool operator==(const Condition&) const = default;
};

// A host's record of a store, kept outside it, as of its last commit: a store that is older was put back.
struct RollbackGuard {
  std::int64_t generation = 0;  // core/ports/maintenance.h, as the next
  std::int64_t epoch = 0;
  std::int64_t timeline = 0;
  bool synchronous = true;
  bool operator==(const RollbackGuard&) const = default;
};

class Driver {
 public:
  virtual ~Driver() = default;
  // Makes the store usable, creating or migrating it where that is allowed; does nothing when it already is. Throws
  // core::StoreUnavailable with the reason and how to fix it.
  virtual void open() = 0;
  // After this open() starts afresh. Never throws.
  virtual void close() noexcept = 0;
  // All of them in their order, and the rows of each; on a server in one round trip. REQUIRES open(). Throws
  // core::StoreDamaged when what one of them read is damaged, and the transaction still stands; core::StoreUnavailable
  // on any other error, and then the connection is closed at the next roll-back, or when one did not hit. Those behind
  // it, a COMMIT among them, count for nothing then.
  virtual std::vector<std::vector<Row>> run(std::span<const Statement> statements) = 0;
  // True after run() threw: the connection is not to be trusted any more.
  [[nodiscard]] virtual bool is_broken() const = 0;
  // The record outside the store, as of open(); empty if there was none.
  [[nodiscard]] virtual std::optional<RollbackGuard> rollback_guard() const = 0;
  // Keeps `guard` outside the store, as durable as what was committed.
  virtual void keep_rollback_guard(const RollbackGuard& guard) = 0;
  // A condition that an administrator should fix before it does harm; empty if there is none.
  [[nodiscard]] virtual std::string problem() const = 0;
  // As of the last transaction that began, on a server; its clock has gone on since.
  [[nodiscard]] virtual Condition condition() const = 0;
};

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
// The engine of a fleet: one connection to PostgreSQL by libpq, in pipeline mode, so that a batch of statements is one
// round trip. A module of its own (seimon-postgresql), loaded by the service where store.url names it.
// MUST (threat model U1, U7):
//  1. Whatever is not known to be committed is unavailable: an error, a deadline, a lost connection, a COMMIT
//     that answers ROLLBACK, and a COMMIT with a WARNING (a synchronous wait that was cancelled reports success so).
//  2. At a deadline the socket is closed. A cancel request would make such a wait "succeed".
//  3. Nothing goes over a network without TLS that names the server, unless that was spelled out.
//  4. A standby, a server without fsync, a store that is not there or of another schema is refused, with how to fix it.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "store/driver.h"

namespace seimon::store {

// Shared by the connections of one host; owned by their creator, and outlives them.
struct PostgresShared {
  std::mutex mutex;  // of all that follows, and of the rollback guard's file
  std::chrono::steady_clock::time_point next_try{};
  std::chrono::steady_clock::duration pause{};
  std::string failure;     // of the last try to connect; empty once one succeeded
  bool is_trying = false;  // one of them does, and the others need not wait for the same

  // While the server is away one connection tries, now and then; the others get its result at once: throws
  // core::StoreUnavailable.
  void begin_try();
  // `why` it failed; empty when it did not.
  void end_try(const std::string& why);
};

struct PostgresOptions {
  std::string connection;              // libpq's: a URI, or keywords and values
  std::string tls = "verify-full";     // sslmode, for servers that are no local socket; "disable" is none
  std::chrono::milliseconds deadline;  // of one batch, and of one server's connection
  std::string guard_file;              // file of this host (store/rollback_guard.h)
  PostgresShared* shared = nullptr;
  bool pooled = false;  // through a pool whose connections change with each transaction: nothing is kept in a session
};

// Its name in the module has the version in it, so that a module of another release is not loaded.
#define SEIMON_POSTGRES_ENTRY "seimon_postgres_driver_" SEIMON_VERSION
// The caller owns what it returns.
extern "C" Driver* seimon_postgres_driver(const PostgresOptions& options) __asm__(SEIMON_POSTGRES_ENTRY);
using PostgresEntry = Driver* (*)(const PostgresOptions& options);

// The text of a statement, or of the schema, as PostgreSQL takes it.
[[nodiscard]] std::string in_postgresql(std::string_view sql);

}  // namespace seimon::store

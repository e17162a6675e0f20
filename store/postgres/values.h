// SPDX-License-Identifier: Apache-2.0
// Values as libpq carries them, in binary: whole numbers, texts, bytes.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <vector>

#include "store/driver.h"

namespace seimon::store {

// The required and the present settings of a server.
inline constexpr std::string_view kPulse =
    "SELECT pg_is_in_recovery(), current_setting('fsync') = 'on', "
    "current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') IN ('on', "
    "'remote_apply'), CASE WHEN pg_is_in_recovery() THEN 0 ELSE "
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END, "
    "floor(extract(epoch FROM clock_timestamp()))::bigint, current_setting('synchronous_commit') <> 'off'";

// Of a transaction whose session is not ours alone; $1: milliseconds.
inline constexpr std::string_view kSettings =
    "SELECT set_config('synchronous_commit', 'on', true), set_config('lock_timeout', $1, true), "
    "set_config('idle_in_transaction_session_timeout', '10s', true)";

// A message of libpq, which has several lines, in one.
[[nodiscard]] std::string one_line(const char* text);

[[nodiscard]] std::vector<Row> rows_of(const PGresult* result);

// Parameters of a statement; they point into its row, which must outlive them.
struct Bound {
  explicit Bound(const Row& parameters);
  [[nodiscard]] int size() const { return static_cast<int>(types.size()); }

  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

 private:
  void add(const Value& value);
  void push(Oid type, const char* bytes, std::size_t size);
  std::vector<std::array<char, 8>> numbers_;
};

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
// The schema and every statement, one text for all engines. A statement's address is its name in a driver's cache.
//
// Tables: `head` is one row a user, and carries the versions of the user's other rows (`row_versions`), so that a row
// that was damaged, swapped or put back is noticed. `method` and `failure` are those rows. Every mac covers the whole
// row with its place and version.
#pragma once

#include <array>
#include <string_view>

namespace seimon::store {

// Element N brings a store from schema N to schema N+1. Statements are separated by ";\n".
inline constexpr std::array<std::string_view, 1> kMigrations = {
    R"(CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE data_key (id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE head (
  user TEXT PRIMARY KEY, uid INTEGER NOT NULL, enrolled INTEGER NOT NULL, suspended INTEGER NOT NULL,
  row_versions TEXT NOT NULL, version INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE INDEX head_suspended ON head (user) WHERE suspended = 1;
CREATE TABLE method (
  id INTEGER PRIMARY KEY, user TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL, algorithm TEXT NOT NULL,
  digits INTEGER NOT NULL, period INTEGER NOT NULL, registered INTEGER NOT NULL, last_used INTEGER NOT NULL,
  mark INTEGER NOT NULL, drift INTEGER NOT NULL, drift_seen INTEGER NOT NULL, drift_run INTEGER NOT NULL,
  sealed_key BLOB NOT NULL, version INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE INDEX method_of_user ON method (user);
CREATE TABLE failure (
  user TEXT NOT NULL, claimant INTEGER NOT NULL, quarter_opened INTEGER NOT NULL, quarter_count INTEGER NOT NULL,
  day_opened INTEGER NOT NULL, day_count INTEGER NOT NULL, version INTEGER NOT NULL, mac BLOB NOT NULL,
  PRIMARY KEY (user, claimant)) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT, outcome TEXT, user TEXT, actor TEXT, service TEXT,
  host TEXT, origin TEXT, tty TEXT, method TEXT, rule TEXT, network TEXT, reason TEXT, would TEXT,
  conversation TEXT) STRICT;
CREATE INDEX event_of_user ON event (user, id))",
};

inline constexpr std::string_view kReadSchema = "SELECT value FROM meta WHERE name = 'schema'";
inline constexpr std::string_view kWriteSchema =
    "INSERT INTO meta (name, value) VALUES ('schema', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
inline constexpr std::string_view kReadDataKeys = "SELECT id, wrapped FROM data_key ORDER BY id";
inline constexpr std::string_view kAddDataKey = "INSERT INTO data_key (id, wrapped) VALUES ($1, $2)";

inline constexpr std::string_view kReadHead =
    "SELECT uid, enrolled, suspended, row_versions, version, mac FROM head WHERE user = $1";
inline constexpr std::string_view kReadSuspended = "SELECT user FROM head WHERE suspended = 1";
inline constexpr std::string_view kAddHead =
    "INSERT INTO head (user, uid, enrolled, suspended, row_versions, version, mac) VALUES ($1, $2, $3, $4, $5, $6, $7) "
    "ON CONFLICT (user) DO NOTHING RETURNING version";
inline constexpr std::string_view kWriteHead =
    "UPDATE head SET uid = $2, enrolled = $3, suspended = $4, row_versions = $5, version = $6, mac = $7 "
    "WHERE user = $1 AND version = $8 RETURNING version";

inline constexpr std::string_view kReadMethods =
    "SELECT id, kind, label, algorithm, digits, period, registered, last_used, mark, drift, drift_seen, drift_run, "
    "sealed_key, version, mac FROM method WHERE user = $1 ORDER BY id";
inline constexpr std::string_view kNextMethodId = "SELECT COALESCE(MAX(id), 0) + 1 FROM method";
inline constexpr std::string_view kAddMethod =
    "INSERT INTO method (user, id, kind, label, algorithm, digits, period, registered, last_used, mark, drift, "
    "drift_seen, drift_run, sealed_key, version, mac) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
inline constexpr std::string_view kRemoveMethod = "DELETE FROM method WHERE user = $1 AND id = $2 RETURNING id";
// The one statement that spends a code: it writes only over a lower mark of the version that was read.
inline constexpr std::string_view kSpend =
    "UPDATE method SET mark = $3, drift = $4, drift_seen = $5, drift_run = $6, last_used = $7, version = $8, mac = $9 "
    "WHERE user = $1 AND id = $2 AND mark < $3 AND version = $10 RETURNING id";

inline constexpr std::string_view kReadFailures =
    "SELECT claimant, quarter_opened, quarter_count, day_opened, day_count, version, mac FROM failure WHERE user = $1 "
    "ORDER BY claimant";
inline constexpr std::string_view kWriteFailures =
    "INSERT INTO failure (user, claimant, quarter_opened, quarter_count, day_opened, day_count, version, mac) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user, claimant) DO UPDATE SET "
    "quarter_opened = excluded.quarter_opened, quarter_count = excluded.quarter_count, "
    "day_opened = excluded.day_opened, day_count = excluded.day_count, version = excluded.version, mac = excluded.mac";

inline constexpr std::string_view kAddEvent =
    "INSERT INTO event (at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, "
    "would, conversation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
inline constexpr std::string_view kReadEvents =
    "SELECT at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, would, "
    "conversation FROM event ORDER BY id DESC LIMIT $1";
inline constexpr std::string_view kReadEventsOfUser =
    "SELECT at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, would, "
    "conversation FROM event WHERE user = $2 ORDER BY id DESC LIMIT $1";
// The oldest ones stand first; an index on `at` would cost every login a page.
inline constexpr std::string_view kForgetEvents =
    "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT 500) AND at < $1";

inline constexpr std::string_view kCount =
    "SELECT (SELECT COUNT(DISTINCT user) FROM method), (SELECT COUNT(*) FROM method), (SELECT COUNT(*) FROM event)";

inline constexpr std::string_view kBegin = "BEGIN";
inline constexpr std::string_view kCommit = "COMMIT";
inline constexpr std::string_view kRollBack = "ROLLBACK";
inline constexpr std::string_view kSavepoint = "SAVEPOINT step";
inline constexpr std::string_view kRelease = "RELEASE SAVEPOINT step";
inline constexpr std::string_view kRollBackToSavepoint = "ROLLBACK TO SAVEPOINT step";

}  // namespace seimon::store

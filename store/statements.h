// SPDX-License-Identifier: Apache-2.0
// The schema and every statement, one text for all engines. A statement's address is its name in a driver's cache.
//
// Tables: `head` is one row a user: flags, profile, failure records, and the versions of the user's other rows
// (`row_versions`), so that a row that was damaged, swapped or put back is noticed. `method` is those rows. `source`
// counts failures by where they came from, `state` is one row for the whole store. Every mac covers the whole row with
// its place.
#pragma once

#include <array>
#include <string_view>

namespace seimon::store {

// Schemas 1 to 7 were never released.
inline constexpr std::size_t kOldestSchema = 8;
// Element N brings a store from schema kOldestSchema + N - 1 to the next one; the first one makes it. Statements are
// separated by ";\n".
inline constexpr std::array<std::string_view, 1> kMigrations = {
    R"(CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE data_key (id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE state (
  id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, generation INTEGER NOT NULL, floor INTEGER NOT NULL,
  latest INTEGER NOT NULL, timeline INTEGER NOT NULL, synchronous INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE TABLE host (
  name TEXT PRIMARY KEY, version TEXT NOT NULL, seen INTEGER NOT NULL, clock_offset INTEGER NOT NULL) STRICT;
CREATE TABLE login_host (
  name TEXT PRIMARY KEY, serial TEXT NOT NULL, enrolled INTEGER NOT NULL, until INTEGER NOT NULL,
  revoked INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE TABLE head (
  user TEXT PRIMARY KEY, uid INTEGER NOT NULL, enrolled INTEGER NOT NULL, suspended INTEGER NOT NULL,
  profile TEXT NOT NULL, failure_records TEXT NOT NULL, row_versions TEXT NOT NULL, version INTEGER NOT NULL,
  mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX head_suspended ON head (user) WHERE suspended = 1;
CREATE TABLE method (
  id INTEGER PRIMARY KEY, user TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, label TEXT NOT NULL,
  algorithm TEXT NOT NULL, digits INTEGER NOT NULL, period INTEGER NOT NULL, registered INTEGER NOT NULL,
  counts_from INTEGER NOT NULL, last_used INTEGER NOT NULL, last_step INTEGER NOT NULL, last_pair_step INTEGER NOT NULL, epoch INTEGER NOT NULL,
  drift INTEGER NOT NULL, drift_seen INTEGER NOT NULL, drift_run INTEGER NOT NULL, sealed_key BLOB NOT NULL, version INTEGER NOT NULL,
  mac BLOB NOT NULL) STRICT;
CREATE INDEX method_of_user ON method (user);
CREATE TABLE source (
  name TEXT PRIMARY KEY, opened INTEGER NOT NULL, count INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT, outcome TEXT, user TEXT, actor TEXT, service TEXT,
  host TEXT, origin TEXT, tty TEXT, method TEXT, rule TEXT, network TEXT, reason TEXT, would TEXT,
  clock_offset TEXT, conversation TEXT) STRICT;
CREATE INDEX event_of_user ON event (user, id);
CREATE TABLE mail (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, user TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  tries INTEGER NOT NULL, due INTEGER NOT NULL) STRICT)",
};
inline constexpr std::size_t kNewestSchema = kOldestSchema + kMigrations.size() - 1;

inline constexpr std::string_view kReadSchema = "SELECT value FROM meta WHERE name = 'schema'";
inline constexpr std::string_view kWriteSchema =
    "INSERT INTO meta (name, value) VALUES ('schema', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
inline constexpr std::string_view kReadDataKeys = "SELECT id, wrapped FROM data_key ORDER BY id";
inline constexpr std::string_view kRewrapDataKey = "UPDATE data_key SET wrapped = $2 WHERE id = $1";
inline constexpr std::string_view kAddDataKey = "INSERT INTO data_key (id, wrapped) VALUES ($1, $2)";

inline constexpr std::string_view kReadHead =
    "SELECT user, uid, enrolled, suspended, profile, failure_records, row_versions, version, mac FROM head WHERE user "
    "= $1";
inline constexpr std::string_view kReadSuspended = "SELECT user FROM head WHERE suspended = 1";
inline constexpr std::string_view kAddHead =
    "INSERT INTO head (user, uid, enrolled, suspended, profile, failure_records, row_versions, version, mac) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user) DO NOTHING";
inline constexpr std::string_view kWriteHead =
    "UPDATE head SET uid = $2, enrolled = $3, suspended = $4, profile = $5, failure_records = $6, row_versions = $7, "
    "version = $8, mac = $9 WHERE user = $1 AND version = $10";

inline constexpr std::string_view kReadMethods =
    "SELECT user, id, kind, state, label, algorithm, digits, period, registered, counts_from, last_used, last_step, "
    "last_pair_step, epoch, drift, drift_seen, drift_run, sealed_key, version, mac FROM method WHERE user = $1 ORDER "
    "BY id";
inline constexpr std::string_view kNextMethodId = "SELECT COALESCE(MAX(id), 0) + 1 FROM method";
inline constexpr std::string_view kAddMethod =
    "INSERT INTO method (user, id, kind, state, label, algorithm, digits, period, registered, counts_from, "
    "last_used, last_step, last_pair_step, epoch, drift, drift_seen, drift_run, sealed_key, version, mac) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
inline constexpr std::string_view kRemoveMethod = "DELETE FROM method WHERE user = $1 AND id = $2 RETURNING id";
// The statement that spends: it writes only over a lower last_step of the version that was read. $13: two codes in a
// row.
inline constexpr std::string_view kSpend =
    "UPDATE method SET last_step = $3, last_pair_step = $4, drift = $5, drift_seen = $6, drift_run = $7, last_used = "
    "$8, "
    "epoch = $9, version = $10, mac = $11 WHERE user = $1 AND id = $2 AND version = $12 AND "
    "CASE WHEN $13 = 1 THEN last_pair_step < $4 ELSE last_step < $3 END";
inline constexpr std::string_view kReadMethodsAhead =
    "SELECT DISTINCT user FROM method WHERE period > 0 AND (last_step > $1 / period OR last_pair_step > $1 / period)";

inline constexpr std::string_view kReadMethodNames = "SELECT user, label FROM method";

inline constexpr std::string_view kReadSource = "SELECT opened, count, mac FROM source WHERE name = $1";
inline constexpr std::string_view kWriteSource =
    "INSERT INTO source (name, opened, count, mac) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET "
    "opened = excluded.opened, count = excluded.count, mac = excluded.mac";
// All that opened before $1, and the oldest beyond $2 rows.
inline constexpr std::string_view kForgetSources =
    "DELETE FROM source WHERE opened < $1 OR name IN (SELECT name FROM source ORDER BY opened DESC LIMIT 1000000000 "
    "OFFSET $2)";

inline constexpr std::string_view kForgetSourcesAhead = "DELETE FROM source WHERE opened > $1";

inline constexpr std::string_view kReadState =
    "SELECT epoch, generation, floor, latest, timeline, synchronous, mac FROM state WHERE id = 1";
inline constexpr std::string_view kWriteState =
    "INSERT INTO state (id, epoch, generation, floor, latest, timeline, synchronous, mac) VALUES (1, $1, $2, $3, $4, "
    "$5, "
    "$6, $7) ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, generation = excluded.generation, "
    "floor = excluded.floor, latest = excluded.latest, timeline = excluded.timeline, "
    "synchronous = excluded.synchronous, mac = excluded.mac";

inline constexpr std::string_view kWriteHost =
    "INSERT INTO host (name, version, seen, clock_offset) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET "
    "version = excluded.version, seen = excluded.seen, clock_offset = excluded.clock_offset";
inline constexpr std::string_view kReadHosts = "SELECT name, version, seen, clock_offset FROM host ORDER BY name";

inline constexpr std::string_view kWriteLoginHost =
    "INSERT INTO login_host (name, serial, enrolled, until, revoked, mac) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (name) DO UPDATE SET serial = excluded.serial, enrolled = excluded.enrolled, "
    "until = excluded.until, revoked = excluded.revoked, mac = excluded.mac";
inline constexpr std::string_view kReadLoginHost =
    "SELECT name, serial, enrolled, until, revoked, mac FROM login_host WHERE name = $1";
inline constexpr std::string_view kReadLoginHosts =
    "SELECT name, serial, enrolled, until, revoked, mac FROM login_host ORDER BY name";

// Every name that any row has, so that a row whose head is gone is found too.
inline constexpr std::string_view kNamesAfter =
    "SELECT user FROM head WHERE user > $1 UNION SELECT user FROM method WHERE user > $1 ORDER BY user LIMIT $2";
inline constexpr std::string_view kDropHead = "DELETE FROM head WHERE user = $1";
inline constexpr std::string_view kDropMethods = "DELETE FROM method WHERE user = $1";

inline constexpr std::string_view kAddEvent =
    "INSERT INTO event (at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, "
    "would, clock_offset, conversation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
inline constexpr std::string_view kNewestEvent = "SELECT COALESCE(MAX(id), 0) FROM event";
inline constexpr std::string_view kTimeOfEvent = "SELECT at FROM event WHERE id >= $1 ORDER BY id LIMIT 1";
inline constexpr std::string_view kReadEvents =
    "SELECT id, at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, would, "
    "clock_offset, conversation FROM event WHERE id < $2 AND id >= $3 AND at >= $4 AND at < $5 "
    "AND ($6 = '' OR event = $6) AND ($7 = '' OR outcome = $7) AND ($8 = '' OR service = $8) "
    "AND ($9 = '' OR origin = $9 OR origin = $10) AND ($11 = '' OR reason = $11) AND ($12 = '' OR host = $12) "
    "ORDER BY id DESC LIMIT $1";
inline constexpr std::string_view kReadEventsOfUser =
    "SELECT id, at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, would, "
    "clock_offset, conversation FROM event WHERE id < $2 AND id >= $3 AND at >= $4 AND at < $5 "
    "AND ($6 = '' OR event = $6) AND ($7 = '' OR outcome = $7) AND ($8 = '' OR service = $8) "
    "AND ($9 = '' OR origin = $9 OR origin = $10) AND ($11 = '' OR reason = $11) AND ($12 = '' OR host = $12) "
    "AND user = $13 ORDER BY id DESC LIMIT $1";
// The oldest ones stand first; an index on `at` would cost every login a page.
inline constexpr std::string_view kForgetEvents =
    "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT 500) AND at < $1";

inline constexpr std::string_view kCount =
    "SELECT (SELECT COUNT(DISTINCT user) FROM method), (SELECT COUNT(*) FROM method), (SELECT COUNT(*) FROM event), "
    "(SELECT COUNT(*) FROM mail), (SELECT COALESCE(MIN(at), 0) FROM mail)";

// Shadows (core/types.h) begin with a slash.
inline constexpr std::string_view kUsersAfter =
    "SELECT user FROM head WHERE user > $1 AND user NOT LIKE '/%' ORDER BY user LIMIT $2";
// Of one piece of the trail, so that no login waits for a report.
inline constexpr std::string_view kTally =
    "SELECT user, outcome, reason, would, rule, COUNT(*), MAX(at) FROM event WHERE at >= $1 AND event = 'login' "
    "AND id < $2 AND id >= $3 GROUP BY user, outcome, reason, would, rule";
inline constexpr std::string_view kTallyOfUser =
    "SELECT user, outcome, reason, would, rule, COUNT(*), MAX(at) FROM event WHERE at >= $1 AND event = 'login' "
    "AND user = $2 GROUP BY user, outcome, reason, would, rule";

inline constexpr std::string_view kPostMail =
    "INSERT INTO mail (at, user, subject, body, tries, due) SELECT $1, $2, $3, $4, 0, $1 "
    "WHERE (SELECT COUNT(*) FROM mail) < $5 RETURNING id";
// Leases a mail until $2; nobody else gets it before.
inline constexpr std::string_view kNextMail =
    "UPDATE mail SET due = $2 WHERE id = (SELECT id FROM mail WHERE due <= $1 ORDER BY due, id LIMIT 1) AND due <= $1 "
    "RETURNING id, at, user, subject, body, tries";
inline constexpr std::string_view kDropMail = "DELETE FROM mail WHERE id = $1 AND due = $2 RETURNING id";
inline constexpr std::string_view kForgetMail = "DELETE FROM mail WHERE at < $1 RETURNING id";
inline constexpr std::string_view kRetryMail =
    "UPDATE mail SET tries = tries + 1, due = $3 WHERE id = $1 AND due = $2 RETURNING id";

inline constexpr std::string_view kCountStandbys = "SELECT COUNT(*) FROM pg_stat_replication";
// On a shared engine: until the end of the transaction nobody else is at work on what hashes to $1.
inline constexpr std::string_view kLock = "SELECT pg_advisory_xact_lock($1)";
inline constexpr std::string_view kBegin = "BEGIN";
inline constexpr std::string_view kCommit = "COMMIT";
inline constexpr std::string_view kRollBack = "ROLLBACK";
inline constexpr std::string_view kSavepoint = "SAVEPOINT step";
inline constexpr std::string_view kRelease = "RELEASE SAVEPOINT step";
inline constexpr std::string_view kRollBackToSavepoint = "ROLLBACK TO SAVEPOINT step";

}  // namespace seimon::store

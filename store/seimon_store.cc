// SPDX-License-Identifier: Apache-2.0
// seimon-store init|migrate|copy: makes a store on a PostgreSQL server, brings it to this version, and takes a host's
// own store there. Run by `seimon store`, as whoever owns the schema: seimond itself may not make or change tables, nor
// take a line out of the trail.
#include <libpq-fe.h>
#include <sqlite3.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/characters.h"
#include "base/text.h"
#include "store/postgres/driver.h"
#include "store/postgres/values.h"
#include "store/statements.h"

namespace seimon::store {

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kUnavailable = 4;
constexpr int kBadInput = 6;

struct Failure : std::runtime_error {
  explicit Failure(const std::string& what, int with_code = kBadInput) : std::runtime_error(what), code(with_code) {}
  int code;
};

struct Options {
  std::string verb;
  std::vector<std::string> stores;
  std::string role = "seimond";
  int keep_days = 400;
};

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PQconninfoOption* settings) const { PQconninfoFree(settings); }
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Server = std::unique_ptr<PGconn, Finish>;
using Result = std::unique_ptr<PGresult, Finish>;

// As libpq reads it; a command line can be read by everybody on the host.
bool holds_password(const std::string& connection) {
  const std::unique_ptr<PQconninfoOption, Finish> settings(PQconninfoParse(connection.c_str(), nullptr));
  for (const PQconninfoOption* one = settings.get(); one != nullptr && one->keyword != nullptr; ++one)
    if (std::string_view(one->keyword) == "password" && one->val != nullptr) return true;
  return false;
}

Server connect(const std::string& url) {
  constexpr std::string_view kScheme = "postgresql:";
  if (!url.starts_with(kScheme))
    throw Failure(url + ": is no store on a server; write postgresql:service=seimon, or a URI of libpq");
  const std::string connection = url.starts_with("postgresql://") ? url : url.substr(kScheme.size());
  if (holds_password(connection))
    throw Failure("a password on a command line can be read by everybody: put it into ~/.pgpass", kUsage);
  // Before dbname, which is expanded and may say otherwise of TLS; nothing else may (seimond asks the same).
  const std::array<const char*, 6> keywords = {"sslmode",         "dbname",           "gssencmode",
                                               "client_encoding", "application_name", nullptr};
  const std::array<const char*, 6> values = {"verify-full", connection.c_str(), "disable",
                                             "UTF8",        "seimon-store",     nullptr};
  Server server(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(server.get()) != CONNECTION_OK) throw Failure(PQerrorMessage(server.get()), kUnavailable);
  return server;
}

Result run(const Server& server, const std::string& sql) {
  Result result(PQexec(server.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw Failure(PQerrorMessage(server.get()));
  return result;
}

std::string quoted(const Server& server, const std::string& name,
                   decltype(PQescapeIdentifier)* escape = PQescapeIdentifier) {
  const std::unique_ptr<char, decltype(&PQfreemem)> text(escape(server.get(), name.c_str(), name.size()), PQfreemem);
  if (text == nullptr) throw Failure(name + ": cannot be a name");
  return text.get();
}

std::optional<std::int64_t> schema_of(const Server& server) {
  if (PQgetisnull(run(server, "SELECT to_regclass('meta')").get(), 0, 0) != 0) return std::nullopt;
  const Result found = run(server, std::string(kReadSchema));
  std::int64_t schema = 0;
  if (PQntuples(found.get()) == 1) {
    const char* text = PQgetvalue(found.get(), 0, 0);
    (void)std::from_chars(text, text + std::strlen(text), schema);
  }
  return schema;
}

// Events go by months: what is old enough is dropped as a table, in no time. The service may call this and nothing else
// that takes an event away; how long they stay stands in `meta`, which it cannot write.
constexpr const char* kRetire = R"(
CREATE OR REPLACE FUNCTION retire_events() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  month timestamptz;
  oldest bigint;
  part record;
  retired bigint := 0;
BEGIN
  FOR i IN 0..1 LOOP
    month := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + make_interval(months => i);
    IF to_regclass('event_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM')) IS NULL THEN
      -- Where that cannot be done now, the rest takes the events, and no login waits.
      BEGIN
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF event FOR VALUES FROM (%s) TO (%s)',
          'event_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM'), extract(epoch FROM month)::bigint,
          extract(epoch FROM (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC')::bigint);
      EXCEPTION WHEN check_violation OR lock_not_available OR duplicate_table OR unique_violation THEN NULL;
      END;
    END IF;
  END LOOP;
  SELECT extract(epoch FROM now())::bigint - value * 86400 INTO oldest FROM meta WHERE name = 'keep_days';
  FOR part IN SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_[0-9]{6}$' LOOP
    IF extract(epoch FROM (to_timestamp(right(part.name, 6), 'YYYYMM')::timestamp + interval '1 month') AT TIME ZONE 'UTC')
        < oldest THEN
      BEGIN
        EXECUTE format('DROP TABLE %I', part.name);
        retired := retired + 1;
      EXCEPTION WHEN lock_not_available OR undefined_table THEN NULL;
      END;
    END IF;
  END LOOP;
  DELETE FROM event_rest WHERE at < oldest;
  RETURN retired;
END $$)";

void make_tables(const Server& server, std::string_view migration) {
  while (!migration.empty()) {
    const std::size_t end = std::min(migration.find(";\n"), migration.size());
    std::string text = in_postgresql(migration.substr(0, end));
    const bool events = text.starts_with("CREATE TABLE event ");
    const bool mails = text.starts_with("CREATE TABLE mail ");
    if (events) text += " PARTITION BY RANGE (at)";
    (void)run(server, text);
    if (events) (void)run(server, "CREATE TABLE event_rest PARTITION OF event DEFAULT");
    if (events) (void)run(server, "CREATE INDEX event_by_id ON event (id)");
    if (events) (void)run(server, "CREATE INDEX event_rest_by_time ON event_rest (at)");  // of retire_events()
    if (mails) (void)run(server, "ALTER TABLE mail ADD PRIMARY KEY (id)");
    migration.remove_prefix(std::min(end + 2, migration.size()));
  }
}

// Grants the rights that the service needs, and no more.
void grant(const Server& server, const std::string& role) {
  const std::string to = " TO " + quoted(server, role);
  const std::string schema = quoted(server, PQgetvalue(run(server, "SELECT current_schema()").get(), 0, 0));
  (void)run(server, "ALTER FUNCTION retire_events() SET search_path = " + schema + ", pg_temp");
  (void)run(server, "ALTER FUNCTION retire_events() SET lock_timeout = '50ms'");
  (void)run(server, "REVOKE ALL ON FUNCTION retire_events() FROM PUBLIC");
  (void)run(server, "GRANT USAGE ON SCHEMA " + schema + to);
  (void)run(server, "GRANT SELECT ON meta, data_key, state, host, login_host, head, method, source, event, mail" + to);
  (void)run(server, "GRANT INSERT ON data_key, state, host, login_host, head, method, source, event, mail" + to);
  (void)run(server, "GRANT UPDATE ON data_key, state, host, login_host, head, method, source, mail" + to);
  (void)run(server, "GRANT DELETE ON head, method, source, mail" + to);
  (void)run(server, "GRANT USAGE ON SEQUENCE method_id" + to);
  (void)run(server, "GRANT EXECUTE ON FUNCTION retire_events()" + to);
  const Result owner =
      run(server, "SELECT pg_has_role(" + quoted(server, role, PQescapeLiteral) + ", current_user, 'MEMBER')");
  if (std::string_view(PQgetvalue(owner.get(), 0, 0)) == "t")
    throw Failure("the role " + role +
                  " owns the schema, or is a superuser: the service gets one of its own (CREATE ROLE " + role +
                  " LOGIN), so that it can drop nothing");
}

void finish(const Server& server, const Options& options) {
  (void)run(server, kRetire);
  (void)run(server, "INSERT INTO meta (name, value) VALUES ('keep_days', " + std::to_string(options.keep_days) +
                        ") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  (void)run(server, "INSERT INTO meta (name, value) VALUES ('schema', " + std::to_string(kNewestSchema) +
                        ") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  grant(server, options.role);
  (void)run(server, "SELECT retire_events()");
}

void init(const Options& options) {
  const Server server = connect(options.stores.at(0));
  (void)run(server, "BEGIN");
  if (schema_of(server)) throw Failure("there is a store already; to bring it to this version: seimon store migrate");
  (void)run(server, "CREATE SEQUENCE method_id");
  for (const std::string_view migration : kMigrations) make_tables(server, migration);
  finish(server, options);
  (void)run(server, "COMMIT");
  std::printf("made, for the role %s. In seimon.conf: store: { url = \"%s\"; } as that role\n", options.role.c_str(),
              options.stores.at(0).c_str());
}

void migrate(const Options& options) {
  const Server server = connect(options.stores.at(0));
  (void)run(server, "BEGIN");
  const auto schema = schema_of(server);
  if (!schema) throw Failure("there is no store; to make one: seimon store init");
  const auto newest = static_cast<std::int64_t>(kNewestSchema);
  if (*schema > newest || *schema < static_cast<std::int64_t>(kOldestSchema))
    throw Failure("it has schema " + std::to_string(*schema) + ", and this version knows " +
                  std::to_string(kOldestSchema) + " to " + std::to_string(newest) +
                  "; run the version that it was made or migrated for");
  for (std::int64_t next = *schema + 1; next <= newest; ++next)
    make_tables(server, kMigrations.at(static_cast<std::size_t>(next) - kOldestSchema));
  finish(server, options);
  (void)run(server, "COMMIT");
  std::printf("schema %lld, for the role %s\n", static_cast<long long>(newest), options.role.c_str());
}

struct Table {
  const char* name;
  const char* columns;
};
// Columns as in the file. The host table is of those that live there.
constexpr std::array<Table, 8> kTables = {{
    {"data_key", "id, wrapped"},
    {"state", "id, epoch, generation, floor, latest, timeline, synchronous, mac"},
    {"login_host", "name, serial, enrolled, until, revoked, mac"},
    {"head", "user, uid, enrolled, suspended, profile, failure_records, row_versions, version, mac"},
    {"method",
     "id, user, kind, state, label, algorithm, digits, period, registered, counts_from, last_used, last_step, "
     "last_pair_step, "
     "epoch, drift, drift_seen, drift_run, sealed_key, version, mac"},
    {"source", "name, opened, count, mac"},
    {"event",
     "at, event, outcome, user, actor, service, host, origin, tty, method, rule, network, reason, would, clock_offset, "
     "conversation"},
    {"mail", "at, user, subject, body, tries, due"},
}};

using File = std::unique_ptr<sqlite3, Finish>;
using Rows = std::unique_ptr<sqlite3_stmt, Finish>;

// Nobody else has it open: a service that went on would spend codes in a store that nobody reads any more.
File open_alone(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme)) throw Failure(url + ": the source is a file: sqlite:/var/lib/seimon/seimon.db");
  const std::string path = url.substr(kScheme.size());
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
  File file(raw);
  if (opened != SQLITE_OK) throw Failure(path + ": " + sqlite3_errstr(opened));
  const bool alone =
      sqlite3_exec(raw, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK;
  if (!alone)
    throw Failure(path + ": is in use (" + sqlite3_errmsg(raw) +
                  "); stop it first: systemctl stop seimond.socket seimond");
  return file;
}

Rows rows_of(const File& file, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(file.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw Failure(std::string("the file is no store of this version: ") + sqlite3_errmsg(file.get()));
  return Rows(statement);
}

// COPY's text format (PostgreSQL, "COPY", "Text Format").
void append_cell(std::string& line, sqlite3_stmt* row, int column) {
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL: line += "\\N"; return;
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(row, column));
      line += "\\\\x" + base::hex({bytes, size});
      return;
    }
    default: break;
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] == '\\') line += "\\\\";
    else if (text[i] == '\n') line += "\\n";
    else if (text[i] == '\r') line += "\\r";
    else if (text[i] == '\t') line += "\\t";
    else line += text[i];
  }
}

std::int64_t copy_table(const File& file, const Server& server, const Table& table) {
  const std::string columns = in_postgresql(table.columns);
  const Result started(
      PQexec(server.get(), ("COPY " + std::string(table.name) + " (" + columns + ") FROM STDIN").c_str()));
  if (PQresultStatus(started.get()) != PGRES_COPY_IN) throw Failure(PQerrorMessage(server.get()));
  const std::string order =
      std::string(table.name) == "event" || std::string(table.name) == "mail" ? " ORDER BY id" : "";
  const Rows rows = rows_of(file, "SELECT " + std::string(table.columns) + " FROM " + table.name + order);
  std::int64_t count = 0;
  while (sqlite3_step(rows.get()) == SQLITE_ROW) {
    std::string line;
    for (int column = 0; column < sqlite3_column_count(rows.get()); ++column) {
      if (column > 0) line += '\t';
      append_cell(line, rows.get(), column);
    }
    line += '\n';
    if (PQputCopyData(server.get(), line.data(), static_cast<int>(line.size())) != 1)
      throw Failure(PQerrorMessage(server.get()));
    ++count;
  }
  if (sqlite3_errcode(file.get()) != SQLITE_DONE)
    throw Failure(std::string(table.name) + ": " + sqlite3_errmsg(file.get()));
  if (PQputCopyEnd(server.get(), nullptr) != 1) throw Failure(PQerrorMessage(server.get()));
  while (const Result ended{PQgetResult(server.get())})
    if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) throw Failure(PQerrorMessage(server.get()));
  return count;
}

std::int64_t count_there(const Server& server, const std::string& table) {
  const Result counted = run(server, "SELECT COUNT(*) FROM " + table);
  return std::stoll(PQgetvalue(counted.get(), 0, 0));
}

void copy(const Options& options) {
  const File file = open_alone(options.stores.at(0));
  const Server server = connect(options.stores.at(1));
  (void)run(server, "BEGIN");
  if (schema_of(server) != static_cast<std::int64_t>(kNewestSchema))
    throw Failure("the target is no store of this version; first: seimon store init");
  for (const Table& table : kTables)
    if (count_there(server, table.name) > 0)
      throw Failure(std::string("the target is not empty: there are rows in ") + table.name + "; nothing was copied");
  for (const Table& table : kTables) {
    const std::int64_t count = copy_table(file, server, table);
    if (count_there(server, table.name) != count) throw Failure(std::string(table.name) + ": not every row arrived");
    std::printf("%-10s %lld\n", table.name, static_cast<long long>(count));
  }
  (void)run(server, "SELECT setval('method_id', (SELECT COALESCE(MAX(id), 0) + 1 FROM method), false)");
  (void)run(server, "COMMIT");
  std::printf(
      "copied. Bring seal.key to each gate, set store.url there, and keep the file until people have logged in\n");
}

// A server's message comes from outside: it is printed as it is if all of it is printable.
std::string shown(const std::string& text) {
  for (std::string_view left = text; !left.empty();) {
    const auto character = base::take_character(left);
    if (!character || base::is_unprintable(*character)) return base::escaped(text);
  }
  return text;
}

int complain() {
  std::fprintf(stderr,
               "usage: seimon store init URL [--role ROLE] [--keep-days N]\n"
               "       seimon store migrate URL [--role ROLE] [--keep-days N]\n"
               "       seimon store copy sqlite:PATH URL\n");
  return kUsage;
}

std::optional<Options> options_of(int argc, char** argv) {
  Options options;
  if (argc < 2) return std::nullopt;
  options.verb = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--role" && i + 1 < argc) options.role = argv[++i];
    else if (word == "--keep-days" && i + 1 < argc) {
      const std::string_view days = argv[++i];
      const auto [end, error] = std::from_chars(days.data(), days.data() + days.size(), options.keep_days);
      if (error != std::errc() || end != days.data() + days.size() || options.keep_days < 1) return std::nullopt;
    } else if (word.starts_with("-")) return std::nullopt;
    else options.stores.emplace_back(word);
  }
  const std::size_t wanted = options.verb == "copy" ? 2 : 1;
  const bool known = options.verb == "init" || options.verb == "migrate" || options.verb == "copy";
  return known && options.stores.size() == wanted ? std::optional(options) : std::nullopt;
}

int run(int argc, char** argv) try {
  const auto options = options_of(argc, argv);
  if (!options) return complain();
  if (options->verb == "init") init(*options);
  else if (options->verb == "migrate") migrate(*options);
  else copy(*options);
  return std::fflush(stdout) == 0 ? kDone : kFailed;
} catch (const std::exception& error) {
  std::fprintf(stderr, "seimon store: %s\n", shown(one_line(error.what())).c_str());
  const auto* failure = dynamic_cast<const Failure*>(&error);
  return failure == nullptr ? kBadInput : failure->code;
}

}  // namespace

}  // namespace seimon::store

int main(int argc, char** argv) { return seimon::store::run(argc, argv); }

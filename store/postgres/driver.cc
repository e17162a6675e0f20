// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/driver.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/files.h"
#include "core/ports/store.h"
#include "store/postgres/values.h"
#include "store/rollback_guard.h"
#include "store/statements.h"

namespace seimon::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPulseEvery = std::chrono::seconds(30);

constexpr std::string_view kUndefinedTable = "42P01";
constexpr std::string_view kNotGranted = "42501";
constexpr std::string_view kDivisionByZero = "22012";

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, FreeResult>;

struct Finish {
  void operator()(PGconn* connection) const {
    // Nothing more is said to the server: a batch that is under way there stays as unknown as it is.
    if (PQsocket(connection) >= 0) (void)shutdown(PQsocket(connection), SHUT_RDWR);
    PQfinish(connection);
  }
};

// True if a transaction of such statements alone can end without a wait.
bool only_reads(std::string_view sql) {
  for (const std::string_view word : {"SELECT", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})
    if (sql.starts_with(word)) return true;
  return false;
}

class PostgresDriver final : public Driver {
 public:
  explicit PostgresDriver(PostgresOptions options) : options_(std::move(options)) {}
  PostgresDriver(const PostgresDriver&) = delete;
  PostgresDriver& operator=(const PostgresDriver&) = delete;
  ~PostgresDriver() override = default;

  void open() override;
  void close() noexcept override;
  std::vector<std::vector<Row>> run(std::span<const Statement> statements) override;
  [[nodiscard]] bool is_broken() const override { return broken_; }
  [[nodiscard]] std::optional<RollbackGuard> rollback_guard() const override { return guard_; }
  void keep_rollback_guard(const RollbackGuard& guard) override;
  [[nodiscard]] std::string problem() const override;
  [[nodiscard]] Condition condition() const override;

 private:
  void connect();
  void demand_privacy();
  void take_pulse();
  void feel(const Row& pulse);
  [[nodiscard]] bool has_news() const;
  [[nodiscard]] static std::string text_of(const Statement& statement);
  void demand_schema();
  // A command of the pipeline whose result is still to come.
  struct Sent {
    std::string_view sql;
    bool prepared_now = false;  // that comes with a result of its own
  };
  Sent send(const Statement& statement);
  void synchronise();
  // The next command's result; null behind the last one of a command. Throws at the deadline.
  Result next_result(Clock::time_point deadline);
  std::vector<Row> take(const Sent& sent, Clock::time_point deadline);
  void take_synchronisation(Clock::time_point deadline);
  void settle_debt();
  void wait(Clock::time_point deadline);
  [[noreturn]] void fail(const std::string& what);
  [[noreturn]] void fail_with(const PGresult* result);
  static void note(void* self, const PGresult* notice);

  struct Prepared {
    std::string name;
    std::string text;
  };
  const Prepared* known(const Statement& statement) const;

  PostgresOptions options_;
  std::unique_ptr<PGconn, Finish> connection_;
  std::map<std::pair<const char*, bool>, Prepared> statements_;
  bool broken_ = false;
  bool wrote_ = false;
  std::vector<Sent> debt_;  // the end of a transaction that only read was sent, and not waited for
  std::string warning_;
  std::optional<RollbackGuard> guard_;
  std::string guard_failure_;
  Condition condition_{true, 0, false, {}};
  std::int64_t server_clock_ = 0;
  Clock::time_point pulse_{};
  std::string place_ = "postgresql";
};

// The server said something unasked: as a rule, that it goes.
bool PostgresDriver::has_news() const {
  pollfd socket = {PQsocket(connection_.get()), POLLIN, 0};
  return poll(&socket, 1, 0) != 0;
}

void PostgresDriver::open() {
  if (connection_ != nullptr && !broken_) {
    try {
      settle_debt();
      if (has_news() || Clock::now() - pulse_ > kPulseEvery) take_pulse();  // finds a dead one before the step begins
      return;
    } catch (const core::StoreUnavailable&) {
      broken_ = true;  // it was closed while unused: this step has not begun yet, and begins on a new one
    }
  }
  close();
  options_.shared->begin_try();
  try {
    connect();
    demand_privacy();
    take_pulse();
    demand_schema();
    guard_ = read_rollback_guard(options_.guard_file);
    options_.shared->end_try("");
  } catch (const std::exception& failure) {  // whatever it was: nobody else tries until this try has ended
    close();
    options_.shared->end_try(failure.what());
    throw;
  }
}

void PostgresDriver::close() noexcept {
  connection_.reset();
  statements_.clear();
  broken_ = false;
  wrote_ = false;
  debt_.clear();
  warning_.clear();
}

// libpq goes through the servers of the string by itself, each for connect_timeout.
void PostgresDriver::connect() {
  const auto seconds = std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(options_.deadline).count());
  const std::string timeout = std::to_string(seconds);
  const std::string milliseconds = std::to_string(options_.deadline.count());
  const std::string settings = "-c synchronous_commit=on -c lock_timeout=" + milliseconds +
                               " -c statement_timeout=0 -c idle_in_transaction_session_timeout=10s";
  // Kerberos would be tried before TLS, by libraries that this process has no use for.
  const std::array<const char*, 10> keywords = {
      "dbname",          "sslmode", "gssencmode",       "application_name", "client_encoding",
      "connect_timeout", "options", "tcp_user_timeout", "keepalives_idle",  nullptr};
  const std::array<const char*, 10> values = {options_.connection.c_str(),
                                              options_.tls.c_str(),
                                              "disable",
                                              "seimond",
                                              "UTF8",
                                              timeout.c_str(),
                                              options_.pooled ? "" : settings.c_str(),
                                              milliseconds.c_str(),
                                              "5",
                                              nullptr};
  connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (connection_ == nullptr) fail("no memory");
  const char* host = PQhost(connection_.get());
  place_ = "postgresql " + std::string(host == nullptr ? "" : host);
  if (PQstatus(connection_.get()) != CONNECTION_OK) fail(one_line(PQerrorMessage(connection_.get())));
  PQsetNoticeReceiver(connection_.get(), note, this);
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) fail("no pipeline");
}

void PostgresDriver::demand_privacy() {
  sockaddr_storage peer = {};
  socklen_t length = sizeof peer;
  const bool local = getpeername(PQsocket(connection_.get()), reinterpret_cast<sockaddr*>(&peer), &length) == 0 &&
                     peer.ss_family == AF_UNIX;
  if (!local && options_.tls != "disable" && PQsslInUse(connection_.get()) == 0) fail("the connection has no TLS");
}

void PostgresDriver::take_pulse() {
  const std::array<Statement, 1> pulse = {{{kPulse, {}}}};
  feel(run(pulse).at(0).at(0));
}

void PostgresDriver::feel(const Row& row) {
  const auto number = [&](std::size_t column) { return std::get<std::int64_t>(row.at(column)); };
  if (number(0) != 0) fail("is a standby; name the primary too, with target_session_attrs=read-write");
  if (number(1) == 0) fail("its fsync is off: what it says yes to may be gone after a power cut");
  if (number(5) == 0) fail("its synchronous_commit is off: what it says yes to may be gone after a crash");
  condition_.synchronous = number(2) != 0;
  condition_.timeline = number(3);
  server_clock_ = number(4);
  pulse_ = Clock::now();
}

void PostgresDriver::demand_schema() {
  const std::array<Statement, 1> read = {{{kReadSchema, {}}}};
  const std::vector<std::vector<Row>> all = run(read);
  const auto found = all.at(0).empty() ? 0 : std::get<std::int64_t>(all.at(0).at(0).at(0));
  if (found == static_cast<std::int64_t>(kNewestSchema)) return;
  const std::string versions =
      "its store has schema " + std::to_string(found) + ", and this seimond knows " + std::to_string(kNewestSchema);
  fail(versions + (found > static_cast<std::int64_t>(kNewestSchema) ? "; run the version that it was migrated for"
                                                                    : "; its owner runs: seimon store migrate URL"));
}

std::string PostgresDriver::problem() const {
  if (!guard_failure_.empty()) return guard_failure_;
  if (options_.tls != "verify-full" && options_.tls != "disable")
    return "store.tls is " + options_.tls + ": the server is not checked by its name";
  return "";
}

Condition PostgresDriver::condition() const {
  Condition condition = condition_;
  condition.clock = server_clock_ + std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - pulse_).count();
  return condition;
}

// Several connections of this host keep one file: what one has seen later stands, and so does a doubt.
void PostgresDriver::keep_rollback_guard(const RollbackGuard& guard) {
  const std::lock_guard lock(options_.shared->mutex);
  RollbackGuard next = guard;
  const auto kept = read_rollback_guard(options_.guard_file);
  if (kept && (kept->epoch > next.epoch || (kept->epoch == next.epoch && kept->timeline > next.timeline))) next = *kept;
  if (kept && kept->epoch == next.epoch && kept->timeline == next.timeline) {
    next.generation = std::max(next.generation, kept->generation);
    // A connection whose transaction began earlier may still think that standbys confirm.
    const bool too_soon = !kept->synchronous && next.generation < kept->generation + 2;
    if (too_soon) next = *kept;
  }
  if (kept != next) guard_failure_ = write_rollback_guard(options_.guard_file, next);
  if (guard_failure_.empty() && !kept) (void)base::sync_folder_of(options_.guard_file);
  if (guard_failure_.empty()) guard_ = next;
}

std::vector<std::vector<Row>> PostgresDriver::run(std::span<const Statement> statements) {
  if (connection_ == nullptr || broken_) fail("is not connected");
  settle_debt();
  // The server's state is queried in the same round trip as each BEGIN.
  const bool begins = statements.front().sql == kBegin;
  std::vector<Sent> sent;
  for (const Statement& statement : statements) {
    wrote_ = wrote_ || !only_reads(statement.sql);
    sent.push_back(send(statement));
    if (!begins || sent.size() > 1) continue;
    if (options_.pooled) sent.push_back(send({kSettings, {std::to_string(options_.deadline.count())}}));
    sent.push_back(send({kPulse, {}}));
  }
  synchronise();
  const bool ends = statements.back().sql == kCommit || statements.back().sql == kRollBack;
  const bool wrote = wrote_;
  if (ends) wrote_ = false;
  const bool is_read_from =
      std::ranges::any_of(statements, [](const Statement& one) { return one.sql.starts_with("SELECT"); });
  if (ends && !begins && !wrote && !is_read_from) {
    debt_ = std::move(sent);
    return std::vector<std::vector<Row>>(statements.size());
  }
  const auto deadline = Clock::now() + options_.deadline;
  std::vector<std::vector<Row>> all;
  for (const Sent& one : sent) all.push_back(take(one, deadline));
  take_synchronisation(deadline);
  if (begins) {
    const auto pulse = all.begin() + static_cast<std::ptrdiff_t>(sent.size() - statements.size());
    feel(pulse->at(0));
    all.erase(all.begin() + 1, pulse + 1);
  }
  if (!warning_.empty()) fail("a warning, and so an outcome that is not known: " + warning_);
  return all;
}

// Without a row that should be hit it is an error, and the COMMIT behind it in the pipeline rolls back.
std::string PostgresDriver::text_of(const Statement& statement) {
  std::string text = in_postgresql(statement.sql);
  return statement.hits ? "WITH hit AS (" + text + " RETURNING 1) SELECT 1 / count(*) FROM hit" : text;
}

const PostgresDriver::Prepared* PostgresDriver::known(const Statement& statement) const {
  const auto found = statements_.find({statement.sql.data(), statement.hits});
  return found == statements_.end() ? nullptr : &found->second;
}

PostgresDriver::Sent PostgresDriver::send(const Statement& statement) {
  const Bound bound(statement.parameters);
  if (options_.pooled) {
    if (PQsendQueryParams(connection_.get(), text_of(statement).c_str(), bound.size(), bound.types.data(),
                          bound.values.data(), bound.lengths.data(), bound.formats.data(), 1) != 1)
      fail(one_line(PQerrorMessage(connection_.get())));
    return {statement.sql, false};
  }
  const bool fresh = known(statement) == nullptr;
  if (fresh) {
    Prepared prepared{"s" + std::to_string(statements_.size()), text_of(statement)};
    if (PQsendPrepare(connection_.get(), prepared.name.c_str(), prepared.text.c_str(), bound.size(),
                      bound.types.data()) != 1)
      fail(one_line(PQerrorMessage(connection_.get())));
    statements_.emplace(std::pair(statement.sql.data(), statement.hits), std::move(prepared));
  }
  if (PQsendQueryPrepared(connection_.get(), known(statement)->name.c_str(), bound.size(), bound.values.data(),
                          bound.lengths.data(), bound.formats.data(), 1) != 1)
    fail(one_line(PQerrorMessage(connection_.get())));
  return {statement.sql, fresh};
}

void PostgresDriver::synchronise() {
  if (PQpipelineSync(connection_.get()) != 1) fail(one_line(PQerrorMessage(connection_.get())));
  if (PQflush(connection_.get()) < 0) fail(one_line(PQerrorMessage(connection_.get())));
}

void PostgresDriver::wait(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  const int flushed = PQflush(connection_.get());
  if (flushed < 0) fail(one_line(PQerrorMessage(connection_.get())));
  pollfd socket = {PQsocket(connection_.get()), static_cast<short>(POLLIN | (flushed == 1 ? POLLOUT : 0)), 0};
  if (left.count() <= 0 || ::poll(&socket, 1, static_cast<int>(left.count()) + 1) == 0)
    fail("no answer in " + std::to_string(options_.deadline.count()) +
         " ms: it is overloaded or cut off, or waits for a standby that must confirm");
  if (PQconsumeInput(connection_.get()) != 1) fail(one_line(PQerrorMessage(connection_.get())));
}

Result PostgresDriver::next_result(Clock::time_point deadline) {
  while (PQisBusy(connection_.get()) != 0) wait(deadline);
  return Result(PQgetResult(connection_.get()));
}

std::vector<Row> PostgresDriver::take(const Sent& sent, Clock::time_point deadline) {
  std::vector<Row> rows;
  for (int left = sent.prepared_now ? 2 : 1; left > 0; --left) {
    const Result result = next_result(deadline);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_with(result.get());
    // The server rolled the transaction back instead of committing it.
    if (sent.sql == kCommit && left == 1 && std::string_view(PQcmdStatus(result.get())) != "COMMIT")
      fail("the transaction was rolled back");
    rows = rows_of(result.get());
    if (next_result(deadline) != nullptr) fail("more came than was asked for");
  }
  return rows;
}

void PostgresDriver::take_synchronisation(Clock::time_point deadline) {
  if (PQresultStatus(next_result(deadline).get()) != PGRES_PIPELINE_SYNC) fail("the pipeline is out of step");
}

void PostgresDriver::settle_debt() {
  if (debt_.empty()) return;
  const std::vector<Sent> debt = std::exchange(debt_, {});
  const auto deadline = Clock::now() + options_.deadline;
  for (const Sent& sent : debt) (void)take(sent, deadline);
  take_synchronisation(deadline);
}

void PostgresDriver::note(void* self, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == nullptr || std::string_view(severity) != "WARNING") return;
  static_cast<PostgresDriver*>(self)->warning_ = one_line(PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
}

void PostgresDriver::fail(const std::string& what) {
  broken_ = true;
  throw core::StoreUnavailable(place_ + ": " + what);
}

void PostgresDriver::fail_with(const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "" : field;
  if (state == kDivisionByZero) fail("a row was changed by somebody else at the same time");
  if (state == kUndefinedTable) fail("there is no store; its owner makes it: seimon store init URL");
  const std::string reason = one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  if (state == kNotGranted) fail(reason + "; the store's owner runs: seimon store migrate URL --role ROLE");
  fail(reason.empty() ? one_line(PQerrorMessage(connection_.get())) : reason);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) Driver* seimon_postgres_driver(const PostgresOptions& options) {
  return std::make_unique<PostgresDriver>(options).release();
}

}  // namespace seimon::store

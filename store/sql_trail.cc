// SPDX-License-Identifier: Apache-2.0
// Records that are not of one user: events, and failures by source.
#include <algorithm>

#include "base/characters.h"
#include "store/sql_store.h"
#include "store/statements.h"

namespace seimon::store {

using core::Event;
using core::FailureWindow;
using core::Instant;

namespace {

constexpr std::int64_t kMostSourceRows = 65536;
constexpr std::int64_t kFull = 1'000'000'000;  // more than any limit
constexpr std::int64_t kEventsAtOnce = 20000;  // events that one page looks at
constexpr core::seconds kLate = core::kDay * 32;

Row source_row(const std::string& source, const FailureWindow& failures) {
  return {source, number(failures.opened), failures.count};
}

}  // namespace

FailureWindow SqlStore::failures_from(const std::string& source) {
  const std::vector<Row> rows = run(kReadSource, {source});
  if (rows.empty()) return {};
  try {
    Columns columns(rows.front(), "source");
    const FailureWindow failures{instant(columns.number()), columns.number()};
    Row row = source_row(source, failures);
    row.emplace_back();
    if (seal().has_mac("source", covered(row), columns.blob())) return failures;
  } catch (const core::StoreDamaged&) {
    // As below.
  }
  return {state_.latest, kFull};
}

FailureWindow SqlStore::add_failure(const std::string& source, core::seconds length, Instant now) {
  lock("source " + source);
  const FailureWindow failures = core::counted(failures_from(source), length, now);
  write(kWriteSource, with_mac("source", source_row(source, failures)));
  return failures;
}

void SqlStore::append(const Event& event) {
  Row row{number(event.at)};
  // No engine need take what is no text.
  Event::each_field(event, [&](std::string_view, const std::string& value) {
    row.emplace_back(base::is_text(value) ? value : base::escaped(value));
  });
  write(kAddEvent, std::move(row));
}

core::EventPage SqlStore::page(const core::EventQuery& query) {
  core::EventPage page;
  std::int64_t before = query.before;
  if (before == 0) before = std::get<std::int64_t>(run(kNewestEvent).front().front()) + 1;
  const bool of_user = !query.user.empty();
  const std::int64_t from = of_user ? 0 : std::max<std::int64_t>(0, before - kEventsAtOnce);
  const std::int64_t until = query.until == Instant() ? INT64_MAX : number(query.until);
  // IPv4 addresses may have been logged in their IPv6 form.
  Row parameters{std::int64_t{query.limit},
                 before,
                 from,
                 number(query.since),
                 until,
                 query.event,
                 query.outcome,
                 query.service,
                 query.from,
                 "::ffff:" + query.from,
                 query.reason,
                 query.host};
  if (of_user) parameters.emplace_back(query.user);
  const std::vector<Row> rows = run(of_user ? kReadEventsOfUser : kReadEvents, std::move(parameters));
  for (const Row& row : rows) {
    Columns columns(row, "an event");
    Event event;
    event.id = columns.number();
    event.at = instant(columns.number());
    Event::each_field(event, [&](std::string_view, std::string& value) { value = columns.text(); });
    page.events.push_back(std::move(event));
  }
  const bool is_full = rows.size() == static_cast<std::size_t>(query.limit);
  page.next = is_full ? page.events.back().id : from;
  if (!is_full && query.since != Instant() && page.next > 0) {
    // Late events of a spool or another host may be behind newer ones, within limits.
    const std::vector<Row> oldest = run(kTimeOfEvent, {page.next});
    if (!oldest.empty() && instant(std::get<std::int64_t>(oldest.front().front())) < query.since - kLate) page.next = 0;
  }
  std::reverse(page.events.begin(), page.events.end());
  return page;
}

void SqlStore::forget_before(Instant events, Instant sources) {
  write(kForgetEvents, {number(events)});
  write(kForgetSources, {number(sources), kMostSourceRows});
}

}  // namespace seimon::store

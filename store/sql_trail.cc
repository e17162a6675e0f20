// SPDX-License-Identifier: Apache-2.0
// What the store keeps of everybody together: events, and failures by source.
#include <algorithm>

#include "core/characters.h"
#include "store/sql_store.h"
#include "store/statements.h"

namespace seimon::store {

using core::Event;
using core::FailureWindow;
using core::Instant;

namespace {

constexpr std::int64_t kMostSourceRows = 65536;
constexpr std::int64_t kFull = 1'000'000'000;  // more than any limit

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
  return {era_.latest, kFull};
}

FailureWindow SqlStore::add_failure(const std::string& source, core::seconds length, Instant now) {
  lock("source " + source);
  const FailureWindow failures = core::counted(failures_from(source), length, now);
  write(kWriteSource, marked("source", source_row(source, failures)));
  return failures;
}

void SqlStore::append(const Event& event) {
  Row row{number(event.at)};
  // No engine need take what is no text.
  Event::each_field(event, [&](std::string_view, const std::string& value) {
    row.emplace_back(core::is_text(value) ? value : core::escaped(value));
  });
  write(kAddEvent, std::move(row));
}

std::vector<Event> SqlStore::events(const core::EventQuery& query) {
  Row parameters{std::int64_t{query.limit}};
  if (!query.user.empty()) parameters.emplace_back(query.user);
  std::vector<Event> events;
  const std::vector<Row> rows = run(query.user.empty() ? kReadEvents : kReadEventsOfUser, std::move(parameters));
  for (const Row& row : rows) {
    Columns columns(row, "an event");
    Event event;
    event.at = instant(columns.number());
    Event::each_field(event, [&](std::string_view, std::string& value) { value = columns.text(); });
    events.push_back(std::move(event));
  }
  std::reverse(events.begin(), events.end());
  return events;
}

void SqlStore::forget_before(Instant events, Instant sources) {
  write(kForgetEvents, {number(events)});
  write(kForgetSources, {number(sources), kMostSourceRows});
}

}  // namespace seimon::store

// SPDX-License-Identifier: Apache-2.0
// What the store keeps of everybody together: events, and failures by source.
#include <algorithm>

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
  const Row parameters{source};
  const std::vector<Row> rows = run(kReadSource, parameters);
  if (rows.empty()) return {};
  try {
    Columns columns(rows.front(), "source");
    const FailureWindow failures{instant(columns.number()), columns.number()};
    Row row = source_row(source, failures);
    row.emplace_back();
    if (seal_->has_mac(covered("source", row), columns.blob())) return failures;
  } catch (const core::StoreDamaged&) {
    // As below.
  }
  return {era_.latest, kFull};
}

void SqlStore::record_failures_from(const std::string& source, const FailureWindow& failures) {
  run(kWriteSource, marked("source", source_row(source, failures)));
}

void SqlStore::append(const Event& event) {
  Row row{number(event.at)};
  Event::each_field(event, [&](std::string_view, const std::string& value) { row.emplace_back(value); });
  run(kAddEvent, row);
}

std::vector<Event> SqlStore::events(const core::EventQuery& query) {
  Row parameters{std::int64_t{query.limit}};
  if (!query.user.empty()) parameters.emplace_back(query.user);
  std::vector<Event> events;
  for (const Row& row : run(query.user.empty() ? kReadEvents : kReadEventsOfUser, parameters)) {
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
  const Row oldest_event{number(events)};
  run(kForgetEvents, oldest_event);
  const Row oldest_source{number(sources), kMostSourceRows};
  run(kForgetSources, oldest_source);
}

}  // namespace seimon::store

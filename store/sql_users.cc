// SPDX-License-Identifier: Apache-2.0
// Everybody together: names, counts, what logins came to; and the mail that waits.
#include <algorithm>

#include "store/sql_store.h"
#include "store/statements.h"

namespace seimon::store {

using core::Instant;
using core::Mail;
using core::Tally;
using core::UserName;

std::set<UserName> SqlStore::suspended() {
  std::set<UserName> users;
  for (const Row& row : run(kReadSuspended)) {
    Columns columns(row, "a suspended user");
    if (const auto user = UserName::parse(columns.text())) users.insert(*user);
  }
  return users;
}

std::optional<std::set<UserName>> SqlStore::suspended_since() {
  settle();
  if (knows_suspended_ && !driver_.condition().shared) return std::nullopt;
  auto users = suspended();
  knows_suspended_ = true;
  return users;
}

core::StoreSummary SqlStore::summary() {
  if (state_.shared) take_state(run(kReadState));
  const std::vector<Row> rows = run(kCount);
  Columns columns(rows.at(0), "counts");
  core::StoreSummary summary;
  summary.users = columns.number();
  summary.methods = columns.number();
  summary.events = columns.number();
  summary.mails = columns.number();
  summary.oldest_mail = instant(columns.number());
  return summary;
}

std::vector<std::string> SqlStore::method_names() {
  std::vector<std::string> names;
  for (const Row& row : run(kReadMethodNames)) {
    Columns columns(row, "a method");
    const std::string user = columns.text();
    names.push_back(user + " " + columns.text());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> SqlStore::names_after(const std::string& after, int count) {
  std::vector<std::string> names;
  for (const Row& row : run(kUsersAfter, {after, std::int64_t{count}})) {
    Columns columns(row, "a name");
    names.push_back(columns.text());
  }
  return names;
}

void SqlStore::forget(const UserName& user) {
  put_away();
  knows_suspended_ = false;
  lock("user " + user.text());
  for (const std::string_view sql : {kDropHead, kDropMethods}) write(sql, {user.text()});
}

namespace {

constexpr std::int64_t kTalliedAtOnce = 50000;  // events that one tally looks at

std::vector<Tally> tallies_in(const std::vector<Row>& rows) {
  std::vector<Tally> tallies;
  for (const Row& row : rows) {
    Columns columns(row, "a tally");
    Tally tally;
    for (std::string* text : {&tally.user, &tally.outcome, &tally.reason, &tally.would, &tally.rule})
      *text = columns.text();
    tally.count = columns.number();
    tally.newest = instant(columns.number());
    tallies.push_back(std::move(tally));
  }
  return tallies;
}

}  // namespace

std::vector<Tally> SqlStore::tally_of(const std::string& user, Instant since) {
  return tallies_in(run(kTallyOfUser, {number(since), user}));
}

std::vector<Tally> SqlStore::tally(Instant since, std::int64_t& before) {
  if (before == 0) before = std::get<std::int64_t>(run(kNewestEvent).front().front()) + 1;
  const std::int64_t from = std::max<std::int64_t>(0, before - kTalliedAtOnce);
  std::vector<Tally> tallies = tallies_in(run(kTally, {number(since), before, from}));
  before = from;
  const std::vector<Row> oldest = run(kTimeOfEvent, {from});
  // Late events of a spool or another host may be behind newer ones, within limits.
  if (oldest.empty() || instant(std::get<std::int64_t>(oldest.front().front())) < since - core::kDay * 32) before = 0;
  return tallies;
}

bool SqlStore::post(const Mail& mail) {
  has_changes_ = true;
  return !run(kPostMail, {number(mail.at), mail.user, mail.subject, mail.body, kMostMails}).empty();
}

std::optional<Mail> SqlStore::next_mail(Instant now) {
  const std::int64_t lease = number(now + kLease);
  const std::vector<Row> rows = run(kNextMail, {number(now), lease});
  if (rows.empty()) return std::nullopt;
  has_changes_ = true;
  Columns columns(rows.front(), "a mail");
  Mail mail;
  mail.id = columns.number();
  mail.at = instant(columns.number());
  mail.user = columns.text();
  mail.subject = columns.text();
  mail.body = columns.text();
  mail.tries = columns.number();
  mail.lease = lease;
  return mail;
}

bool SqlStore::drop_mail(std::int64_t id, std::int64_t lease) {
  has_changes_ = true;
  return !run(kDropMail, {id, lease}).empty();
}

bool SqlStore::retry_mail(std::int64_t id, std::int64_t lease, Instant due) {
  has_changes_ = true;
  return !run(kRetryMail, {id, lease, number(due)}).empty();
}

std::int64_t SqlStore::forget_mail(Instant oldest) {
  const auto forgotten = static_cast<std::int64_t>(run(kForgetMail, {number(oldest)}).size());
  if (forgotten > 0) has_changes_ = true;
  return forgotten;
}

}  // namespace seimon::store

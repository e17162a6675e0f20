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
  if (era_.shared) take_era(run(kReadEra));
  const std::vector<Row> rows = run(kCount);
  Columns columns(rows.at(0), "counts");
  core::StoreSummary summary;
  summary.users = columns.number();
  summary.methods = columns.number();
  summary.events = columns.number();
  summary.mails = columns.number();
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

std::vector<Tally> SqlStore::tally(const std::string& user, Instant since) {
  std::vector<Tally> tallies;
  Row parameters{number(since)};
  if (!user.empty()) parameters.emplace_back(user);
  const std::vector<Row> rows = run(user.empty() ? kTally : kTallyOfUser, std::move(parameters));
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

void SqlStore::post(const Mail& mail) {
  write(kPostMail, {number(mail.at), mail.user, mail.subject, mail.body, kMostMails});
}

std::optional<Mail> SqlStore::next_mail(Instant now) {
  const std::vector<Row> rows = run(kNextMail, {number(now)});
  if (rows.empty()) return std::nullopt;
  Columns columns(rows.front(), "a mail");
  Mail mail;
  mail.id = columns.number();
  mail.at = instant(columns.number());
  mail.user = columns.text();
  mail.subject = columns.text();
  mail.body = columns.text();
  mail.tries = columns.number();
  return mail;
}

void SqlStore::drop_mail(std::int64_t id) { write(kDropMail, {id}); }

void SqlStore::retry_mail(std::int64_t id, Instant due) { write(kRetryMail, {id, number(due)}); }

}  // namespace seimon::store

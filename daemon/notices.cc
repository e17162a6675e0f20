// SPDX-License-Identifier: Apache-2.0
#include "daemon/notices.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/characters.h"
#include "daemon/clock.h"

namespace seimon::daemon {

using core::Event;
using nlohmann::json;

namespace {

constexpr const char* kAccount = "seimon-notify";

struct Notice {
  std::string_view event;
  std::string_view outcome;
  std::string_view english;
  std::string_view japanese;
};

// What is told. "{1}" is the method, "{2}" who acted.
constexpr std::array<Notice, 11> kNotices = {{
    {"enrol", "enrolled", "A sign-in method was added: {1}.", "サインイン方法が追加されました: {1}"},
    {"enrol", "issued", "A sign-in method was issued to you: {1} (by {2}).",
     "サインイン方法が発行されました: {1}（担当: {2}）"},
    {"import", "imported", "A sign-in method was taken over from another program: {1} (by {2}).",
     "サインイン方法が他のプログラムから引き継がれました: {1}（担当: {2}）"},
    {"replace", "replaced", "A sign-in method was replaced: {1}.", "サインイン方法が変更されました（機種変更）: {1}"},
    {"remove", "removed", "A sign-in method was removed: {1} (by {2}).",
     "サインイン方法が削除されました: {1}（操作: {2}）"},
    {"revoke", "revoked", "All your sign-in methods were ended (by {2}).",
     "すべてのサインイン方法が無効になりました（操作: {2}）。"},
    {"verify", "accepted", "The help desk verified your identity with a code (by {2}).",
     "窓口がコードで本人確認を行いました（担当: {2}）。"},
    {"bypass", "given", "A temporary code was issued for your account (by {2}).",
     "一時コードが発行されました（担当: {2}）。"},
    {"recovery-codes", "given", "New recovery codes were issued; the old ones no longer work.",
     "新しい回復コードが発行されました。以前のコードは使えません。"},
    {"alarm", "noticed", "Several wrong codes were entered for your account. Whoever did so knows your password.",
     "誤ったコードが続けて入力されました。第三者にパスワードが知られている可能性があります。"},
    {"rename", "renamed", "A sign-in method was renamed: {1}.", "サインイン方法の名前が変更されました: {1}"},
}};

const Notice* notice_for(const Event& event) {
  if (event.user.empty() || (event.event == "alarm" && event.reason != "guarded")) return nullptr;
  if (event.event == "verify" && event.actor == event.user) return nullptr;
  for (const Notice& row : kNotices)
    if (row.event == event.event && row.outcome == event.outcome) return &row;
  return nullptr;
}

core::Mail mail_for(const Event& event, const Notice& notice, const Config& config) {
  core::Mail mail;
  mail.user = event.user;
  mail.subject = "Seimon: sign-in security / サインインのセキュリティ (" + config.issuer + ")";
  const std::vector<std::string> values = {core::escaped(event.method), core::escaped(event.actor)};
  mail.body = sentence(notice.english, values) + "\n" + sentence(notice.japanese, values) + "\n";
  if (event.reason.starts_with("without-code"))
    mail.body +=
        "No code was asked for: it was done on a network where a password is enough.\n"
        "コードの確認なしで（パスワードだけで変更できるネットワークから）操作されました。\n";
  mail.body += "\n";
  mail.body += "Account: " + core::escaped(event.user) + "\nTime:    " + iso_time(event.at) + "\n";
  if (!event.from.empty()) mail.body += "From:    " + core::escaped(event.from) + "\n";
  mail.body += "Host:    " + core::escaped(event.host) + "\n\n";
  mail.body +=
      "If this was not you, tell the help desk at once. お心当たりがない場合は、すぐに窓口へご連絡ください。\n";
  if (!config.help.empty()) mail.body += config.help + "\n";
  return mail;
}

// Mail is handed to nobody but the account that sends it.
void demand_mailer(const Request& request) {
  const bool mailer = request.actor.account && request.actor.account->text() == kAccount;
  if (request.actor.role != Role::kRoot && !mailer)
    throw Refusal{"NotPermitted", std::string("only root and the account ") + kAccount + " may do this", {}};
}

}  // namespace

namespace {

constexpr std::int64_t kMostAnHour = 20;  // notices to one user; whoever acts more often cannot fill everybody's queue

constexpr core::seconds kMailWaits = core::kDay * 7;

// An event for the first notice of an hour that is not kept; nothing for the others.
std::optional<Event> dropped(const Event& about, std::string_view reason, const std::string& counter,
                             const Court& court) {
  if (court.sources.add_failure(counter, core::kHour, court.now.age).count > 1) return std::nullopt;
  Event event;
  event.at = court.now.wall;
  event.event = "alarm";
  event.outcome = "noticed";
  event.user = about.user;
  event.actor = about.actor;
  event.host = about.host;
  event.reason = reason;
  return event;
}

}  // namespace

std::vector<Event> post_notices(const std::vector<Event>& events, const Court& court) {
  std::vector<Event> alarms;
  if (court.config.notify.command.empty()) return alarms;
  for (const Event& event : events) {
    const Notice* notice = notice_for(event);
    if (notice == nullptr) continue;
    const std::int64_t count = court.sources.add_failure("mail to " + event.user, core::kHour, court.now.age).count;
    core::Mail mail = mail_for(event, *notice, court.config);
    mail.at = court.now.age;
    if (count == kMostAnHour)
      mail.body +=
          "More happens to this account now than is mailed in one hour; the rest stands in the log: seimon log\n"
          "この1時間の通知が上限に達しました。以降の操作は記録をご確認ください: seimon log\n";
    std::optional<Event> alarm;
    if (count > kMostAnHour) alarm = dropped(event, "notices-limited", "mail limited " + event.user, court);
    else if (!court.mailbox.post(mail)) alarm = dropped(event, "notices-dropped", "mail dropped", court);
    if (alarm) alarms.push_back(std::move(*alarm));
  }
  return alarms;
}

void forget_old_notices(const Court& court) {
  if (court.mailbox.forget_mail(court.now.age - kMailWaits) == 0) return;
  if (const auto alarm = dropped({}, "notices-dropped", "mail dropped", court)) court.audit.append(*alarm);
}

json next_mail(Request& request, const Court& court) {
  demand_mailer(request);
  const auto mail = court.mailbox.next_mail(court.now.age);
  if (!mail) return {{"id", 0}};
  return {{"id", mail->id},       {"to", mail->user},         {"at", iso_time(mail->at)}, {"lease", mail->lease},
          {"tries", mail->tries}, {"subject", mail->subject}, {"body", mail->body}};
}

// Sent, or to be tried again: after a minute, two, four, … up to a day. What cannot be sent for long is dropped, with
// an event. Whoever had it for too long has it no more: then somebody else is sending it.
json mail_sent(Request& request, const Court& court) {
  demand_mailer(request);
  const std::int64_t id = request.bounded("id", 0, 1, INT64_MAX);
  const std::int64_t lease = request.bounded("lease", 0, 1, INT64_MAX);
  const std::int64_t tries = request.bounded("tries", 0, 0, core::Mailbox::kMostTries);
  if (request.flag("sent")) {
    (void)court.mailbox.drop_mail(id, lease);
    return {{"left", false}};
  }
  if (tries + 1 >= core::Mailbox::kMostTries) {
    if (!court.mailbox.drop_mail(id, lease)) return {{"left", false}};
    Event event = event_of_all(request, court, "notice", "dropped");
    event.user = request.text("to").value_or("");
    request.events.push_back(event);
    return {{"left", false}};
  }
  const core::seconds wait =
      std::min(core::seconds(60) * (std::int64_t{1} << std::min<std::int64_t>(tries, 11)), core::seconds(core::kDay));
  return {{"left", court.mailbox.retry_mail(id, lease, court.now.age + wait)}};
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/notices.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

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
  mail.at = event.at;
  mail.user = event.user;
  mail.subject = "Seimon: sign-in security / サインインのセキュリティ (" + config.issuer + ")";
  const std::vector<std::string> values = {core::escaped(event.method), core::escaped(event.actor)};
  mail.body = sentence(notice.english, values) + "\n" + sentence(notice.japanese, values) + "\n\n";
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

void post_notices(const std::vector<Event>& events, const Court& court) {
  if (court.config.notify.command.empty()) return;
  for (const Event& event : events)
    if (const Notice* notice = notice_for(event)) court.mailbox.post(mail_for(event, *notice, court.config));
}

json next_mail(Request& request, const Court& court) {
  demand_mailer(request);
  const auto mail = court.mailbox.next_mail(court.now);
  if (!mail) return {{"id", 0}};
  return {{"id", mail->id},
          {"to", mail->user},
          {"at", iso_time(mail->at)},
          {"subject", mail->subject},
          {"body", mail->body}};
}

// Sent, or to be tried again: after a minute, two, four, … up to a day. What cannot be sent for long is dropped, with
// an event.
json mail_sent(Request& request, const Court& court) {
  demand_mailer(request);
  const std::int64_t id = request.bounded("id", 0, 1, INT64_MAX);
  if (request.flag("sent")) {
    court.mailbox.drop_mail(id);
    return {{"left", false}};
  }
  const auto mail = court.mailbox.next_mail(court.now);
  if (!mail || mail->id != id) return {{"left", false}};
  if (mail->tries + 1 >= core::Mailbox::kMostTries) {
    court.mailbox.drop_mail(id);
    Event event = event_of_all(request, court, "notice", "dropped");
    event.user = mail->user;
    request.events.push_back(event);
    return {{"left", false}};
  }
  const core::seconds wait = std::min(core::seconds(60) * (std::int64_t{1} << std::min<std::int64_t>(mail->tries, 11)),
                                      core::seconds(core::kDay));
  court.mailbox.retry_mail(id, court.now + wait);
  return {{"left", true}};
}

}  // namespace seimon::daemon

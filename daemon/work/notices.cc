// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/notices.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/characters.h"
#include "base/text.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using core::Event;

namespace {

struct Notice {
  std::string_view event;
  std::string_view outcome;
  std::string_view english;
  std::string_view japanese;
};

// Texts of the notices. "{1}" is the method, "{2}" the actor.
constexpr std::array<Notice, 13> kNotices = {{
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
    {"approval", "denied", "A sign-in to your account was refused on your phone.",
     "あなたのアカウントへのサインインが、スマートフォンで拒否されました。"},
    {"approval", "reported",
     "A sign-in to your account was reported on your phone as not yours. Change your password: somebody may know it.",
     "あなたのアカウントへの不審なサインインが、スマートフォンから報告されました。パスワードを知られている可能性があり"
     "ま"
     "す。変更してください。"},
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
  const std::vector<std::string> values = {base::escaped(event.method), base::escaped(event.actor)};
  mail.body = base::filled(notice.english, values) + "\n" + base::filled(notice.japanese, values) + "\n";
  if (event.reason.starts_with("without-code"))
    mail.body +=
        "No code was asked for: it was done on a network where a password is enough.\n"
        "コードの確認なしで（パスワードだけで変更できるネットワークから）操作されました。\n";
  mail.body += "\n";
  mail.body += "Account: " + base::escaped(event.user) + "\nTime:    " + iso_time(event.at) + "\n";
  if (!event.from.empty()) mail.body += "From:    " + base::escaped(event.from) + "\n";
  mail.body += "Host:    " + base::escaped(event.host) + "\n\n";
  mail.body +=
      "If this was not you, tell the help desk at once. お心当たりがない場合は、すぐに窓口へご連絡ください。\n";
  if (!config.help.empty()) mail.body += config.help + "\n";
  return mail;
}

constexpr std::int64_t kMostAnHour = 20;  // notices to one user; whoever acts more often cannot fill everybody's queue

constexpr core::seconds kMailWaits = core::kDay * 7;

// An event for the first notice of an hour that is not kept; nothing for the others.
std::optional<Event> dropped(const Event& about, std::string_view reason, const std::string& counter,
                             const StepContext& context) {
  if (context.sources.add_failure(counter, core::kHour, context.now.age).count > 1) return std::nullopt;
  Event event;
  event.at = context.now.wall;
  event.event = "alarm";
  event.outcome = "noticed";
  event.user = about.user;
  event.actor = about.actor;
  event.host = about.host;
  event.reason = reason;
  return event;
}

}  // namespace

std::vector<Event> post_notices(const std::vector<Event>& events, const StepContext& context) {
  std::vector<Event> alarms;
  if (context.config.delivery.email.empty()) return alarms;
  for (const Event& event : events) {
    const Notice* notice = notice_for(event);
    if (notice == nullptr) continue;
    const std::int64_t count = context.sources.add_failure("mail to " + event.user, core::kHour, context.now.age).count;
    core::Mail mail = mail_for(event, *notice, context.config);
    mail.at = context.now.age;
    if (count == kMostAnHour)
      mail.body +=
          "More happens to this account now than is mailed in one hour; the rest stands in the log: seimon log\n"
          "この1時間の通知が上限に達しました。以降の操作は記録をご確認ください: seimon log\n";
    std::optional<Event> alarm;
    if (count > kMostAnHour) alarm = dropped(event, "notices-limited", "mail limited " + event.user, context);
    else if (!context.mailbox.post(mail)) alarm = dropped(event, "notices-dropped", "mail dropped", context);
    if (alarm) alarms.push_back(std::move(*alarm));
  }
  return alarms;
}

void forget_old_notices(const StepContext& context) {
  if (context.mailbox.forget_mail(context.now.age - kMailWaits) == 0) return;
  if (const auto alarm = dropped({}, "notices-dropped", "mail dropped", context)) context.audit.append(*alarm);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "client/saying.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace seimon::client {

namespace {

using nlohmann::json;

struct Situation {
  std::string_view reason;  // of the last try
  std::string_view state;
};
constexpr std::array<Situation, 10> kSituations = {{
    {"already-used", "already-used"},
    {"not-a-code", "not a code"},
    {"empty", "not a code"},
    {"password", "password as code"},
    {"password-method", "password as code"},
    {"refused-by-sshd", "refused by sshd"},
    {"wrong-code", "wrong-code"},
    {"tries-used-up", "tries-used-up"},
    {"denied-on-phone", "denied on phone"},
    {"reported-on-phone", "denied on phone"},
}};

bool has_token_by_counter(const json& status) {
  const auto& methods = status.at("methods");
  return std::any_of(methods.begin(), methods.end(), [](const json& method) {
    return method.value("kind", "") == "token" && !method.contains("period");
  });
}

// By what the last login was refused; empty when it was not, or for another reason.
std::string state_of_last_login(const json& status) {
  const json& last = status.at("last");
  const std::string outcome = last.value("outcome", "");
  if (outcome == "accepted" || outcome == "skipped") return "";
  const std::string reason = last.value("reason", "");
  if (reason == "wrong-code" && !last.value("clock_offset", "").empty()) return "clock";
  if (reason == "wrong-code" && has_token_by_counter(status)) return "counter";
  for (const Situation& row : kSituations)
    if (row.reason == reason) return std::string(row.state);
  return "";
}

std::string state_of(const json& status) {
  if (status.at("suspended").get<bool>()) return "suspended";
  if (!status.at("exists").get<bool>()) return "no account";
  auto state = status.at("state").get<std::string>();
  if (state == "reset" || state == "pending" || state == "waiting") return state;
  if (state == "not enrolled") return status.at("outcome") == "refused" ? "not enrolled" : "fine";
  if (status.at("outcome") == "refused") return "denied";
  for (const auto& method : status.at("methods"))
    if (method.at("waits_for_resync").get<bool>()) return "resync";
  if (status.value("approvals", json::object()).value("paused", false)) return "phone paused";
  if (std::string why = state_of_last_login(status); !why.empty()) return why;
  const auto& budget = status.at("budget");
  if (budget.at("state") == "guarded" && budget.at("source_is_guarded").get<bool>()) return "guarded source";
  auto open = budget.at("state").get<std::string>();
  if (open != "open") return open;
  const std::string outcome = status.at("last").value("outcome", "");
  return outcome == "accepted" || outcome == "skipped" ? "got in" : "fine";
}

struct Phrase {
  std::string_view state;
  const char* english;
  const char* japanese;
};

constexpr std::array<Phrase, 23> kRows = {{
    {"suspended", "Your account is suspended. I'll transfer you to the administrators (seimon resume).",
     "アカウントが停止されています。管理者におつなぎします。"},
    {"no account", "I can't find that account name. Could you spell it?",
     "その名前のアカウントが見つかりません。綴りをもう一度お願いします。"},
    {"reset",
     "Your sign-in methods were ended. Once I know it is you, you get a code that lets you register a new "
     "phone (seimon bypass).",
     "サインイン方法が無効になっています。ご本人と確認できましたら、新しいスマートフォンを登録するための一時コードをお"
     "出しし"
     "ます。"},
    {"pending", "You began to register a phone and did not finish. Log in again: the same QR code is shown.",
     "スマートフォンの登録が途中です。もう一度ログインすると、同じQRコードが表示されます。"},
    {"waiting",
     "A letter with your sign-in method was sent to you. Has it arrived? Set up the app by it, and type its code.",
     "サインイン方法を記載した書面をお送りしています。届いていましたら、アプリを設定し、そのコードを入力してください"
     "。"},
    {"not enrolled",
     "You have no sign-in method yet. Log in where you may register one, or I give you a code (seimon "
     "bypass).",
     "サインイン方法がまだ登録されていません。登録できる場所（学内など）からログインするか、一時コードをお出しします"
     "。"},
    {"denied", "From there nobody may log in to this account; that is intended. Where are you?",
     "その場所からこのアカウントにはログインできない設定です。今どちらからお使いですか？"},
    {"resync", "Press your token twice and read me both numbers (seimon resync).",
     "トークンを2回押して、両方の数字を教えてください。"},
    {"clock", "Your phone's clock is {1} {2}. Set it to automatic time, wait a minute, and log in again.",
     "スマートフォンの時計が{1}{2}います。自動設定にして、1分待ってからもう一度ログインしてください。"},
    {"counter", "If you use a token with a button: press it twice and read me both numbers (seimon resync).",
     "ボタン式のトークンをお使いの場合は、2回押して両方の数字を教えてください。"},
    {"guarded source",
     "Many wrong codes came from your network: from there two codes in a row are asked for. Type the one that you see, "
     "wait for the next, type that too.",
     "お使いのネットワークから誤ったコードが多数入力されたため、コードを2回続けて入力してください。"},
    {"not a code", "That isn't a code: type the six to eight digits of the app, or a recovery code.",
     "入力されたものはコードではありません。アプリの数字（6～8桁）か回復コードを入力してください。"},
    {"password as code", "Your program sent the password where the code belongs. Choose keyboard-interactive in it.",
     "パスワードがコードとして送られています。ソフトの認証方式を「keyboard-interactive」にしてください。"},
    {"refused by sshd",
     "The server itself does not take this account this way. I pass you on to the administrators (sshd's settings).",
     "このアカウントはサーバーの設定でこの方法ではログインできません。管理者におつなぎします。"},
    {"got in", "Your last login from {1} got in ({2}). What exactly does the screen say?",
     "{1} からの最後のログインは成功しています（{2}）。画面に表示されている文言を教えてください。"},
    {"guarded",
     "Type the code your app shows, wait for the next one, type that too. Or I reset it "
     "(seimon reset-failures).",
     "アプリのコードを入力し、表示が変わったら次のコードも入力してください。"},
    {"closed", "Too many wrong codes were entered; once we know it was you, I reset it (seimon reset-failures).",
     "誤ったコードが多数入力されました。ご本人と確認できましたら、こちらで解除します。"},
    {"already-used", "Each code works once: wait until your app shows a new one.",
     "コードは1回だけ使えます。アプリの表示が変わってから入力してください。"},
    {"wrong-code", "Check that it is the entry for this account, and that the phone's clock sets itself.",
     "このアカウント用の項目か、スマートフォンの時計が自動設定になっているかをご確認ください。"},
    {"tries-used-up", "Log in anew, with the code that the app shows now for this account.",
     "もう一度ログインし、アプリに今表示されているコードを入力してください。"},
    {"phone paused",
     "You answered on your phone that a sign-in was not yours; until we have looked at it the phone is not asked. Has "
     "your "
     "password been changed? Then I turn it on again (seimon reset-failures). Codes work as ever.",
     "スマートフォンで「私ではありません」と回答されたため、承認の依頼を止めています。パスワードは変更済みですか？"
     "確認できましたら、こちらで再開します。コードはこれまでどおり使えます。"},
    {"denied on phone",
     "The sign-in was refused on your phone. Was it you who signed in? Then try again, and answer yes.",
     "スマートフォンで拒否されています。ご本人のサインインでしたら、もう一度お試しのうえ「はい」を選んでください。"},
    {"fine", "Nothing keeps you out here. What exactly does the screen say?",
     "こちらでは問題は見当たりません。画面に表示されている文言を教えてください。"},
}};

}  // namespace

namespace {

// "6 minutes", "45 seconds".
Saying distance_of(std::int64_t seconds) {
  const std::int64_t whole = seconds < 0 ? -seconds : seconds;
  const std::int64_t minutes = (whole + 30) / 60;
  if (whole < 60) return {std::to_string(whole) + " seconds", std::to_string(whole) + "秒"};
  return {std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes"), std::to_string(minutes) + "分"};
}

Saying with_values(const Phrase& row, const json& status) {
  const json& last = status.at("last");
  if (row.state == "clock") {
    const std::int64_t offset = std::strtoll(last.at("clock_offset").get<std::string>().c_str(), nullptr, 10);
    const Saying distance = distance_of(offset);
    return {base::filled(row.english, {distance.english, offset > 0 ? "fast" : "slow"}),
            base::filled(row.japanese, {distance.japanese, offset > 0 ? "進んで" : "遅れて"})};
  }
  const std::vector<std::string> values = {last.value("from", ""), base::local_time(last.value("at", ""))};
  return {base::filled(row.english, values), base::filled(row.japanese, values)};
}

}  // namespace

Saying what_to_say(const json& status) {
  const std::string state = state_of(status);
  for (const Phrase& row : kRows)
    if (row.state == state) return with_values(row, status);
  return {kRows.back().english, kRows.back().japanese};
}

}  // namespace seimon::client

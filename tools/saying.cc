// SPDX-License-Identifier: Apache-2.0
#include "tools/saying.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace seimon::tools {

namespace {

using nlohmann::json;

std::string state_of(const json& status) {
  if (status.at("suspended").get<bool>()) return "suspended";
  if (!status.at("exists").get<bool>()) return "no account";
  auto state = status.at("state").get<std::string>();
  if (state == "stripped" || state == "pending") return state;
  if (state == "not enrolled") return status.at("outcome") == "refused" ? "not enrolled" : "fine";
  if (status.at("outcome") == "refused") return "denied";
  for (const auto& method : status.at("methods"))
    if (method.at("waits_for_resync").get<bool>()) return "resync";
  auto budget = status.at("budget").at("state").get<std::string>();
  if (budget != "open") return budget;
  const auto& events = status.at("events");
  const std::string reason = events.empty() ? "" : events.back().value("reason", "");
  return reason == "already-used" || reason == "wrong-code" || reason == "tries-used-up" ? reason : "fine";
}

struct Phrase {
  std::string_view state;
  const char* english;
  const char* japanese;
};

constexpr std::array<Phrase, 13> kRows = {{
    {"suspended", "Your account is closed at the gate. I pass you on to the administrators (seimon resume).",
     "アカウントが停止されています。管理者におつなぎします。"},
    {"no account", "I find no account of that name. Please spell it.",
     "その名前のアカウントが見つかりません。綴りをもう一度お願いします。"},
    {"stripped",
     "Your sign-in methods were ended. Once I know it is you, you get a code that lets you register a new "
     "phone (seimon bypass).",
     "サインイン方法が無効になっています。ご本人と確認できましたら、新しいスマートフォンを登録するための一時コードをお"
     "出しし"
     "ます。"},
    {"pending", "You began to register a phone and did not finish. Log in again: the same square is shown.",
     "スマートフォンの登録が途中です。もう一度ログインすると、同じQRコードが表示されます。"},
    {"not enrolled",
     "You have no sign-in method yet. Log in where you may register one, or I give you a code (seimon "
     "bypass).",
     "サインイン方法がまだ登録されていません。登録できる場所（学内など）からログインするか、一時コードをお出しします"
     "。"},
    {"denied", "From there nobody may log in to this account; that is meant so. Where are you?",
     "その場所からこのアカウントにはログインできない設定です。今どちらからお使いですか？"},
    {"resync", "Press your token twice and read me both numbers (seimon resync).",
     "トークンを2回押して、両方の数字を教えてください。"},
    {"guarded",
     "Type the code your app shows, wait for the next one, type that too. Or I reset it: seimon "
     "reset-failures.",
     "アプリのコードを入力し、表示が変わったら次のコードも入力してください。"},
    {"closed", "Too many wrong codes were entered; once we know it was you, I reset it: seimon reset-failures.",
     "誤ったコードが多数入力されました。ご本人と確認できましたら、こちらで解除します。"},
    {"already-used", "Each code works once: wait until your app shows a new one.",
     "コードは1回だけ使えます。アプリの表示が変わってから入力してください。"},
    {"wrong-code", "Check that it is the entry for this account, and that the phone's clock sets itself.",
     "このアカウント用の項目か、スマートフォンの時計が自動設定になっているかをご確認ください。"},
    {"tries-used-up", "Log in anew, with the code that the app shows now for this account.",
     "もう一度ログインし、アプリに今表示されているコードを入力してください。"},
    {"fine", "Nothing keeps you out here. What exactly does the screen say?",
     "こちらでは問題は見当たりません。画面に表示されている文言を教えてください。"},
}};

}  // namespace

Saying what_to_say(const json& status) {
  const std::string state = state_of(status);
  for (const Phrase& row : kRows)
    if (row.state == state) return {row.english, row.japanese};
  return {kRows.back().english, kRows.back().japanese};
}

}  // namespace seimon::tools

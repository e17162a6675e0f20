// SPDX-License-Identifier: Apache-2.0
#include "core/texts.h"

#include <array>

namespace seimon::core {

namespace {

struct Row {
  TextId id;
  std::string_view english;
  std::string_view japanese;
};

constexpr std::array<Row, 8> kTexts = {{
    {TextId::kPrompt, "Verification code: ", "認証アプリの{}桁のコード: "},
    {TextId::kNotAccepted, "Not accepted. A code works once: wait until your app shows a new one. {} tries left.",
     "受け付けられませんでした。コードは1回だけ使えます。アプリの表示が変わってから、新しいコードを入力してください（残"
     "り{}回）。"},
    {TextId::kOneTryLeft, "Not accepted. A code works once: wait until your app shows a new one. 1 try left.",
     "受け付けられませんでした。コードは1回だけ使えます。アプリの表示が変わってから、新しいコードを入力してください（残"
     "り1回）。"},
    {TextId::kNoTriesLeft, "Not accepted. A code works once: wait until your app shows a new one.",
     "受け付けられませんでした。コードは1回だけ使えます。アプリの表示が変わってから、新しいコードを入力してください。"},
    {TextId::kWasPassword, "That was your password. Please enter the code shown in your authenticator app.",
     "入力されたのはパスワードです。認証アプリに表示されているコードを入力してください。"},
    {TextId::kHelp,
     "Open the authenticator app on your phone and enter the digits it shows for this account. They change every half "
     "minute, and each works once.",
     "スマートフォンの認証アプリを開き、このアカウントに表示されている数字を入力してください。"
     "数字は約30秒ごとに変わり、1回だけ使えます。"},
    {TextId::kRemind, "You have not set up the second step of your login yet. Run: seimon enroll",
     "二段階認証がまだ設定されていません。次のコマンドで設定してください: seimon enroll"},
    {TextId::kSuspended, "This account is suspended.", "このアカウントは停止されています。"},
}};

std::string filled(std::string_view text, int number) {
  std::string result(text);
  const std::size_t at = result.find("{}");
  if (at != std::string::npos) result.replace(at, 2, std::to_string(number));
  return result;
}

}  // namespace

std::optional<Language> parse_language(std::string_view name) {
  // `auto` knows no stored choices yet, and both languages serve everybody.
  if (name == "both" || name == "auto") return Language::kBoth;
  if (name == "en") return Language::kEnglish;
  if (name == "ja") return Language::kJapanese;
  return std::nullopt;
}

std::string text_of(TextId id, Language language, int number) {
  const Row& row = kTexts[static_cast<std::size_t>(id)];
  std::string english = filled(row.english, number);
  std::string japanese = filled(row.japanese, number);
  if (language == Language::kEnglish) return english;
  if (language == Language::kJapanese) return japanese;
  if (id != TextId::kPrompt) return english + "\n" + japanese;
  return japanese.substr(0, japanese.size() - 2) + " / " + english;
}

}  // namespace seimon::core

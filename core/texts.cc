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

constexpr std::array<Row, 12> kTexts = {{
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
    {TextId::kFirstOfTwo, "Several wrong codes were entered for this account. Enter two codes in a row. Current code: ",
     "誤ったコードが続いたため、コードを2回続けて入力してください。まず今のコード: "},
    {TextId::kSecondOfTwo, "Next code, after the display changes: ", "次に、表示が変わった後のコード: "},
    {TextId::kFailedCode, "1 failed code since {} from {}.", "{}以降、誤ったコードが1回入力されました（{}）。"},
    {TextId::kFailedCodes, "{} failed codes since {} from {}.", "{}以降、誤ったコードが{}回入力されました（{}）。"},
}};

// Each "{}" in turn takes one of `values`.
std::string filled(std::string_view text, std::initializer_list<std::string_view> values) {
  std::string result;
  for (std::string_view value : values) {
    const std::size_t at = text.find("{}");
    if (at == std::string_view::npos) break;
    result.append(text.substr(0, at)).append(value);
    text.remove_prefix(at + 2);
  }
  return result.append(text);
}

bool is_prompt(TextId id) { return id == TextId::kPrompt || id == TextId::kFirstOfTwo || id == TextId::kSecondOfTwo; }

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
  const std::string value = std::to_string(number);
  std::string english = filled(row.english, {value});
  std::string japanese = filled(row.japanese, {value});
  if (language == Language::kEnglish) return english;
  if (language == Language::kJapanese) return japanese;
  if (!is_prompt(id)) return english + "\n" + japanese;
  return japanese.substr(0, japanese.size() - 2) + " / " + english;
}

std::string failed_codes_text(Language language, std::int64_t count, std::string_view since,
                              const std::vector<std::string>& from) {
  const TextId id = count == 1 ? TextId::kFailedCode : TextId::kFailedCodes;
  const Row& row = kTexts[static_cast<std::size_t>(id)];
  const std::string number = std::to_string(count);
  std::string places;
  for (const std::string& place : from) places += (places.empty() ? "" : ", ") + (place.empty() ? "?" : place);
  const bool one = count == 1;
  std::string english = one ? filled(row.english, {since, places}) : filled(row.english, {number, since, places});
  std::string japanese = one ? filled(row.japanese, {since, places}) : filled(row.japanese, {since, number, places});
  if (language == Language::kEnglish) return english;
  if (language == Language::kJapanese) return japanese;
  return english + "\n" + japanese;
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "core/login/texts.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace seimon::core {

namespace {

constexpr std::array<Text, kTexts> kTable = {{
    {TextId::kPrompt, "prompt", "Verification code: ", "確認コード: "},
    {TextId::kNotAccepted, "not-accepted",
     "Not accepted. A code works once: wait until your app shows a new one. {1} tries left.",
     "受け付けられませんでした。コードは1回だけ使えます。アプリの表示が変わってから、新しいコードを入力してください（残"
     "り{1}回）。"},
    {TextId::kOneTryLeft, "one-try-left",
     "Not accepted. A code works once: wait until your app shows a new one. 1 try left.",
     "受け付けられませんでした。コードは1回だけ使えます。アプリの表示が変わってから、新しいコードを入力してください（残"
     "り1回）。"},
    {TextId::kNoTriesLeft, "no-tries-left", "Not accepted. A code works once: wait until your app shows a new one.",
     "受け付けられませんでした。コードは1回だけ使えます。アプリの表示が変わってから、新しいコードを入力してください。"},
    {TextId::kWasPassword, "was-password",
     "That was your password. Please enter the code shown in your authenticator app.",
     "入力されたのはパスワードです。認証アプリに表示されているコードを入力してください。"},
    {TextId::kHelp, "help",
     "Open the authenticator app on your phone and enter the digits it shows for this account. They change every half "
     "minute, and each works once. Without your phone: enter a recovery code (XXXX-XXXX-XXXX-XXXX), or a bypass code "
     "from the help desk. 日本語: ja",
     "スマートフォンの認証アプリを開き、このアカウントに表示されている数字を入力してください。"
     "数字は約30秒ごとに変わり、1回だけ使えます。スマートフォンが手元にないときは、回復コード（XXXX-XXXX-XXXX-"
     "XXXX）か、"
     "窓口で発行された一時コードを入力してください。English: en"},
    {TextId::kRemind, "remind", "You have not set up the second step of your login yet. Run: seimon enroll",
     "二段階認証がまだ設定されていません。次のコマンドで設定してください: seimon enroll"},
    {TextId::kRemindDays, "remind-days",
     "You have not set up the second step of your login yet. Days left: {1}. Run: seimon enroll",
     "二段階認証がまだ設定されていません（期限まで残り{1}日）。次のコマンドで設定してください: seimon enroll"},
    {TextId::kSuspended, "suspended", "This account is suspended.", "このアカウントは停止されています。"},
    {TextId::kFirstOfTwo, "first-of-two",
     "Several wrong codes were entered for this account. Enter two codes in a row. Current code: ",
     "誤ったコードが続いたため、コードを2回続けて入力してください。まず今のコード: "},
    {TextId::kSecondOfTwo, "second-of-two",
     "Next code, after the display changes: ", "次に、表示が変わった後のコード: "},
    {TextId::kFailedCode, "failed-code", "1 failed code since {2} from {3}. If that was not you, tell the help desk.",
     "{2}以降、誤ったコードが1回入力されました（{3}）。心当たりがない場合は窓口へご連絡ください。"},
    {TextId::kFailedCodes, "failed-codes",
     "{1} failed codes since {2} from {3}. If that was not you, tell the help desk.",
     "{2}以降、誤ったコードが{1}回入力されました（{3}）。心当たりがない場合は窓口へご連絡ください。"},
    {TextId::kPreparing, "preparing",
     "The exemption for this network is in preparation: for now the code is asked here as well.",
     "このネットワークでは今後コードの入力が不要になる予定です（現在は必要です）。"},
    {TextId::kOffer, "offer", "Set up the second step now? [Y/n] (n = later) ",
     "二段階認証を今すぐ設定しますか？ [Y/n]（n = 後で設定） "},
    {TextId::kOfferDays, "offer-days", "Set up the second step now? [Y/n] (n = later, {1} days left) ",
     "二段階認証を今すぐ設定しますか？ [Y/n]（n = 後で設定、残り{1}日） "},
    {TextId::kAnswerYesNo, "answer-yes-no", "Please answer y or n.", "y か n で答えてください。"},
    {TextId::kRegister, "register",
     "Set up the second step of your login. It takes about three minutes; you need your phone with an authenticator "
     "app.\nIn the app, add an account by scanning the QR code, or enter the key by hand.",
     "ログインの二段階認証を設定します。所要時間は約3分です。認証アプリの入ったスマートフォンをご用意ください。\n"
     "アプリでアカウントを追加し、QRコードを読み取るか、キーを手で入力してください。"},
    {TextId::kAccount, "account", "Account: {1} ({2})", "アカウント: {1}（{2}）"},
    {TextId::kKey, "key", "Key:     {1}", "キー: {1}"},
    {TextId::kLink, "link", "Link:    {1}", "リンク: {1}"},
    {TextId::kProvePrompt, "prove-prompt",
     "Enter the code your app shows (can't scan it? w = larger, i = inverted, k = key only): ",
     "アプリに表示されたコードを入力してください（QRコードが見えないとき: w = 大きく、i = 反転、k = キーのみ）: "},
    {TextId::kNotProven, "not-proven",
     "Incorrect code. Check that your phone sets its time automatically. Tries left: {1}.",
     "このキーの現在のコードと一致しません。スマートフォンの時計が正しいか確認してください（残り{1}回）。"},
    {TextId::kMadeWithSha1, "made-with-sha1",
     "Your app made that code with SHA1, although {1} was asked for. Please use an app that follows the link.",
     "アプリは{1}ではなくSHA1でコードを作成しました。リンクの指定に従うアプリを使ってください。"},
    {TextId::kRegistered, "registered", "Registered. From your next login on you are asked for a code.",
     "登録しました。次回のログインから、確認コードの入力が必要になります。"},
    {TextId::kRecoveryCodesShown, "recovery-codes-shown",
     "Recovery codes: each replaces the phone once. They are shown only now. Write them down or print them.",
     "回復コード: "
     "スマートフォンがないとき、それぞれ1回だけ使えます。表示されるのは今回限りです。書き留めるか印刷してくだ"
     "さい。"},
    {TextId::kKept, "kept", "Press Enter once you have saved these codes: ", "保管したら Enter を押してください: "},
    {TextId::kFewRecoveryCodes, "few-recovery-codes", "Recovery codes left: {1}. For new ones: seimon recovery-codes",
     "回復コードは残り{1}個です。新しいコードの発行: seimon recovery-codes"},
    {TextId::kNoRecoveryCodes, "no-recovery-codes",
     "That was your last recovery code. For new ones: seimon recovery-codes",
     "最後の回復コードを使用しました。新しいコードの発行: seimon recovery-codes"},
    {TextId::kLanguageSet, "language-set", "English from now on.", "今後は日本語で表示します。"},
    {TextId::kRemindThere, "remind-there",
     "You have not set up the second step of your login yet. Log in from {1}, and run there: seimon enroll",
     "二段階認証がまだ設定されていません。{1}からログインして、次のコマンドで設定してください: seimon enroll"},
    {TextId::kRemindThereDays, "remind-there-days",
     "You have not set up the second step of your login yet. Days left: {1}. Log in from {2}, and run there: seimon "
     "enroll",
     "二段階認証がまだ設定されていません（期限まで残り{1}日）。{2}からログインして、次のコマンドで設定してください: "
     "seimon enroll"},
    {TextId::kOutOfOrder, "out-of-order", "The second step is out of order; this is not your password.",
     "二段階認証が故障しています。パスワードの誤りではありません。"},
    {TextId::kTwoBehind, "two-behind",
     "Not accepted. Several wrong codes were entered for this account: enter two codes in a row behind your password, "
     "PASSWORD,CODE1CODE2.",
     "受け付けられませんでした。誤ったコードが続いたため、パスワードの後にコードを2回分続けて入力してください"
     "（パスワード,コード1コード2）。"},
    {TextId::kSecondStep, "second-step", "Second step of the login: the code from your authenticator app.",
     "二段階認証: 認証アプリのコードが必要です。"},
    {TextId::kCombined, "combined", "Password and verification code: ", "パスワードと確認コード: "},
    {TextId::kNotRegistered, "not-registered",
     "No sign-in method is registered for this account; without one you cannot log in here.",
     "このアカウントにはサインイン方法が登録されていないため、ここではログインできません。"},
    {TextId::kFirstOfTwoHere, "first-of-two-here", "Here and now two codes in a row are needed. Current code: ",
     "現在は、コードを2回続けて入力する必要があります。まず今のコード: "},
    {TextId::kLetter, "letter",
     "A sign-in method was sent to you by letter. If you have set it up, enter its code here.",
     "サインイン方法を記載した書面をお送りしています。設定済みの場合は、そのコードをここに入力してください。"},
    {TextId::kLetterReminder, "letter-reminder",
     "A sign-in method was sent to you by letter. Set it up, and run: seimon verify",
     "サインイン方法を記載した書面をお送りしています。設定した後、次のコマンドを実行してください: seimon verify"},
    {TextId::kPromptSend, "prompt-send", "Verification code (s = send it to me): ", "確認コード（s = 送信を依頼）: "},
    {TextId::kPromptSent, "prompt-sent", "Verification code (s = send again): ", "確認コード（s = 再送）: "},
    {TextId::kCodeAsked, "code-asked",
     "If a phone number or mail address is registered for this account, a code is on its way.",
     "このアカウントに電話番号またはメールアドレスが登録されている場合、コードが届きます。"},
    {TextId::kCodeSentTo, "code-sent-to", "A code was sent to {1}.", "{1} にコードを送信しました。"},
    {TextId::kCodeNotSent, "code-not-sent", "The code could not be sent; use another way. {1}",
     "コードを送信できませんでした。別の方法を使ってください。{1}"},
    {TextId::kSendInstead, "send-instead", "To get a code by SMS or mail, enter s: its eight digits are then enough.",
     "SMS やメールでコードを受け取る場合は、s を入力してください（届いた8桁のコード1つで済みます）。"},
    {TextId::kSentInstead, "sent-instead",
     "Enter the eight digits that were sent to you; or two codes of your app, on one line.",
     "届いた8桁のコードを入力してください。または、アプリの連続する2つのコードを1行で入力してください。"},
    {TextId::kSentNotAccepted, "sent-not-accepted",
     "Not accepted. Enter the newest code that was sent to you, or a new one from your app. {1} tries left.",
     "受け付けられませんでした。最後に届いたコードか、アプリの新しいコードを入力してください（残り{1}回）。"},
    {TextId::kSentOneTryLeft, "sent-one-try-left",
     "Not accepted. Enter the newest code that was sent to you, or a new one from your app. 1 try left.",
     "受け付けられませんでした。最後に届いたコードか、アプリの新しいコードを入力してください（残り1回）。"},
    {TextId::kSentNoTriesLeft, "sent-no-tries-left", "Not accepted. Log in again for another code.",
     "受け付けられませんでした。もう一度ログインして、新しいコードを受け取ってください。"},
    {TextId::kCodeSms, "code-sms", "Seimon: your code for {1} is {2}. Valid {3} min. Never share it.",
     "【正門】確認コード {2}（{1}、{3}分間有効）。他人に教えないでください。"},
    {TextId::kCodeMailSubject, "code-mail-subject", "Seimon: verification code for {1}", "【正門】{1} の確認コード"},
    {TextId::kCodeMail, "code-mail",
     "Your code for {1} is {2}. It is valid for {3} minutes, only in the login that asked for it ({4}).\n\nIf you did "
     "not try to log in, somebody may know your password: tell the help desk.",
     "{1} の確認コードは {2} "
     "です。{3}分間、このコードを要求したログイン（{4}"
     "）でのみ使えます。\n\nお心当たりがない場合は、パスワードを知られている可能性があります。窓口へご連絡ください。"},
    {TextId::kAddressSms, "address-sms",
     "Seimon: {2} is your code to register this number at {1}. Valid {3} min. Never share it.",
     "【正門】この番号の登録コード {2}（{1}、{3}分間有効）。他人に教えないでください。"},
    {TextId::kAddressMail, "address-mail",
     "To receive sign-in codes for {1} at this address, enter {2}. It is valid for {3} minutes.\n\nIf you did not ask "
     "for this, ignore this mail.",
     "{1} の確認コードをこのアドレスで受け取るには、{2} "
     "を入力してください（{3}分間有効）。\n\nお心当たりがない場合は、このメールを無視してください。"},
    {TextId::kOrNumber, "or-number",
     "No smartphone? Enter your mobile number here (such as +819012345678) to get codes by SMS. SMS is less secure "
     "than an app, and your carrier may charge for messages.",
     "スマートフォンがない場合は、携帯電話番号（例: +819012345678）を入力すると、SMS "
     "でコードを受け取れます。アプリより安全性が低く、通信料がかかる場合があります。"},
    {TextId::kNumberPrompt, "number-prompt", "A code was sent to {1}. Enter it (s = send again, a = use an app): ",
     "{1} にコードを送信しました。届いたコードを入力してください（s = 再送、a = アプリを使う）: "},
    {TextId::kNotSentCode, "not-sent-code", "That is not the code that was sent. Tries left: {1}.",
     "送信したコードと一致しません（残り{1}回）。"},
    {TextId::kNumberNotAllowed, "number-not-allowed",
     "Codes are not sent to numbers like this one. Enter another mobile number, or the code from an app.",
     "この種類の番号にはコードを送信できません。別の携帯電話番号か、アプリのコードを入力してください。"},
    {TextId::kNoMoreCodes, "no-more-codes",
     "No further code was sent. A code that you already have still works. Otherwise wait a minute, or use an app.",
     "新しいコードは送信していません。届いたコードがあれば、有効期限までそのまま使えます。ない場合は、時間をおいてやり"
     "直すか、アプリを使ってください。"},
    {TextId::kPromptApprove, "prompt-approve",
     "Verification code (Enter = ask my phone): ", "確認コード（Enter = スマートフォンで承認）: "},
    {TextId::kPromptApproveSend, "prompt-approve-send", "Verification code (Enter = ask my phone, s = send it to me): ",
     "確認コード（Enter = スマートフォンで承認、s = 送信を依頼）: "},
    {TextId::kApproveInstead, "approve-instead", "To approve on your phone instead, press Enter.",
     "スマートフォンで承認する場合は、何も入力せずに Enter を押してください。"},
    {TextId::kNumber, "number",
     "Number {1}. Open {2} on your phone, enter {1} there, then press Enter here (or type a code): ",
     "番号 {1}。スマートフォンで {2} を開いて {1} を入力し、承認した後、ここで Enter を押してください（コードの入力も"
     "できます）: "},
    {TextId::kNotYet, "not-yet", "Not approved yet.", "まだ承認されていません。"},
    {TextId::kRequestEnded, "request-ended",
     "That number is not valid any more. Press Enter for a new one, or type a code.",
     "その番号は無効になりました。Enter を押すと新しい番号を表示します。コードを入力することもできます。"},
    {TextId::kOtherRequest, "other-request",
     "Another sign-in to this account waits for an answer on the phone. Type a code, or try again in a few minutes.",
     "このアカウントの別のサインインが承認待ちです。コードを入力するか、数分後にもう一度お試しください。"},
    {TextId::kNoMoreRequests, "no-more-requests",
     "Too many requests were not approved. Type a code, or try again in an hour or more.",
     "承認されなかった依頼が続いたため、今は承認を依頼できません。コードを入力するか、1時間以上たってからお試しください"
     "。"},
    {TextId::kDeniedOnPhone, "denied-on-phone", "This sign-in was refused on the phone.",
     "このサインインはスマートフォンで拒否されました。"},
    {TextId::kApprovedOnPhone, "approved-on-phone", "Approved on {1}, {2}; signed in from {3}.",
     "{1} で承認しました（{2}、接続元 {3}）。"},
    {TextId::kPromptCall, "prompt-call", "Verification code (c = call me): ", "確認コード（c = 電話で確認）: "},
    {TextId::kPromptSendCall, "prompt-send-call",
     "Verification code (s = send it to me, c = call me): ", "確認コード（s = 送信を依頼、c = 電話で確認）: "},
    {TextId::kPromptApproveCall, "prompt-approve-call", "Verification code (Enter = ask my phone, c = call me): ",
     "確認コード（Enter = スマートフォンで承認、c = 電話で確認）: "},
    {TextId::kPromptApproveSendCall, "prompt-approve-send-call",
     "Verification code (Enter = ask my phone, s = send it to me, c = call me): ",
     "確認コード（Enter = スマートフォンで承認、s = 送信を依頼、c = 電話で確認）: "},
    {TextId::kPromptSentCall, "prompt-sent-call",
     "Verification code (s = send again, c = call me): ", "確認コード（s = 再送、c = 電話で確認）: "},
    {TextId::kCallInstead, "call-instead", "To be called instead, enter c.",
     "電話で確認する場合は、c を入力してください。"},
    {TextId::kCallNumber, "call-number",
     "Number {1}. If a phone number is registered for this account, you get a call. Answer, press {1} and # on the "
     "phone, "
     "then press Enter here (or type a code; c = call again): ",
     "番号 {1}。このアカウントに電話番号が登録されている場合、電話がかかってきます。電話に出て {1} と # "
     "を押した後、ここで Enter を押してください（コードの入力もできます。c = 電話をかけ直す）: "},
    {TextId::kCalling, "calling", "Calling {1}.", "{1} に電話をかけています。"},
    {TextId::kCallEnded, "call-ended", "That number is not valid any more. Enter c for another call, or type a code.",
     "その番号は無効になりました。c を入力すると、もう一度電話がかかってきます。コードを入力することもできます。"},
    // Spoken: in kana, because speech programs guess how kanji are read.
    {TextId::kSpokenNumber, "spoken-number",
     "This is Seimon. Somebody is signing in to {1} as you. If it is you, press the number on your screen, then the "
     "hash "
     "or pound key. If it is not you, press zero, then the hash or pound key.",
     "せいもんです。{1} へのサインインの、かくにんです。ごほんにんのばあいは、がめんのばんごうと、シャープをおしてくだ"
     "さい。こころあたりがないばあいは、ゼロと、シャープをおしてください。"},
    {TextId::kSpokenCode, "spoken-code",
     "This is Seimon. Your code for {1} is: {2}. If you are not signing in, hang up, and tell the help desk.",
     "せいもんです。{1} の、かくにんコードは、{2} "
     "です。こころあたりがないばあいは、でんわをきって、まどぐちにごれんらくください。"},
    {TextId::kSpokenAddress, "spoken-address", "This is Seimon. To register this number at {1}, enter: {2}.",
     "せいもんです。{1} で、このばんごうをとうろくするための、コードは、{2} です。"},
    {TextId::kSignInWaiting, "sign-in-waiting", "A sign-in waits for your approval.", "サインインが承認待ちです。"},
}};

// The questions; each ends with a blank.
constexpr std::array<TextId, 21> kPrompts = {
    TextId::kPromptCall,     TextId::kPromptSendCall, TextId::kPromptApproveCall, TextId::kPromptApproveSendCall,
    TextId::kPromptSentCall, TextId::kCallNumber,     TextId::kPromptApprove,     TextId::kPromptApproveSend,
    TextId::kNumber,         TextId::kNumberPrompt,   TextId::kPromptSend,        TextId::kPromptSent,
    TextId::kPrompt,         TextId::kFirstOfTwo,     TextId::kFirstOfTwoHere,    TextId::kSecondOfTwo,
    TextId::kOffer,          TextId::kOfferDays,      TextId::kProvePrompt,       TextId::kKept,
    TextId::kCombined};
// Texts short enough for one line in two languages.
constexpr std::array<TextId, 14> kShort = {
    TextId::kPromptCall,     TextId::kPromptSendCall, TextId::kPromptApproveCall, TextId::kPromptApproveSendCall,
    TextId::kPromptSentCall, TextId::kPromptApprove,  TextId::kPromptApproveSend, TextId::kPromptSend,
    TextId::kPromptSent,     TextId::kPrompt,         TextId::kFirstOfTwo,        TextId::kFirstOfTwoHere,
    TextId::kSecondOfTwo,    TextId::kCombined};

template <std::size_t N>
bool is_one_of(const std::array<TextId, N>& ids, TextId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::string place(std::size_t number) { return "{" + std::to_string(number) + "}"; }

}  // namespace

const Text& text_row(TextId id) { return kTable[static_cast<std::size_t>(id)]; }

std::optional<TextId> text_named(std::string_view name) {
  for (const Text& row : kTable)
    if (row.name == name) return row.id;
  return std::nullopt;
}

namespace {

// Of one SMS: 160 characters of ASCII (GSM 03.38 has nearly all of it), or 70 units of UTF-16.
bool fits_one_sms(std::string_view text) {
  constexpr std::size_t kAscii = 160;
  constexpr std::size_t kOther = 70;
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
  }
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return units <= (is_ascii ? kAscii : kOther);
}

// Besides SMS.
constexpr std::array<TextId, 4> kWithCode = {TextId::kCodeMail, TextId::kAddressMail, TextId::kSpokenCode,
                                             TextId::kSpokenAddress};

std::string code_problem(TextId id, std::string_view wording) {
  const bool is_sms = id == TextId::kCodeSms || id == TextId::kAddressSms;
  const bool is_other = is_one_of(kWithCode, id);
  if (!is_sms && !is_other) return "";
  if (wording.find(place(2)) == std::string_view::npos) return "it does not hold {2}, the code";
  const std::string host(kMostHostInSms, 'h');
  const std::string_view longest[] = {host, "12345678", "10"};
  if (is_sms && !fits_one_sms(base::filled(wording, longest)))
    return "it does not fit one SMS: 70 characters, or 160 of ASCII, with a host of 24 and a code of 8";
  return "";
}

}  // namespace

std::string wording_problem(TextId id, std::string_view wording) {
  for (std::size_t number = 1; number <= 9; ++number) {
    const bool has = wording.find(place(number)) != std::string_view::npos;
    // A site may say how many digits its codes have.
    if (has && !(id == TextId::kPrompt && number == 1) &&
        text_row(id).english.find(place(number)) == std::string_view::npos &&
        text_row(id).japanese.find(place(number)) == std::string_view::npos)
      return "it holds " + place(number) + ", for which this text has no value";
  }
  if (is_one_of(kPrompts, id) && !wording.ends_with(' ')) return "a question ends with a blank";
  return code_problem(id, wording);
}

std::string text_of(TextId id, Language language, std::initializer_list<std::string_view> values,
                    const Wordings& wordings) {
  const Text& row = text_row(id);
  const auto found = wordings.find(id);
  const Wording own = found == wordings.end() ? Wording() : found->second;
  const auto in_words = [&](std::string_view of_the_site, std::string_view ours) {
    return base::filled(of_the_site.empty() ? ours : of_the_site, std::span(values.begin(), values.size()));
  };
  std::string english;
  std::string japanese;
  if (language != Language::kJapanese) english = in_words(own.english, row.english);
  if (language != Language::kEnglish) japanese = in_words(own.japanese, row.japanese);
  if (language == Language::kEnglish) return english;
  if (language == Language::kJapanese) return japanese;
  if (!is_one_of(kShort, id)) return is_one_of(kPrompts, id) ? japanese + "\n" + english : english + "\n" + japanese;
  const std::size_t end = japanese.ends_with(": ") ? japanese.size() - 2 : japanese.size();
  return japanese.substr(0, end) + " / " + english;
}

std::string utc_time(Instant time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto padded = [](std::int64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
  };
  return padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" + padded(unsigned{date.day()}, 2) +
         " " + padded(clock.hours().count(), 2) + ":" + padded(clock.minutes().count(), 2) + " UTC";
}

}  // namespace seimon::core

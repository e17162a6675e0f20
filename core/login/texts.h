// SPDX-License-Identifier: Apache-2.0
// Every sentence a user can see at a login, in English and Japanese, each with an id by which manuals quote it and
// sites override it (`texts`). Always true: a text never says why a code was refused.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/language.h"
#include "core/types.h"

namespace seimon::core {

enum class TextId : std::uint8_t {
  kPrompt,
  kNotAccepted,
  kOneTryLeft,
  kNoTriesLeft,
  kWasPassword,
  kHelp,
  kRemind,
  kRemindDays,
  kSuspended,
  kFirstOfTwo,
  kSecondOfTwo,
  kFailedCode,
  kFailedCodes,
  kPreparing,
  kOffer,
  kOfferDays,
  kAnswerYesNo,
  kRegister,
  kAccount,
  kKey,
  kLink,
  kProvePrompt,
  kNotProven,
  kMadeWithSha1,
  kRegistered,
  kRecoveryCodesShown,
  kKept,
  kFewRecoveryCodes,
  kNoRecoveryCodes,
  kLanguageSet,
  kRemindThere,
  kRemindThereDays,
  kOutOfOrder,
  kTwoBehind,
  kSecondStep,
  kCombined,
  kNotRegistered,
  kFirstOfTwoHere,
  kLetter,
  kLetterReminder,
  kPromptSend,
  kPromptSent,
  kCodeAsked,
  kCodeSentTo,
  kCodeNotSent,
  kSendInstead,
  kSentInstead,
  kSentNotAccepted,
  kSentOneTryLeft,
  kSentNoTriesLeft,
  kCodeSms,
  kCodeMailSubject,
  kCodeMail,
  kAddressSms,
  kAddressMail,
  kOrNumber,
  kNumberPrompt,
  kNotSentCode,
  kNumberNotAllowed,
  kNoMoreCodes,
  kPromptApprove,
  kPromptApproveSend,
  kApproveInstead,
  kNumber,
  kNotYet,
  kRequestEnded,
  kOtherRequest,
  kNoMoreRequests,
  kDeniedOnPhone,
  kApprovedOnPhone,
  kPromptCall,
  kPromptSendCall,
  kPromptApproveCall,
  kPromptApproveSendCall,
  kPromptSentCall,
  kCallInstead,
  kCallNumber,
  kCalling,
  kCallEnded,
  kSpokenNumber,
  kSpokenCode,
  kSpokenAddress,
  kSignInWaiting
};
inline constexpr std::size_t kTexts = 83;

// In a text by SMS a host's name has at most so many characters.
inline constexpr std::size_t kMostHostInSms = 24;

struct Text {
  TextId id;
  std::string_view name;  // as `seimon messages` and the configuration call it
  std::string_view english;
  std::string_view japanese;
};
// In the order of their ids.
[[nodiscard]] const Text& text_row(TextId id);
[[nodiscard]] std::optional<TextId> text_named(std::string_view name);

// A site's own wording. A text that is empty is not overridden.
struct Wording {
  std::string english;
  std::string japanese;
};
using Wordings = std::map<TextId, Wording>;
// Why `wording` cannot stand for `id`, or an empty text: it must hold the same places "{1}", "{2}", and a prompt must
// end in ": ".
[[nodiscard]] std::string wording_problem(TextId id, std::string_view wording);

// The values take the places of "{1}", "{2}", …. Two languages are joined by a newline; short prompts by " / ", English
// last, because tools look for "code: " at the end.
[[nodiscard]] std::string text_of(TextId id, Language language, std::initializer_list<std::string_view> values = {},
                                  const Wordings& wordings = {});

// "2026-11-20 09:12 UTC"
[[nodiscard]] std::string utc_time(Instant time);

}  // namespace seimon::core

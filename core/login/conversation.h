// SPDX-License-Identifier: Apache-2.0
// START HERE. One login's second step, as a step machine:
//
//     begin() ──> Prompt ──> answer() ──> Prompt ──> … ──> Conclusion
//        └──────────────────────────────────────────────────┘
//
// Model: a Conversation is a small value. The caller runs a step on a copy and keeps the copy only once the store has
// made the step's writes durable; a step that was not made durable never happened. Asking for a code is in
// conversation.cc, sending one in sending.cc, asking for a yes on the phone in approving.cc, calling a telephone in
// calling.cc, letting in whoever is exempt or showed one in admission.cc, registering a first phone in registration.cc.
//
// MUST:
//  1. kAllow comes from one place: a code of this user, or a yes on the phone, was spent now (Spend::kWon, or a
//     recovery code or one from the help desk was taken out of the profile).
//  2. kSkip comes from one place: the policy, or observe mode, asked for nothing; and the event says so.
//  3. A try is charged to its user before its code is compared, in the transaction of its answer (core/account/risk.h).
//  4. Wrong, replayed, unknown, not enrolled, reset, suspended, guarded: the same words, the same number of prompts.
//  5. One "try" event for each refused answer, one concluding "login" event for the conversation.
//  6. A phone that is registered here stays pending; who confirms it is the account hook (threat model E1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/account/approval.h"
#include "core/factors/sent_code.h"
#include "core/login/enrolment.h"
#include "core/login/event.h"
#include "core/login/expected.h"
#include "core/login/send_limits.h"
#include "core/login/texts.h"
#include "core/policy/policy.h"
#include "core/policy/source.h"
#include "core/ports/store.h"

namespace seimon::core {

struct CodeSettings {
  int digits = 6;
  seconds period{30};
  Algorithm algorithm = Algorithm::kSha1;
  int window = 1;  // steps accepted each side of now
  bool echo = true;
  int tries = 3;  // answers a conversation may have
};

// Hosts that need no second code for a while; off when `length` is 0.
struct RememberSettings {
  seconds length{0};
  std::vector<std::string> services;
  std::vector<std::string> networks;  // none: any address
};

// Notices to a phone that a sign-in waits. Without, its owner opens the page.
enum class Notify : std::uint8_t { kNobody, kWebPush, kDriver };

// Until it rings, is answered, has spoken, and a number is keyed in.
inline constexpr seconds kCallTakes{150};

// A yes on the phone (kind `approve`).
struct ApproveSettings {
  std::string page;  // that people open on the phone: "https://gate.example.org/ok"; empty: it is not offered
  int digits = 2;    // of the number, 2 to 6
  seconds valid_for{90};
  bool synced = true;  // passkeys that are kept beyond the phone may be registered
  Notify notify = Notify::kNobody;
  bool suspends_reported = false;  // "not me" suspends the account; else requests pause
};

// The part of the configuration that a conversation needs besides the policy.
struct Manner {
  CodeSettings codes;
  Language language = Language::kBoth;
  std::vector<std::pair<std::string, Language>> languages;  // by group, the first that fits
  Wordings wordings;
  std::string issuer;
  std::string help;  // one line under a refusal, or empty
  std::string host;
  bool observe = false;  // of the policy; what begin() finds there counts
  RiskSettings risk;
  EnrolmentSettings enrolment;
  RememberSettings remember;
  SendSettings send;
  ApproveSettings approve;
};

// The ports a step works on.
struct Records {
  Store& store;
  Sources& sources;
};

// Far apart, and the refusing one is zero: no flipped bit, cleared word or default opens a door.
enum class Verdict : std::uint32_t {
  kDeny = 0,
  kAllow = 0x96A569C3,
  kSkip = 0x695A963C,
  kExhausted = 0x0FF0A55A,
  kUnavailable = 0xF00F5AA5,
};

struct Prompt {
  std::string text;
  bool echo = false;
  // Shown before the question, by itself: sudo -p and its like put their own words in the place of a question.
  std::string notice;
  // A link to be drawn as a QR code after `text`, and what stands below it; none when empty.
  std::string link;
  QrStyle qr_style = QrStyle::kNone;
  std::string below;
};

struct Conclusion {
  Verdict verdict = Verdict::kDeny;
  std::string message;
  std::string reminder;  // for the session hook
};

// A code on its way to its user.
struct CodeMessage {
  Kind kind = Kind::kSms;
  std::string to;
  Language language = Language::kEnglish;
  std::string subject;  // of mail
  std::string text;
  std::string code;
  Instant until{};  // by age
  // Of a call whose keys answer a request (core/login/request_answer.h): the request, and the method that is called.
  std::string request = {};
  MethodId method{};
};

// The text of a code to the address of `method`, by `way`: its kind, or kCall for a telephone. `place`: where the login
// comes from; empty for a code that registers the address.
[[nodiscard]] CodeMessage message_with(const SentCode& sent, const Method& method, Kind way, Language language,
                                       std::string_view place, const Manner& manner, Instant now);

struct Outcome {
  std::variant<Conclusion, Prompt> reply;  // a default Outcome denies
  std::vector<Event> events;               // to be recorded with the step
  bool negative = false;                   // leaves no earlier than the floor (threat model R8)
  bool durable = false;                    // a skip that has written: it counts once that is on the disk
  // Of phones that a sign-in waits for: push endpoints, or the user's name. To be told once the step is durable.
  std::vector<std::string> notified;
  std::optional<CodeMessage> message;  // to be sent once the step is durable, and not before
  bool by_sent_code = false;           // this is how it was accepted
};

// Why the module did not send what was typed (threat model M4).
enum class Withheld : std::uint8_t { kEmpty, kFiller, kPassword, kPasswordMethod, kTooLong };

// The event of a login that never came to a conversation, so that even that leaves a record.
[[nodiscard]] Event login_event(const Facts& facts, const Manner& manner, std::string_view id, Instant now);

class Conversation {
 public:
  Conversation(std::string id, Facts facts, Manner manner);

  // Reads the store only if the policy asks for a code or for a registration. Throws what the store throws; then call
  // fail().
  [[nodiscard]] Outcome begin(const Policy& policy, const Records& records, Moment now);
  // The policy lets it in, and no record has to be read for that: exempt() is its first step then.
  [[nodiscard]] bool is_exempt_unread(const Policy& policy, Instant now) const;
  [[nodiscard]] Outcome exempt(const Policy& policy, Moment now);
  // A password is changed by root, or by somebody whose code this handle has taken: nothing is asked, remembered hosts
  // end, and `reason` is recorded.
  [[nodiscard]] Outcome let_change(std::string_view reason, const Records& records, Moment now);
  // REQUIRES that the last outcome was a Prompt.
  [[nodiscard]] Outcome answer(std::string_view typed, const Records& records, Moment now);
  [[nodiscard]] Outcome withhold(Withheld reason, const Records& records, Moment now);
  // The code that this conversation sent could not be delivered: its next question says so, where that tells a stranger
  // nothing.
  void note_not_sent() { is_not_sent_ = true; }
  // A request of this conversation waits for an answer on the phone.
  [[nodiscard]] bool has_request() const { return request_.has_value(); }
  // The login is over: its request, if there is one, is taken back. True if there was.
  bool take_back_request(const Records& records, Moment now);
  // Concludes because something outside broke: `store-unavailable`, `disconnected`, … Where the policy asks for no
  // code, and in observe mode, where nobody is asked, the login goes on.
  [[nodiscard]] Outcome fail(std::string_view reason, Instant now);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] bool is_concluded() const { return concluded_; }
  // The policy asks for no code here: whatever breaks, the login goes on, with a record.
  [[nodiscard]] bool is_exempt() const { return decision_.action == Action::kSkip; }
  [[nodiscard]] const Situation& situation() const { return situation_; }
  // A phone was shown, and proven; the account hook has to confirm it.
  [[nodiscard]] bool has_registered() const { return registered_; }

 private:
  struct TryContext;  // what one attempt is decided on
  enum class Phase : std::uint8_t { kCode, kOffer, kProve, kKeep };

  // conversation.cc
  void decide_by(const Policy& policy, Moment now);
  [[nodiscard]] Outcome begin_skipped(const Records& records, Moment now);
  [[nodiscard]] Outcome begin_observed(const Account& account, Moment now);
  [[nodiscard]] Outcome begin_enforced(TryContext context, const Records& records, Moment now);
  [[nodiscard]] Account account_of(const Records& records, Moment now);
  void choose_language(const Account& account);
  [[nodiscard]] TryContext take_context(const Records& records, Moment now);
  [[nodiscard]] std::string not_sent_line();
  [[nodiscard]] TextId question_text() const;
  [[nodiscard]] Outcome ask(std::string notice, bool negative);
  [[nodiscard]] Outcome answer_code(std::string_view typed, const Records& records, Moment now);
  [[nodiscard]] Outcome try_typed(const Typed& typed, const Records& records, Moment now);
  [[nodiscard]] Outcome refuse_counted(const TryContext& context, std::string_view reason, const Records& records,
                                       Moment now);
  [[nodiscard]] Outcome refuse_try(std::string_view reason, std::string_view method, Instant now);
  [[nodiscard]] Outcome conclude(Verdict verdict, std::string_view outcome, std::string_view reason, Instant now);
  [[nodiscard]] std::string refusal_text(TextId text) const;
  [[nodiscard]] std::string reason_to_refuse(const Account& account) const;
  [[nodiscard]] std::string reason_without_method(const Account& account) const;
  [[nodiscard]] Event alarm_event(std::string_view reason, std::string_view user, Instant now) const;
  [[nodiscard]] std::string say(TextId id, std::initializer_list<std::string_view> values = {}) const;
  [[nodiscard]] CounterScope scope() const;
  [[nodiscard]] bool switch_language(std::string_view typed);
  // Choices made at a prompt are saved with a login that succeeds, never before: without the password nothing can be
  // changed.
  void keep_choices(Profile& profile) const;

  // sending.cc
  enum class Way : std::uint8_t { kMessage, kCall };
  [[nodiscard]] bool offers_sending() const;
  [[nodiscard]] const Method* method_to_send_to(const Account& account, Way way) const;
  [[nodiscard]] Event sending_event(std::string_view name, const Method& method, std::string_view reason,
                                    Instant now) const;
  // The method that a message or call may go to now, which is counted then; null if there is none, or a limit is
  // reached.
  [[nodiscard]] const Method* take_message(TryContext& context, Way way, Outcome& outcome, const Records& records,
                                           Moment now);
  void send_code(TryContext& context, Way way, Outcome& outcome, const Records& records, Moment now);
  [[nodiscard]] Outcome answer_send(Way way, const Records& records, Moment now);
  [[nodiscard]] bool is_past_password() const;
  [[nodiscard]] bool sends_at_once(const Account& account, Way way) const;
  [[nodiscard]] Outcome begin_with_sent_code(TryContext& context, Way way, const Records& records, Moment now);
  [[nodiscard]] Outcome admit_sent(TryContext& context, const Records& records, Moment now);

  // approving.cc
  [[nodiscard]] bool offers_approval() const;
  [[nodiscard]] bool asks_at_once(const Account& account) const;
  [[nodiscard]] Outcome answer_approval(const Records& records, Moment now);
  // Makes this conversation's request; or returns the text that says why not.
  [[nodiscard]] std::optional<TextId> make_request(TryContext& context, bool by_call, const Records& records,
                                                   Moment now);
  [[nodiscard]] std::vector<std::string> whom_to_notify(const Account& account) const;
  [[nodiscard]] Outcome ask_phone(TryContext& context, const Records& records, Moment now);
  // REQUIRES request_.
  [[nodiscard]] RequestState state_of_request(const TryContext& context) const;
  [[nodiscard]] Outcome look_at_request(TryContext& context, const Records& records, Moment now);
  [[nodiscard]] Outcome admit_approved(TryContext& context, const Records& records, Moment now);
  [[nodiscard]] std::string number_line() const;
  [[nodiscard]] Event approval_event(const Method& method, std::string_view outcome, Instant now) const;
  // A login succeeded: requests are asked again, and none of this conversation waits.
  void settle_approvals(TryContext& context) const;

  // calling.cc
  [[nodiscard]] bool offers_calls() const;
  [[nodiscard]] Outcome answer_call(const Records& records, Moment now);
  [[nodiscard]] Outcome call(TryContext& context, const Records& records, Moment now);
  [[nodiscard]] Outcome begin_with_call(TryContext& context, const Records& records, Moment now);
  void extend_request(TryContext& context, const Records& records, Moment now);
  void ring(TryContext& context, Outcome& outcome, const Records& records, Moment now);

  // admission.cc
  [[nodiscard]] bool wants_two(Admission admission) const;
  // Sets the question of the next prompt.
  void expect(const TryContext& context);
  // The same, from the budget as it is now.
  void foresee(const Records& records, Moment now);
  [[nodiscard]] Outcome pass(const Account& account, std::string_view reason, const Records& records, Moment now);
  [[nodiscard]] std::string reminder() const;
  [[nodiscard]] Outcome admit(TryContext& context, const Typed& typed, const Comparison& found, const Records& records,
                              Moment now);
  [[nodiscard]] Outcome try_recovery_code(const std::string& code, const Records& records, Moment now);
  [[nodiscard]] Outcome try_bypass_code(const std::string& code, const Records& records, Moment now);
  // `method` has spent a code.
  [[nodiscard]] Outcome admit_method(TryContext& context, const Method& method, const Records& records, Moment now);
  [[nodiscard]] Outcome admit_without_phone(TryContext& context, Kind kind, const Records& records, Moment now);
  [[nodiscard]] Outcome let_in(TryContext& context, std::string_view label, std::string_view reason, Moment now);
  [[nodiscard]] bool is_remembered(const Profile& profile) const;  // what ended is not in it
  // The login of this session took the second step not long ago, and the rule lets that count.
  [[nodiscard]] bool has_fresh_session(const Profile& profile) const;
  void remember(Profile& profile, Moment now) const;
  [[nodiscard]] std::string tell_failures(const Account& account, const FailureRecord& failures) const;

  // registration.cc
  [[nodiscard]] Outcome offer(const Account& account);
  [[nodiscard]] bool may_register(const Account& account) const;
  // enrolment.tell_unenrolled: that no code can be right is no secret here.
  [[nodiscard]] bool is_told(const Account& account) const;
  [[nodiscard]] Outcome refuse_unenrolled(const Account& account, Instant now);
  [[nodiscard]] Outcome answer_offer(std::string_view typed, const Records& records, Moment now);
  [[nodiscard]] Outcome begin_registration(const Records& records, Moment now);
  [[nodiscard]] Outcome show_key(const Account& account, const std::string& notice, bool negative);
  // A phone instead of an app, for those who have none.
  [[nodiscard]] bool offers_number() const;
  [[nodiscard]] Outcome register_number(Account account, const PhoneNumber& number, const Records& records, Moment now);
  [[nodiscard]] Outcome answer_number(const Account& account, std::string_view typed, const Records& records,
                                      Moment now);
  [[nodiscard]] Outcome show_number(const Account& account, const std::string& notice, bool negative);
  // The reason for which no code is sent to prove that number, or an empty text; then the message is counted.
  [[nodiscard]] std::string count_proving_message(Account& account, const std::string& address, const Records& records,
                                                  Moment now) const;
  [[nodiscard]] Outcome answer_proof(std::string_view typed, const Records& records, Moment now);
  [[nodiscard]] Outcome refuse_proof(const Account& account, const std::string& notice, std::string_view reason,
                                     Moment now);
  // A code that does not match the key on the screen may match a letter's method that is not used yet.
  [[nodiscard]] std::optional<Outcome> answer_by_letter(const Account& account, std::string_view typed,
                                                        const Records& records, Moment now);
  [[nodiscard]] std::string with_letter(const Account& account, const std::string& text) const;
  [[nodiscard]] Outcome prove(const Account& account, Step step, const Records& records, Moment now);
  [[nodiscard]] Outcome end_registration(const Records& records, Moment now);
  [[nodiscard]] Outcome conclude_registration(const Records& records, Moment now);

  std::string id_;
  Facts facts_;
  Manner manner_;
  Language language_;
  std::optional<Language> chosen_language_;  // at a prompt
  std::optional<QrStyle> chosen_qr_style_;
  Decision decision_;
  Situation situation_;
  bool registered_ = false;
  Due due_;
  bool observe_ = false;
  bool concluded_ = false;
  Phase phase_ = Phase::kCode;
  std::string method_;  // that was accepted
  Source source_;
  bool remembers_ = false;  // this place is one where hosts are remembered
  bool guarded_ = false;    // the prompt that stands asks for two codes
  TextId first_of_two_ = TextId::kFirstOfTwo;
  std::optional<Code> first_;  // of the two
  std::optional<SentCode> sent_;
  int sends_left_ = 3;
  bool asked_to_send_ = false;
  Kind sent_by_ = Kind::kSms;               // way of the newest code
  bool is_called_ = false;                  // the request is answered on a telephone
  bool sends_openly_ = false;               // only somebody with a right password or key is here
  bool is_not_sent_ = false;                // the message of this login failed
  std::optional<ApprovalRequest> request_;  // of this conversation, as it was made
  std::string network_of_origin_;
  int tries_left_ = 0;
  int own_failures_ = 0;  // of this login: it does not tell its owner of them
  int turns_left_ = 40;   // help texts, typed passwords and first codes of two included
};

// Context of one attempt, for the files that decide it.
struct Conversation::TryContext {
  Account account;
  UserName owner;          // whose budget is charged
  FailureRecord failures;  // of the budget owner in this scope
  Cost cost{};
  Admission admission{};
  bool is_own_doing = false;  // what this account has borne, not its source or a clock that was ahead
};

}  // namespace seimon::core

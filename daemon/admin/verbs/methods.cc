// SPDX-License-Identifier: Apache-2.0
// The verbs about methods: register, replace, name, choose, remove, resync; recovery codes.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/login/enrolment.h"
#include "daemon/admin/proof.h"
#include "daemon/admin/verbs/passkeys.h"
#include "daemon/admin/verbs/sent_methods.h"
#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

namespace {

constexpr auto kEnrolmentFor = std::chrono::minutes(10);
constexpr std::size_t kMostMethods = 16;  // of one user; each costs every login a little

// The conditions of enrolment are checked again at its end: nobody can keep one open for a later day.
void check_still_welcome(Request& request, const StepContext& context, const Account& account) {
  const Draft& draft = *request.draft;
  std::vector<core::MethodId> beside;
  for (const Method& method : account.methods) beside.push_back(method.id);
  const bool late = context.now.age < draft.begun || context.now.age - draft.begun > kEnrolmentFor;
  const bool changed = beside != draft.beside || (request.is_own && account.profile.suspended) ||
                       account.profile.enrolled_before != draft.enrolled_before;
  if (!late && !changed) return;
  request.draft.reset();
  throw late ? Refusal{"Refused", "this enrolment took too long; begin again", {}}
             : Refusal{"Refused", "the account was changed meanwhile; nothing was registered. Begin again", {}};
}

// `except` may keep its own name.
void check_label(const Account& account, const std::string& label, const Method* except) {
  if (!core::is_valid_label(label))
    throw Refusal{"InvalidParameter", "a label is 1 to 64 printable characters and does not begin with '-'", {}};
  if (label.find_first_not_of("0123456789") == std::string::npos)
    throw Refusal{"InvalidParameter", "a label that is a number could be mistaken for a method's; add a letter", {}};
  const bool taken = std::any_of(account.methods.begin(), account.methods.end(),
                                 [&](const Method& other) { return &other != except && other.label == label; });
  if (taken)
    throw Refusal{
        "InvalidParameter", "there is a method \"{1}\" already; choose another label", {base::escaped(label)}};
}

}  // namespace

Method draft_method(Request& request, const StepContext& context, const Account& account, const Method* old) {
  Method method;
  const core::CodeSettings& codes = context.config.codes;
  if (account.methods.size() >= kMostMethods && old == nullptr)
    throw Refusal{"Refused", "there are {1} methods already; remove one first", {std::to_string(kMostMethods)}};
  const std::string usual(old != nullptr ? core::kind_name(old->kind) : "app");
  const auto kind = core::parse_kind(request.text("kind").value_or(usual));
  if (!kind || *kind == core::Kind::kRecovery || *kind == core::Kind::kBypass)
    throw Refusal{"InvalidParameter", "kind must be app, token, sms, email or approve", {}};
  method.kind = *kind;
  method.label =
      request.text("label").value_or(old != nullptr ? old->label : core::free_label(account.methods, method.kind));
  check_label(account, method.label, old);
  method.registered = context.now.start();
  if (core::is_sent(*kind)) {
    take_address(method, request, context, account, old);
    return method;
  }
  if (*kind == core::Kind::kApprove) {
    take_passkey_kind(method, request, context, account);
    return method;
  }
  if (request.text("address"))
    throw Refusal{
        "InvalidParameter", "a method of kind {1} has no {2}", {std::string(core::kind_name(*kind)), "address"}};
  const auto algorithm =
      core::parse_algorithm(request.text("algorithm").value_or(std::string(core::algorithm_name(codes.algorithm))));
  if (!algorithm) throw Refusal{"InvalidParameter", "algorithm must be SHA1, SHA256 or SHA512", {}};
  method.otp.algorithm = *algorithm;
  method.otp.digits = static_cast<int>(request.bounded("digits", codes.digits, 6, 8));
  const bool by_counter = request.number("counter").has_value();
  if (by_counter && request.number("period"))
    throw Refusal{"InvalidParameter", "a method goes by counter or by period, not by both", {}};
  const std::int64_t counter = request.bounded("counter", 0, 0, std::int64_t{1} << 48);
  method.otp.period =
      by_counter ? core::seconds(0) : core::seconds(request.bounded("period", codes.period.count(), 15, 120));
  if (by_counter) method.last_step = core::Step{counter - 1};
  const auto secret = request.text("secret");
  method.key = secret ? core::from_base32(*secret) : core::Secret::random(core::kNewKeyBytes);
  if (secret && method.key.empty())
    throw Refusal{"InvalidInput", "the secret is not base32 (letters A-Z and digits 2-7)", {}};
  if (method.key.size() < core::kLeastKeyBytes)
    throw Refusal{"InvalidInput", "the secret is shorter than 80 bits; RFC 4226 asks for at least 128", {}};
  if (method.key.size() > 128) throw Refusal{"InvalidInput", "the secret is longer than 128 bytes", {}};
  // One key is one method (threat model U2), or a code would be good once in each.
  for (const Method& other : account.methods) {
    if (!secret || !core::is_same_key(other.key, method.key)) continue;
    if (&other != old) throw Refusal{"Refused", "this key is there already: \"{1}\"", {base::escaped(other.label)}};
    if (core::waits_for_resync(other))
      throw Refusal{
          "Refused",
          "\"{1}\" was restored from a backup and its last used step is unknown; synchronise it first: seimon resync",
          {base::escaped(other.label)}};
    core::carry_over(other, method, context.config.codes.window);
  }
  return method;
}

void make_room(const Request& request, const StepContext& context) {
  Account account = context.store.account(request.user);
  const bool stranger = account.profile.uid && *account.profile.uid != request.person.uid;
  if (!stranger && !account.pending) return;
  if (account.pending) (void)context.store.remove_method(request.user, account.pending->id);
  account.profile.proven.reset();
  if (stranger) {
    for (const Method& method : account.methods) (void)context.store.remove_method(request.user, method.id);
    account.profile.revoke();
  }
  context.store.write_profile(request.user, account.profile);
}

void take_start(Method& method, const Request& request, const StepContext& context) {
  constexpr std::int64_t kYear = 366LL * 24 * 3600;
  const std::int64_t now = context.now.age.time_since_epoch().count();
  const bool issue = request.flag("issue") || request.flag("issued");
  const bool first_use = request.flag("first_use");
  const bool dated = request.number("start").has_value();
  if ((dated && first_use) || (!issue && (dated || first_use)))
    throw Refusal{"InvalidParameter", "an issued method starts on a date or with its first use", {}};
  if (!issue) return;
  method.state = core::State::kIssued;
  const std::int64_t start = request.bounded("start", now, 0, now + kYear);
  if (first_use) method.counts_from = core::kFromFirstUse;
  else if (start > now) method.counts_from = core::Instant(core::seconds(start));
}

json give_recovery_codes(Request& request, const StepContext& context) {
  core::NewRecoveryCodes recovery_codes = core::new_recovery_codes(
      context.store, request.user, context.config.enrolment.recovery_codes, context.now.start());
  core::Profile profile = context.store.account(request.user).profile;
  profile.recovery = recovery_codes.codes;
  context.store.write_profile(request.user, profile);
  json codes = json::array();
  for (std::string& code : recovery_codes.shown) {
    codes.push_back(code);
    core::wipe(code);
  }
  request.events.push_back(event_of(request, context, "recovery-codes", "given"));
  return codes;
}

namespace {

std::string start_of(const Method& method) {
  const std::string start = counts_from(method);
  return start.empty() ? "" : "from " + start;
}

// Shown to its owner.
json enrolment_json(const Method& method, const Request& request, const StepContext& context) {
  json reply = {{"user", request.user.text()},
                {"label", method.label},
                {"kind", core::kind_name(method.kind)},
                {"warning", ""},
                {"help", context.config.help}};
  if (core::is_sent(method.kind)) {
    reply["address"] = core::masked_address(method);
    return reply;
  }
  const std::string& issuer = request.manner.issuer;
  reply["issuer"] = issuer;
  reply["account"] = request.user.text();
  if (method.kind == core::Kind::kApprove) return reply;
  reply["key"] = core::base32(method.key);
  reply["link"] = core::otpauth_link(issuer, request.user.text(), method, core::Link::kShort);
  reply["algorithm"] = core::algorithm_name(method.otp.algorithm);
  reply["digits"] = method.otp.digits;
  if (method.otp.by_counter()) reply["counter"] = static_cast<std::int64_t>(method.last_step) + 1;
  else reply["period"] = method.otp.period.count();
  if (method.key.size() < core::kGoodKeyBytes) reply["warning"] = "the secret has fewer than 128 bits (RFC 4226 R6)";
  return reply;
}

// A phone alone is one lost card away from nothing (NIST SP 800-63B-4 asks for another way beside it).
void demand_other_way(const Request& request, const StepContext& context, const Account& account, const Method* old) {
  const bool stays = std::any_of(account.methods.begin(), account.methods.end(),
                                 [&](const Method& method) { return &method != old && !core::is_sent(method.kind); });
  const bool has_other =
      stays || !account.profile.recovery.unused.empty() || context.config.enrolment.recovery_codes > 0;
  if (request.is_own && !has_other)
    throw Refusal{"Refused", "a phone or an address alone is not enough here: register an app first", {}};
}

}  // namespace

json enrol(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  if (!request.pairing.empty()) demand_phone_alone(request);
  else demand_proof(request, context, account);
  const auto replaced = request.text("replaces");
  const Method* old = replaced ? &method_named(account, *replaced, request) : nullptr;
  Method method = draft_method(request, context, account, old);
  json reply = enrolment_json(method, request, context);
  take_start(method, request, context);
  if (request.flag("issue")) {
    if (request.is_own)
      throw Refusal{"NotPermitted", "only an administrator issues a method without its first code", {}};
    if (old != nullptr)
      throw Refusal{"InvalidParameter", "a replacement is confirmed by its first code and cannot be issued", {}};
    make_room(request, context);
    (void)context.store.add_method(request.user, request.person.uid, method);
    Event event = event_of(request, context, "enrol", "issued");
    event.method = method.label;
    event.reason += start_of(method);
    request.events.push_back(event);
    return reply;
  }
  request.draft = std::make_unique<Draft>(Draft{
      request.user, request.person.uid, std::move(method), context.now.age, account.profile.enrolled_before, {}, {}});
  if (old != nullptr) request.draft->replaces = old->id;
  request.draft->without_code = request.without_code;
  for (const Method& other : account.methods) request.draft->beside.push_back(other.id);
  if (core::is_sent(request.draft->method.kind)) {
    demand_other_way(request, context, account, old);
    send_proving_code(request, context);
  }
  if (request.draft->method.kind == core::Kind::kApprove) offer_passkey(request, context, account, reply);
  return reply;
}

namespace {

// The step of the code that the draft's key has shown. Throws Refusal, and drops the draft after too many.
core::Step proven(Request& request, const StepContext& context) {
  Draft& draft = *request.draft;
  if (core::is_sent(draft.method.kind)) {
    if (is_sent_code(draft, request.text("code").value_or(""), context.now.age)) return draft.method.last_step;
    const int left = --draft.tries_left;
    if (left == 0) request.draft.reset();
    if (left == 0) throw Refusal{"Refused", "that code does not fit either; nothing was registered. Begin again", {}};
    throw Refusal{
        "WrongCode", "that is not the code that was sent, or it has ended; {1} tries left", {std::to_string(left)}};
  }
  const int window = context.config.codes.window;
  const auto code = core::parse_code(request.text("code").value_or(""));
  const auto step = code ? core::proving_step(draft.method, *code, context.now.wall, window) : std::nullopt;
  if (!step) {
    const bool sha1 = code && core::is_made_with_sha1(draft.method, *code, context.now.wall, window);
    const int left = --draft.tries_left;
    const std::string algorithm(core::algorithm_name(draft.method.otp.algorithm));
    if (left == 0) request.draft.reset();
    if (left == 0) throw Refusal{"Refused", "that code does not fit either; nothing was registered. Begin again", {}};
    if (!sha1)
      throw Refusal{"WrongCode",
                    "that is not the code that this key shows now; {1} tries left (is the phone's clock right?)",
                    {std::to_string(left)}};
    throw Refusal{
        "WrongCode",
        "your app made that code with SHA1, although {1} was asked for: begin again with --algorithm SHA1, or use "
        "another app; {2} tries left",
        {algorithm, std::to_string(left)}};
  }
  return *step;
}

}  // namespace

json confirm(Request& request, const StepContext& context) {
  if (request.draft == nullptr || request.draft->user != request.user)
    throw Refusal{"NotPermitted", "no enrolment of this user has begun on this connection", {}};
  Draft& draft = *request.draft;
  request.without_code = draft.without_code;
  if (request.flag("issue") && request.is_own)
    throw Refusal{"NotPermitted", "only an administrator issues a method without its first code", {}};
  const Account account = account_of(request, context);
  if (request.flag("again")) {
    check_still_welcome(request, context, account);
    return send_again(request, context);
  }
  // Steps that the old method has accepted since the enrolment began are spent, too.
  for (const Method& old : account.methods)
    if (draft.replaces == old.id && draft.method.kind != core::Kind::kApprove &&
        core::is_same_key(old.key, draft.method.key))
      core::carry_over(old, draft.method, context.config.codes.window);
  take_start(draft.method, request, context);
  std::string phone;
  if (draft.method.kind == core::Kind::kApprove) phone = take_passkey(request, context, account);
  else if (!request.flag("issue")) draft.method.last_step = proven(request, context);
  check_still_welcome(request, context, account);
  make_room(request, context);
  if (!request.pairing.empty()) return hold_phone(request, context, phone);
  // One transaction: there is no moment without a method.
  if (draft.replaces) remove_method(request, context, *draft.replaces);
  const core::MethodId id = context.store.add_method(request.user, draft.uid, draft.method);
  keep_counter(request, context, id);
  const bool issued = draft.method.state == core::State::kIssued;
  Event event = event_of(request, context, draft.replaces ? "replace" : "enrol",
                         issued           ? "issued"
                         : draft.replaces ? "replaced"
                                          : "enrolled");
  event.method = draft.method.label;
  event.reason += start_of(draft.method);
  request.events.push_back(event);
  json reply = {{"id", static_cast<std::int64_t>(id)},
                {"label", draft.method.label},
                {"observe", context.config.policy.observe},
                {"recovery", json::array()}};
  if (!phone.empty()) reply["phone"] = phone;
  request.draft.reset();
  // A first phone comes with the recovery codes that replace it.
  if (request.is_own && account.profile.recovery.unused.empty())
    reply["recovery"] = give_recovery_codes(request, context);
  return reply;
}

json remove(Request& request, const StepContext& context) {
  Account account = account_of(request, context);
  const bool all = request.flag("all");
  const std::string name = request.text("method").value_or("");
  if (all != name.empty()) throw Refusal{"InvalidParameter", "name one method, or all of them", {}};
  if (account.methods.empty()) throw Refusal{"NoSuchMethod", "{1} has no method", {base::escaped(request.user.text())}};
  std::vector<const Method*> going;
  for (const Method& method : account.methods)
    if (all) going.push_back(&method);
  if (!all) going.push_back(&method_named(account, name, request));
  if (request.is_own && going.size() == account.methods.size())
    throw Refusal{"Refused",
                  "this is your last method; to change to another phone: seimon replace {1}",
                  {base::escaped(account.methods.front().label)}};
  const bool stays = std::any_of(account.methods.begin(), account.methods.end(), [&](const Method& method) {
    return !core::is_sent(method.kind) && std::find(going.begin(), going.end(), &method) == going.end();
  });
  if (request.is_own && !stays && account.profile.recovery.unused.empty())
    throw Refusal{
        "Refused", "a phone or an address alone is not enough: first make recovery codes: seimon recovery-codes", {}};
  demand_proof(request, context, account);
  for (const Method* method : going) {
    remove_method(request, context, method->id);
    Event event = event_of(request, context, "remove", "removed");
    event.method = method->label;
    request.events.push_back(event);
  }
  const std::size_t left = account.methods.size() - going.size();
  if (left == 0) reset_account(request.user, account, context);
  return {{"removed", going.size()}, {"left", left}};
}

json rename(Request& request, const StepContext& context) {
  Account account = account_of(request, context);
  const std::string name = request.text("method").value_or("");
  const std::string label = request.text("label").value_or("");
  const Method& found = method_named(account, name, request);
  check_label(account, label, &found);
  demand_proof(request, context, account);
  Method& method = account.methods[static_cast<std::size_t>(&found - account.methods.data())];
  const std::string before = method.label;
  method.label = label;
  context.store.change_method(request.user, account.profile.uid.value_or(-1), method);
  Event event = event_of(request, context, "rename", "renamed");
  event.method = label;
  event.reason += (event.reason.empty() ? "was " : " was ") + before;
  request.events.push_back(event);
  return {{"method", label}, {"was", before}};
}

json recovery_codes(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  if (!core::is_enrolled(account, context.now.age))
    throw Refusal{"Refused",
                  "{1} has no method yet; recovery codes come with the first: seimon enroll",
                  {base::escaped(request.user.text())}};
  if (context.config.enrolment.recovery_codes == 0)
    throw Refusal{"Refused", "this site gives no recovery codes (enrolment.recovery_codes = 0)", {}};
  demand_proof(request, context, account);
  return {{"recovery", give_recovery_codes(request, context)}};
}

}  // namespace seimon::daemon

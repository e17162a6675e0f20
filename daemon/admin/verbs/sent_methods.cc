// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/verbs/sent_methods.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/characters.h"
#include "core/login/send_limits.h"
#include "daemon/admin/addresses.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Kind;
using core::Method;

namespace {

// A mail address of its own, not an account's name: that mailbox is read with the password.
std::string address_for(Kind kind, const std::string& typed, const Config& config) {
  if (core::is_telephone(kind)) return number_for(typed, config);
  const auto address = core::MailAddress::parse(typed);
  if (!address)
    throw Refusal{
        "InvalidParameter", "\"{1}\" is not a mail address; write it like alice@example.org", {base::escaped(typed)}};
  return address->text();
}

const Method* find_address(const Account& account, const Method& like) {
  const auto found = std::find_if(account.methods.begin(), account.methods.end(), [&](const Method& method) {
    const bool is_alike =
        method.kind == like.kind || (core::is_telephone(method.kind) && core::is_telephone(like.kind));
    return is_alike && core::is_same_key(method.key, like.key);
  });
  return found == account.methods.end() ? nullptr : &*found;
}

}  // namespace

void take_address(Method& method, const Request& request, const StepContext& context, const Account& account,
                  const Method* old) {
  const auto typed = request.text("address");
  const std::string kind(core::kind_name(method.kind));
  if (!typed) throw Refusal{"InvalidParameter", "a method of kind {1} needs an address", {kind}};
  if (context.config.delivery.drivers_of(kind).empty())
    throw Refusal{"InvalidInput",
                  "delivery.{1} has no driver: add one, such as {1} = ( { command = [ … ]; } ), and run seimon reload",
                  {kind}};
  const core::SendSettings& send = context.config.send;
  if (method.kind == Kind::kEmail ? !send.email : method.kind == Kind::kCall ? !send.call : !send.sms)
    throw Refusal{"InvalidInput",
                  "codes of kind {1} are not usable here: name {1} in the methods of a rule with action require, and, "
                  "for sms and call, set delivery.prefixes",
                  {kind}};
  for (const char* key : {"secret", "algorithm", "digits", "period", "counter"})
    if (request.call.object.contains(key))
      throw Refusal{"InvalidParameter", "a method of kind {1} has no {2}", {kind, key}};
  method.key = core::secret_of(address_for(method.kind, *typed, context.config));
  method.otp.period = core::seconds(0);
  method.last_step = core::Step{account.profile.sends.serial};
  const Method* same = find_address(account, method);
  if (same != nullptr && same != old)
    throw Refusal{"Refused", "this address is registered already, as \"{1}\"", {base::escaped(same->label)}};
}

const Method* method_with_address(const Request& request, const StepContext& context, const Account& account) {
  const auto kind = core::parse_kind(request.text("kind").value_or(""));
  const auto typed = request.text("address");
  if (!kind || !core::is_sent(*kind) || !typed) return nullptr;
  Method like;
  like.kind = *kind;
  like.key = core::secret_of(address_for(*kind, *typed, context.config));
  return find_address(account, like);
}

void send_proving_code(Request& request, const StepContext& context) {
  Draft& draft = *request.draft;
  core::Profile profile = context.store.account(request.user).profile;
  profile.tidy(context.now.age);
  const std::string address = core::address_of(draft.method);
  std::string limit = core::count_first_message(request.user, address, context.store, context.sources, context.now.age);
  // The caller is known: no address of a network limits them.
  if (limit.empty())
    limit = core::count_message(profile, address, core::Source(), context.config.send, context.store, context.sources,
                                context.now.age);
  Event event = event_of(request, context, "code-sent", "queued");
  event.method = draft.method.label;
  if (!limit.empty()) {
    undo_rest(request, context);
    event.event = "delivery-limit";
    event.outcome = "refused";
    event.reason = limit;
    request.events.push_back(event);
    keep_so_far(request, context);
    const bool is_not_sent = draft.is_not_sent;
    if (!draft.sent) request.draft.reset();
    throw Refusal{"Refused",
                  is_not_sent
                      ? "the code before could not be sent, and the limit {1} is reached: ask your administrators"
                      : "no code was sent: the limit {1} is reached (see seimond(8)); try again later",
                  {limit}};
  }
  if (draft.sent && context.now.age < draft.sent->until) event.reason = "again";
  request.events.push_back(event);
  if (!draft.sent || context.now.age >= draft.sent->until)
    draft.sent = core::new_sent_code(draft.method.id, core::Step{0}, core::kSentDigits,
                                     context.now.age + context.config.send.valid_for);
  context.store.write_profile(request.user, profile);
  const core::Language language = profile.language.value_or(request.manner.language);
  request.message =
      core::message_with(*draft.sent, draft.method, draft.method.kind, language, "", request.manner, context.now.age);
}

nlohmann::json send_again(Request& request, const StepContext& context) {
  if (!request.draft->sent) throw Refusal{"InvalidParameter", "no code was sent for this method", {}};
  send_proving_code(request, context);
  nlohmann::json reply = {{"again", true}};
  if (std::exchange(request.draft->is_not_sent, false)) reply["not_sent"] = true;
  return reply;
}

bool is_sent_code(const Draft& draft, const std::string& typed, core::Instant now) {
  const auto code = core::parse_code(typed);
  return draft.sent && code && core::matches(*draft.sent, *code, now) != 0;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/verbs/passkeys.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/characters.h"
#include "base/text.h"
#include "core/secret.h"
#include "daemon/admin/approver.h"
#include "daemon/work/service.h"

namespace seimon::daemon {

using core::Account;
using core::Method;
using nlohmann::json;

void take_passkey_kind(Method& method, const Request& request, const StepContext& context, const Account& account) {
  if (context.config.approve.page.empty())
    throw Refusal{"Refused", "phones are not asked here: approve.enabled is not set", {}};
  if (!request.is_page || !request.is_own)
    throw Refusal{"Refused", "open {1} on the phone, and add or change it there", {context.config.page.url + "/info"}};
  for (const char* key : {"secret", "algorithm", "digits", "period", "counter", "address"})
    if (request.call.object.contains(key))
      throw Refusal{"InvalidParameter", "a method of kind {1} has no {2}", {"approve", key}};
  method.otp.period = core::seconds(0);
  method.last_step = core::Step{account.profile.sends.serial};
}

void offer_passkey(Request& request, const StepContext& context, const Account& account, json& reply) {
  request.draft->challenge = base::base64url(passkey::sha256(core::random_id()));
  const std::string handle = context.store.digest("passkeys of " + request.user.text());
  json known = json::array();
  for (const Method& method : account.methods)
    if (const auto approver = approver_of(method); approver && request.draft->replaces != method.id)
      known.push_back(base::base64url(approver->passkey.id));
  reply["challenge"] = request.draft->challenge;
  reply["host"] = passkey::site_of(context.config.page.url).host;
  reply["handle"] = base::base64url(passkey::Bytes(handle.begin(), handle.end()));
  reply["known"] = std::move(known);
}

namespace {

passkey::Bytes bytes_of(const Request& request, const char* key) {
  auto bytes = passkey::from_base64url(request.text(key).value_or(""));
  if (!bytes) throw Refusal{"InvalidParameter", "{1} is not base64url", {key}};
  return std::move(*bytes);
}

}  // namespace

std::string take_passkey(Request& request, const StepContext& context, const Account& account) {
  const passkey::Registration given{bytes_of(request, "client_data"), bytes_of(request, "authenticator_data")};
  Draft& draft = *request.draft;
  // A challenge is used once, whatever becomes of it.
  const auto challenge = passkey::from_base64url(std::exchange(draft.challenge, {}));
  std::string problem = "challenge";
  auto fresh = challenge && !challenge->empty()
                   ? passkey::registered(given, passkey::site_of(context.config.page.url), *challenge, problem)
                   : std::nullopt;
  std::optional<Refusal> refusal;
  if (!fresh)
    refusal = Refusal{"Refused", "the phone's answer is not valid here ({1}); nothing was registered", {problem}};
  else if (fresh->is_synced && !context.config.approve.synced)
    refusal = Refusal{"Refused",
                      "this passkey would be copied to other devices, which this site does not allow (approve.synced)",
                      {}};
  for (const Method& method : account.methods) {
    const auto other = approver_of(method);
    if (fresh && other && other->passkey.id == fresh->id && draft.replaces != method.id)
      refusal = Refusal{"Refused", "this phone is registered already, as \"{1}\"", {base::escaped(method.label)}};
  }
  if (refusal) {
    request.draft.reset();
    throw Refusal{*refusal};
  }
  std::string token = core::random_id();
  draft.counter = fresh->counter;
  draft.method.key = key_of({*fresh, phone_digest(context.store, token)});
  return token;
}

void keep_counter(const Request& request, const StepContext& context, core::MethodId method) {
  if (request.draft->counter == 0) return;
  core::Profile profile = context.store.account(request.user).profile;
  profile.approvals.counters[method] = request.draft->counter;
  context.store.write_profile(request.user, profile);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
// The verbs of what people choose: the default among their methods, their language.
#include <nlohmann/json.hpp>

#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Event;
using core::Method;
using nlohmann::json;

json set_default(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  const std::string name = request.text("method").value_or("");
  const Method& method = method_named(account, name, request);
  core::Profile profile = context.store.account(request.user).profile;
  if (profile.preferred == method.id) return {{"method", method.label}};
  profile.preferred = method.id;
  context.store.write_profile(request.user, profile);
  Event event = event_of(request, context, "default", "set");
  event.method = method.label;
  request.events.push_back(event);
  return {{"method", method.label}};
}

json set_language(Request& request, const StepContext& context) {
  if (!request.text("language")) {
    const auto chosen = context.store.account(request.user).profile.language;
    return {{"language", chosen ? core::language_name(*chosen) : ""}};
  }
  const std::string name = *request.text("language");
  const auto language = core::parse_language(name);
  if (!language || name == "auto") throw Refusal{"InvalidParameter", "a language is ja, en or both", {}};
  const Account account = context.store.account(request.user);
  request.demand_known(account);
  core::Profile profile = account.profile;
  if (profile.language == language) return {{"language", name}};
  profile.language = language;
  context.store.write_profile(request.user, profile);
  return {{"language", name}};
}

}  // namespace seimon::daemon

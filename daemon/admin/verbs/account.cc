// SPDX-License-Identifier: Apache-2.0
// Operations on an account that several verbs share.
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "core/login/enrolment.h"
#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using core::Account;
using core::Method;

void remove_method(const Request& request, const StepContext& context, core::MethodId method) {
  if (!context.store.remove_method(request.user, method))
    throw Refusal{"Refused", "the account was changed at the same time; nothing was done. Try again", {}};
}

void reset_account(const core::UserName& user, const Account& before, const StepContext& context) {
  core::Profile profile = context.store.account(user).profile;
  profile.enrolled_before = profile.enrolled_before || core::is_enrolled(before, context.now.age);
  profile.revoke();
  context.store.write_profile(user, profile);
}

const Method& method_named(const Account& account, const std::string& name, const Request& request) {
  const Method* found = nullptr;
  for (const Method& method : account.methods) {
    if (method.label != name && std::to_string(static_cast<std::int64_t>(method.id)) != name) continue;
    if (found != nullptr)
      throw Refusal{"InvalidParameter",
                    "\"{1}\" is the label of one method and the number of another; use its number or label",
                    {base::escaped(name)}};
    found = &method;
  }
  if (found != nullptr) return *found;
  throw Refusal{"NoSuchMethod",
                "no method \"{1}\" on {2}; see: seimon list {3}",
                {base::escaped(name), base::escaped(request.user.text()), base::escaped(request.user.text())}};
}

}  // namespace seimon::daemon

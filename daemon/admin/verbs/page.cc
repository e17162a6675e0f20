// SPDX-License-Identifier: Apache-2.0
// The verbs of the page (seimon-web(8)): the link that signs its reader in, and what the page shows to everybody.
#include <nlohmann/json.hpp>

#include "core/login/enrolment.h"
#include "core/secret.h"
#include "daemon/admin/page_owner.h"
#include "daemon/admin/proof.h"
#include "daemon/admin/verbs/verbs.h"

namespace seimon::daemon {

using nlohmann::json;

namespace {

constexpr core::seconds kLinkFor = std::chrono::minutes(5);

// The rights that the link passes on: those of the ticket of this session, or those that a code earns.
core::Ticket rights_for_link(Request& request, const StepContext& context, const core::Account& account) {
  if (const auto ticket = ticket_of(request, context, request.user)) return *ticket;
  demand_proof(request, context, account);
  core::Ticket rights;
  rights.until = context.now.start() + context.config.enrolment.ticket_for;
  rights.second_step = core::is_enrolled(account, context.now.age);
  return rights;
}

}  // namespace

json page_link(Request& request, const StepContext& context) {
  if (context.config.page.url.empty())
    throw Refusal{"NotPermitted", "there is no page on this system: web.url is not set", {}};
  if (!request.is_own) throw Refusal{"NotPermitted", "a link to the page is made by the one who will use it", {}};
  const core::Account account = context.store.account(request.user);
  if (account.profile.suspended) throw Refusal{"NotPermitted", "this account is suspended", {}};
  core::Ticket page = rights_for_link(request, context, account);
  const std::string link = core::random_id();
  core::Profile profile = context.store.account(request.user).profile;  // after the proof
  profile.tidy(context.now.age);
  page.digest = core::ticket_digest(context.store, page_ticket_of(context.store, link));
  page.session = core::kPageSession;
  core::Ticket row = page;
  row.digest = core::ticket_digest(context.store, link);
  row.session = core::kLinkSession;
  row.until = std::min(page.until, context.now.start() + kLinkFor);
  profile.tickets.push_back(page);
  profile.tickets.push_back(row);
  profile.tidy(context.now.age);
  context.store.write_profile(request.user, profile);
  return {{"url", context.config.page.url}, {"user", request.user.text()}, {"link", link}};
}

json page_settings(Request& /*request*/, const StepContext& context) {
  const Config& config = context.config;
  return {
      {"issuer", config.issuer},       {"help", config.help},          {"url", config.page.url},
      {"logo", config.page.logo},      {"colour", config.page.colour}, {"single_sign_on", config.page.single_sign_on},
      {"sms", config.send.sms},        {"call", config.send.call},     {"approves", !config.approve.page.empty()},
      {"push_key", config.push_public}};
}

}  // namespace seimon::daemon

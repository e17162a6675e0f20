// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/proof.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/login/enrolment.h"
#include "core/secret.h"
#include "daemon/work/service.h"

namespace seimon::daemon {

using core::Account;
using core::Event;

bool code_is_right(Request& request, const StepContext& context, const core::UserName& user, const std::string& typed,
                   std::string_view what) {
  const bool can_be = core::parse_code(typed) || core::parse_pair(typed) || core::parse_recovery_code(typed) ||
                      core::parse_bypass_code(typed);
  if (!can_be) return false;
  core::Facts facts{user};
  facts.exists = true;
  facts.trusted = request.actor.role != Role::kNone;
  facts.peer_uid = request.actor.uid;
  facts.uid = user == request.user ? request.person.uid : static_cast<std::int64_t>(request.actor.uid);
  if (*facts.uid < 0) facts.uid.reset();
  facts.service = "seimon";
  facts.groups.emplace();
  core::Policy ask_always;
  ask_always.fallback.action = core::Action::kRequire;
  core::Manner manner = request.manner;
  manner.codes.tries = 1;
  manner.send = core::SendSettings();  // nobody waits here for a message
  core::Conversation conversation(core::random_id(), facts, manner);
  (void)conversation.begin(ask_always, context.records(), context.now);
  const core::Outcome outcome = conversation.answer(typed, context.records(), context.now);
  if (outcome.events.empty()) {
    keep_so_far(request, context);
    throw Refusal{"TwoCodes",
                  "several wrong codes were entered for this account; enter two codes in a row, the second one after "
                  "your app shows a new one",
                  {}};
  }
  for (std::size_t i = 0; i < outcome.events.size(); ++i) {
    Event event = outcome.events[i];
    if (event.event != "alarm" && i > 0) continue;
    if (event.event != "alarm") event.event = what;
    event.actor = request.actor.name;
    request.events.push_back(event);
  }
  keep_so_far(request, context);
  const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply);
  return conclusion != nullptr && conclusion->verdict == core::Verdict::kAllow;
}

std::optional<core::Ticket> ticket_of(const Request& request, const StepContext& context, const core::UserName& user) {
  const auto shown = request.text("ticket");
  if (!shown || shown->empty()) return std::nullopt;
  const std::string digest = core::ticket_digest(context.store, *shown);
  for (const core::Ticket& ticket : context.store.account(user).profile.tickets) {
    if (ticket.digest != digest || context.now.age >= ticket.until) continue;
    // The page shows its own tickets, whichever gate it runs on; nobody else shows those.
    const bool is_page_ticket = ticket.session == core::kPageSession;
    if (request.is_page && is_page_ticket) return ticket;
    if (request.is_page || is_page_ticket || ticket.session == core::kLinkSession ||
        ticket.session == core::kPairSession)
      continue;
    // Another session of the same user has found it somewhere: it opens nothing there.
    if (!ticket.session.empty() && ticket.session != request.session) continue;
    if (ticket.host == request.manner.host && ticket.boot == request.boot) return ticket;
  }
  return std::nullopt;
}

namespace {

void demand_code(Request& request, const StepContext& context, const core::UserName& user, const char* key) {
  const auto proof = request.text(key);
  if (!proof) throw Refusal{"ProofNeeded", "enter a code of a method that you have already", {}};
  if (!code_is_right(request, context, user, *proof, "proof"))
    throw Refusal{"WrongCode", "not accepted; a code works once: wait until your app shows a new one", {}};
}

// Why somebody without any method may not register one here by themselves; nothing when they may.
std::optional<Refusal> reason_not_to_register(const Request& request, const StepContext& context,
                                              const Account& account, const std::optional<core::Ticket>& ticket) {
  // Its root could say that it is anybody, anywhere.
  if (request.untrusted_host)
    return Refusal{"NotPermitted",
                   "from this host no first method is registered; do it at a gate, or ask the help desk for a bypass "
                   "code",
                   {}};
  if (ticket && ticket->may_register) return std::nullopt;
  const std::vector<std::string>& from = context.config.enrolment.enrol_from;
  const bool had = account.profile.enrolled_before;
  if (!had && from.empty()) return std::nullopt;
  std::string places;
  for (const std::string& name : from) places += (places.empty() ? "" : ", ") + name;
  if (from.empty())
    return Refusal{"NotPermitted", "your methods were removed; ask the help desk for a bypass code", {}};
  if (!had)
    return Refusal{
        "NotPermitted",
        "a first method is registered from certain networks only; log in anew from {1}, or ask the help desk for "
        "a bypass code",
        {places}};
  return Refusal{"NotPermitted",
                 "your methods were removed; log in anew from {1}, or ask the help desk for a bypass code",
                 {places}};
}

}  // namespace

void demand_proof(Request& request, const StepContext& context, const Account& account) {
  if (!request.is_own) return;
  if (account.profile.suspended) throw Refusal{"NotPermitted", "this account is suspended", {}};
  const auto ticket = ticket_of(request, context, request.user);
  if (ticket && ticket->second_step) return;
  const bool enrolled = core::is_enrolled(account, context.now.age);
  if (ticket && ticket->may_replace && enrolled) {
    request.without_code = true;
    return;
  }
  const bool has_codes = !account.profile.recovery.unused.empty() || !account.profile.bypass.empty();
  if (!enrolled) {
    const auto refusal = reason_not_to_register(request, context, account, ticket);
    if (!refusal) return;
    if (!has_codes) throw Refusal{*refusal};
  }
  if (!enrolled && !request.text("proof"))
    throw Refusal{"ProofNeeded", "enter the bypass code from the help desk, or a recovery code", {}};
  demand_code(request, context, request.user, "proof");
}

namespace {

bool stands(const ActorProof& proof, const Account& actor, const StepContext& context) {
  if (context.now.age < proof.at || context.now.age - proof.at >= context.config.enrolment.ticket_for) return false;
  return std::any_of(actor.methods.begin(), actor.methods.end(), [&](const core::Method& method) {
    return std::find(proof.methods.begin(), proof.methods.end(), method.id) != proof.methods.end();
  });
}

}  // namespace

void demand_actor_proof(Request& request, const StepContext& context) {
  if (request.is_own || request.actor.role == Role::kRoot) return;
  const Account actor = context.store.account(*request.actor.account);
  if (actor.profile.suspended) throw Refusal{"NotPermitted", "this account is suspended", {}};
  const auto ticket = ticket_of(request, context, *request.actor.account);
  if (ticket && ticket->second_step) return;
  if (request.actor_proof && stands(*request.actor_proof, actor, context)) return;
  request.actor_proof.reset();
  if (!request.text("actor_proof"))
    throw Refusal{"ActorProofNeeded", "enter a code of your own to confirm that you are acting on another account", {}};
  demand_code(request, context, *request.actor.account, "actor_proof");
  ActorProof proof{context.now.age, {}};
  for (const core::Method& method : actor.methods) proof.methods.push_back(method.id);
  request.actor_proof = std::move(proof);
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "base/text.h"
#include "core/login/enrolment.h"
#include "daemon/net/message.h"

namespace seimon::daemon {

using core::Account;
using core::Event;

namespace {

constexpr std::size_t kMostNote = 200;

}  // namespace

void wipe_secrets(nlohmann::json& message) noexcept {
  for (auto& [key, value] : message.items()) {
    if (value.is_structured()) wipe_secrets(value);
    const bool secret = key == "secret" || key == "code" || key == "proof" || key == "actor_proof" || key == "ticket" ||
                        key == "key" || key == "link";
    if (auto* text = secret ? value.get_ptr<std::string*>() : nullptr) core::wipe(*text);
  }
}

Parameters::~Parameters() { wipe_secrets(object); }

Event event_of(const Request& request, const StepContext& context, std::string_view what, std::string_view outcome) {
  Event event = event_of_all(request, context, what, outcome);
  event.user = request.user.text();
  if (request.without_code) event.reason = "without-code";
  return event;
}

Event event_of_all(const Request& request, const StepContext& context, std::string_view what,
                   std::string_view outcome) {
  Event event;
  event.at = context.now.wall;
  event.event = what;
  event.outcome = outcome;
  event.actor = request.actor.name;
  event.service = "seimon";
  event.host = request.manner.host;
  return event;
}

Account account_of(const core::UserName& user, const Person& person, const StepContext& context) {
  Account account = context.store.account(user);
  const bool here = person.known == Person::Known::kYes;
  (void)core::drop_ended(account, here ? std::optional(person.uid) : std::nullopt, context.config.enrolment.issued_for,
                         context.now.age);
  return account;
}

Account account_of(const Request& request, const StepContext& context) {
  return account_of(request.user, request.person, context);
}

void keep_so_far(Request& request, const StepContext& context) {
  request.kept_events = request.events.size();
  if (context.step == nullptr) return;
  context.step->release();
  context.step->savepoint();
}

void undo_rest(Request& request, const StepContext& context) {
  request.events.resize(request.kept_events);
  if (context.step == nullptr) return;
  context.step->roll_back_to_savepoint();
  context.step->savepoint();
}

std::optional<std::string> Request::text(const char* key) const {
  const auto value = call.object.find(key);
  if (value == call.object.end()) return std::nullopt;
  if (!value->is_string()) throw Refusal{"InvalidParameter", std::string(key) + " must be a text", {}};
  return value->get<std::string>();
}

std::optional<std::int64_t> Request::number(const char* key) const {
  const auto value = call.object.find(key);
  if (value == call.object.end()) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits) throw Refusal{"InvalidParameter", std::string(key) + " must be a whole number", {}};
  return value->get<std::int64_t>();
}

std::string Request::note() const {
  std::string note = text("note").value_or("");
  std::string_view rest = note;
  bool good = note.size() <= kMostNote;
  while (good && !rest.empty()) {
    const auto character = base::take_character(rest);
    good = character && !base::is_unprintable(*character);
  }
  if (!good) throw Refusal{"InvalidParameter", "a note is at most 200 bytes of printable text", {}};
  return note;
}

bool Request::flag(const char* key) const {
  const auto value = call.object.find(key);
  if (value == call.object.end()) return false;
  if (!value->is_boolean()) throw Refusal{"InvalidParameter", std::string(key) + " must be true or false", {}};
  return value->get<bool>();
}

std::int64_t Request::bounded(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const {
  const std::int64_t value = number(key).value_or(otherwise);
  if (value < low || value > high)
    throw Refusal{
        "InvalidParameter", std::string(key) + " must be " + std::to_string(low) + " to " + std::to_string(high), {}};
  return value;
}

void Request::demand_known(const core::Account& account) const {
  if (person.known == Person::Known::kYes || account.profile.enrolled_before || account.profile.suspended ||
      account.pending)
    return;
  throw Refusal{"NoSuchUser", "there is no user \"{1}\" on this system", {base::escaped(user.text())}};
}

std::string framed_refusal(const Refusal& refusal, const std::string& help) {
  return framed({{"error", std::string(kAdminInterface) + refusal.error},
                 {"parameters",
                  {{"message", base::filled(refusal.text, refusal.values)},
                   {"text", refusal.text},
                   {"values", refusal.values},
                   {"help", help}}}});
}

}  // namespace seimon::daemon

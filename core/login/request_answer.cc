// SPDX-License-Identifier: Apache-2.0
#include "core/login/request_answer.h"

namespace seimon::core {

namespace {

Event with(Event like, std::string_view event, std::string_view outcome, std::string_view reason) {
  like.event = event;
  like.outcome = outcome;
  like.reason = reason;
  return like;
}

}  // namespace

std::vector<Event> report_request(Profile& profile, const ApproveSettings& settings, const Event& like) {
  std::vector<Event> events = {with(like, "approval", request_state_name(RequestState::kReported), "")};
  profile.approvals.is_paused = true;
  if (settings.suspends_reported) {
    profile.suspend();
    events.push_back(with(like, "suspend", "suspended", ""));
  }
  events.push_back(with(like, "alarm", "noticed", "sign-in-reported"));
  return events;
}

std::vector<Event> answer_by_call(Profile& profile, const CallAnswer& answer, const ApproveSettings& settings,
                                  const Event& like, Instant now) {
  if (answer.keys.empty()) return {};
  auto& request = profile.approvals.request;
  const bool is_its = request && request->id == answer.request;
  const bool waits = is_its && request->state == RequestState::kWaiting && now < request->until;
  if (answer.keys == "0") {
    if (is_its) request->state = RequestState::kReported;
    return report_request(profile, settings, like);
  }
  if (!waits) return {};
  const bool is_right = answer.keys == request->number;
  request->state = is_right ? RequestState::kApproved : RequestState::kEnded;
  request->method = answer.method;
  return {with(like, "approval", is_right ? "approved" : "refused", is_right ? "" : "wrong-number")};
}

}  // namespace seimon::core

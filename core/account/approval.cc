// SPDX-License-Identifier: Apache-2.0
#include "core/account/approval.h"

#include <algorithm>
#include <array>

#include "core/factors/sent_code.h"
#include "core/secret.h"

namespace seimon::core {

std::string_view request_state_name(RequestState state) {
  constexpr std::array<std::string_view, 5> kNames = {"waiting", "approved", "denied", "reported", "ended"};
  return kNames.at(static_cast<std::size_t>(state));
}

bool has_open_request(const Approvals& approvals, std::string_view owner, Instant now) {
  const auto& request = approvals.request;
  return request && request->owner == owner && now < request->until && request->state != RequestState::kEnded;
}

std::size_t unanswered_in(const Approvals& approvals, std::string_view owner, seconds length, Instant now) {
  return static_cast<std::size_t>(
      std::count_if(approvals.unanswered.begin(), approvals.unanswered.end(),
                    [&](const Asked& asked) { return asked.owner == owner && now - asked.at < length; }));
}

const ApprovalRequest* waiting_request(const Approvals& approvals, std::string_view owner, Instant now) {
  const bool waits = has_open_request(approvals, owner, now) && approvals.request->state == RequestState::kWaiting;
  return waits ? &*approvals.request : nullptr;
}

std::string new_request_number(int digits) {
  while (true) {
    std::string number = text_of(random_code(digits));
    if (number.front() != '0') return number;
  }
}

std::string approval_text(const ApprovalRequest& request, std::string_view user, std::string_view number) {
  std::string text = "seimon-approve-1";
  for (const std::string_view line :
       {std::string_view(request.id), user, std::string_view(request.host), std::string_view(request.service),
        std::string_view(request.source), number, std::string_view("yes")})
    text.append("\n").append(line);
  return text;
}

}  // namespace seimon::core

// SPDX-License-Identifier: Apache-2.0
#include "daemon/visits.h"

namespace seimon::daemon {

void Visits::remember(const std::string& conversation, Visit visit) {
  if (visit.registered && !confirming_.contains(visit.service) && unconfirmed_.size() < kMostServices)
    unconfirmed_.emplace(visit.service, visit.at);
  order_.push_back(conversation);
  visits_.insert_or_assign(conversation, std::move(visit));
  while (order_.size() > kMost) {
    visits_.erase(order_.front());
    order_.pop_front();
  }
}

void Visits::arm(const std::string& conversation, const std::string& service) {
  if (confirming_.size() < kMostServices) confirming_.insert(service);
  unconfirmed_.erase(service);
  told_.erase(service);
  const auto found = visits_.find(conversation);
  if (found != visits_.end()) found->second.armed = true;
}

bool Visits::has_registered(const std::string& conversation) const {
  const auto found = visits_.find(conversation);
  return found != visits_.end() && found->second.registered;
}

bool Visits::lacks_account_line(const std::string& service, core::Instant now) const {
  const auto found = unconfirmed_.find(service);
  return found != unconfirmed_.end() && now - found->second >= kPatience;
}

bool Visits::is_news(const std::string& service, core::Instant now) {
  return lacks_account_line(service, now) && told_.insert(service).second;
}

std::optional<Visit> Visits::take(const std::string& conversation, core::Instant now) {
  const auto found = visits_.find(conversation);
  if (found == visits_.end() || !found->second.armed) return std::nullopt;
  Visit visit = std::move(found->second);
  visits_.erase(found);
  if (now < visit.at || now - visit.at >= kKeptFor) return std::nullopt;
  return visit;
}

}  // namespace seimon::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/login/visits.h"

namespace seimon::daemon {

namespace {

std::string place(const std::string& service, const std::string& host) { return service + " on " + host; }

}  // namespace

void Visits::remember(const std::string& conversation, Visit visit) {
  const std::string here = place(visit.service, visit.host);
  if (visit.registered && !confirming_.contains(here) && unconfirmed_.size() < kMostServices)
    unconfirmed_.emplace(here, visit.at);
  const core::Instant now = visit.at;
  order_.push_back(conversation);
  visits_.insert_or_assign(conversation, std::move(visit));
  // Drops visits that were taken, are too old, or too many.
  for (auto first = visits_.find(order_.front());
       order_.size() > kMost || first == visits_.end() || now - first->second.at >= kKeptFor;
       first = visits_.find(order_.front())) {
    if (first != visits_.end()) visits_.erase(first);
    order_.pop_front();
  }
}

void Visits::arm(const std::string& conversation, const std::string& service, const std::string& host) {
  const std::string here = place(service, host);
  if (confirming_.size() < kMostServices) confirming_.insert(here);
  unconfirmed_.erase(here);
  told_.erase(here);
  const auto found = visits_.find(conversation);
  if (found != visits_.end() && found->second.host == host) found->second.armed = true;
}

bool Visits::has_registered(const std::string& conversation) const {
  const auto found = visits_.find(conversation);
  return found != visits_.end() && found->second.registered;
}

void Visits::note_confirmed(const std::string& conversation) {
  const auto found = visits_.find(conversation);
  if (found != visits_.end()) found->second.registered = false;
}

bool Visits::lacks_account_line(const std::string& service, const std::string& host, core::Instant now) const {
  const auto found = unconfirmed_.find(place(service, host));
  return found != unconfirmed_.end() && now - found->second >= kPatience;
}

bool Visits::is_news(const std::string& service, const std::string& host, core::Instant now) {
  return lacks_account_line(service, host, now) && told_.insert(place(service, host)).second;
}

std::optional<Visit> Visits::take(const std::string& conversation, const std::string& host, core::Instant now) {
  const auto found = visits_.find(conversation);
  if (found == visits_.end() || !found->second.armed || found->second.host != host) return std::nullopt;
  Visit visit = std::move(found->second);
  visits_.erase(found);
  if (now < visit.at || now - visit.at >= kKeptFor) return std::nullopt;
  return visit;
}

}  // namespace seimon::daemon

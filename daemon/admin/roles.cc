// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/roles.h"

#include <algorithm>
#include <array>

namespace seimon::daemon {

namespace {

bool is_any(const std::vector<std::string>& names, const std::vector<std::string>& groups) {
  return std::any_of(groups.begin(), groups.end(), [&](const std::string& group) {
    return std::find(names.begin(), names.end(), group) != names.end();
  });
}

bool is_in(const Person& person, const std::vector<std::string>& groups) {
  return person.groups && is_any(*person.groups, groups);
}

Role role_of(const Person& person, const Roles& roles) {
  if (person.known != Person::Known::kYes) return Role::kNone;
  if (is_in(person, roles.admin_groups)) return Role::kAdmin;
  return is_in(person, roles.helpdesk_groups) ? Role::kHelpdesk : Role::kNone;
}

std::string words_for(Role needed) {
  if (needed == Role::kRoot) return "only root may do this";
  if (needed == Role::kAdmin) return "only root and administrators (roles.admin_groups) may do this";
  return "only root, administrators and the help desk (roles.helpdesk_groups) may act on another account";
}

}  // namespace

std::string_view role_name(Role role) {
  constexpr std::array<std::string_view, 4> kNames = {"", "helpdesk", "admin", "root"};
  return kNames.at(static_cast<std::size_t>(role));
}

Actor actor_of(uid_t peer, const Person& person, const Roles& roles) {
  Actor actor;
  actor.uid = peer;
  actor.name = "uid " + std::to_string(peer);
  if (peer == 0) {
    actor.name = "root";
    actor.role = Role::kRoot;
    return actor;
  }
  if (person.known != Person::Known::kYes || person.uid != static_cast<std::int64_t>(peer)) return actor;
  actor.account = core::UserName::parse(person.name);
  actor.role = actor.account ? role_of(person, roles) : Role::kNone;
  actor.name = person.name;
  return actor;
}

std::string reason_not_to_act(const Request& request, Role needed, const Roles& roles) {
  const Actor& actor = request.actor;
  if (actor.role < needed) return words_for(needed);
  if (actor.role == Role::kRoot || needed == Role::kNone) return "";
  if (request.is_own) return "you cannot do this on your own account; ask a colleague";
  const Person& person = request.person;
  if (person.known == Person::Known::kYes && person.uid == 0) return "only root may act on uid 0";
  if (actor.role != Role::kHelpdesk) return "";
  const bool unsure =
      !person.groups || is_any(person.unsure, roles.admin_groups) || is_any(person.unsure, roles.helpdesk_groups);
  if (person.known == Person::Known::kYes && unsure)
    return "the groups of that account could not be resolved; try again";
  if (role_of(person, roles) != Role::kNone) return "the help desk may not act on administrators and its own members";
  return "";
}

}  // namespace seimon::daemon

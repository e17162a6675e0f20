// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/config.h"

#include <algorithm>

namespace seimon::daemon {

std::vector<std::string> Config::named_groups() const {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<std::string>& more) { names.insert(names.end(), more.begin(), more.end()); };
  for (const core::Rule& rule : policy.rules)
    for (const auto* groups : {&rule.given.groups, &rule.negated.groups})
      if (*groups) add(**groups);
  add(roles.admin_groups);
  add(roles.helpdesk_groups);
  for (const auto& row : languages) names.push_back(row.first);
  return names;
}

bool Config::trusts(const std::string& host) const {
  return host.empty() || std::find(trusted_hosts.begin(), trusted_hosts.end(), host) != trusted_hosts.end();
}

const Caller* Config::caller(uid_t uid) const {
  const auto found = std::find_if(callers.begin(), callers.end(), [&](const Caller& row) { return row.uid == uid; });
  return found == callers.end() ? nullptr : &*found;
}

core::Manner manner_of(const Config& config, const std::string& host) {
  return {.codes = config.codes,
          .language = config.language,
          .languages = config.languages,
          .wordings = config.wordings,
          .issuer = config.issuer,
          .help = config.help,
          .host = host,
          .observe = config.policy.observe,
          .risk = config.risk,
          .enrolment = config.enrolment,
          .remember = config.remember,
          .send = config.send,
          .approve = config.approve};
}

}  // namespace seimon::daemon

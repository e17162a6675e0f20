// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/check.h"

#include <grp.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/characters.h"
#include "daemon/config/error.h"
#include "daemon/config/people_config.h"

namespace seimon::daemon {

namespace {

void demand_group(const std::string& name, const std::string& place) {
  if (name.find_first_of("*?") != std::string::npos) return;
  errno = 0;
  if (getgrnam(name.c_str()) != nullptr || (errno != 0 && errno != ENOENT)) return;
  throw ConfigError(place + ": there is no group \"" + base::escaped(name) + "\" on this system\n  see: getent group");
}

// Our lines in one file.
struct Lines {
  bool auth = false;
  bool account = false;
};

Lines lines_of(const std::filesystem::path& path) {
  Lines lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t start = line.find_first_not_of(" \t-");
    if (start == std::string::npos || line[start] == '#' || line.find("pam_seimon.so") == std::string::npos) continue;
    lines.auth = lines.auth || line.compare(start, 5, "auth ") == 0 || line.compare(start, 5, "auth\t") == 0;
    lines.account = lines.account || line.compare(start, 7, "account") == 0;
  }
  return lines;
}

}  // namespace

void check_groups(const Config& config) {
  for (const core::Rule& rule : config.policy.rules)
    for (const auto* groups : {&rule.given.groups, &rule.negated.groups})
      for (const std::string& name : groups->value_or(std::vector<std::string>())) demand_group(name, rule.place);
  const std::string& file = config.files.front();
  for (const auto* groups : {&config.roles.admin_groups, &config.roles.helpdesk_groups})
    for (const std::string& name : *groups) demand_group(name, file + ": roles");
  for (const auto& [name, language] : config.languages) demand_group(name, file + ": languages");
}

std::vector<std::string> check_stacks(const Config& config, const std::string& folder) {
  std::vector<std::string> findings;
  std::error_code error;
  for (const std::string& service : config.send.at_once)
    if (!std::filesystem::exists(folder + "/" + service, error))
      findings.push_back(config.files.front() + ": delivery.auto names \"" + base::escaped(service) +
                         "\", but there is no " + folder + "/" + base::escaped(service));
  constexpr const char* kSingleSignOn = "/etc/seimon/pam.d/seimon-web";
  if (config.page.single_sign_on && !std::filesystem::exists(kSingleSignOn, error))
    findings.push_back(config.files.front() + ": web.single_sign_on is true, but there is no " + kSingleSignOn +
                       ", the stack of such sign-ins: they are refused");
  if (!config.page.single_sign_on && config.page.account && std::filesystem::exists(kSingleSignOn, error))
    findings.push_back(
        std::string(kSingleSignOn) +
        ": is there, although web.single_sign_on is not true: take it away, for seimon-web-login goes by "
        "this file alone");
  if (!offers_registration(config)) return findings;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const Lines lines = lines_of(entry.path());
    if (lines.auth && !lines.account)
      findings.push_back(entry.path().string() +
                         ": has the auth line of pam_seimon.so without its account line: nothing that is registered at "
                         "a login there will ever count");
  }
  std::sort(findings.begin(), findings.end());
  return findings;
}

}  // namespace seimon::daemon

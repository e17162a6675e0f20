// SPDX-License-Identifier: Apache-2.0
// The rest of the machine: files, service, store, clock, directory.
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tools/doctor/findings.h"
#include "tools/system/config_check.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

constexpr unsigned long kLittleRoom = 64UL << 20U;
constexpr auto kBackupsFor = std::chrono::hours(7 * 24);
constexpr auto kSlow = std::chrono::seconds(1);

std::string octal(mode_t mode) {
  char text[8] = {};
  (void)std::snprintf(text, sizeof text, "%04o", mode & 07777U);
  return text;
}

// Root's (or the service's) alone to change.
void examine_file(const std::string& path, Findings& findings) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return;
  const passwd* owner = getpwuid(status.st_uid);
  const bool ours = status.st_uid == 0 || (owner != nullptr && std::string_view(owner->pw_name) == "seimon");
  if (!ours)
    findings.push_back({"writable", path, N_("belongs to {1}"), {owner == nullptr ? "nobody" : owner->pw_name}});
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    findings.push_back({"writable", path, N_("others may write to it (mode {1})"), {octal(status.st_mode)}});
}

void examine_key(const std::string& config, const json& service, Findings& findings) {
  if (service.is_object() && service.contains("gates")) return;  // a stateless login host
  const std::string beside = config.substr(0, config.rfind('/') + 1) + "seal.key";
  const std::string path = service.is_object() ? service.value("sealing_key", beside) : beside;
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    findings.push_back({"no-key", path, N_("is not there")});
  } else if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    findings.push_back({"writable", path, N_("others may use it (mode {1})"), {octal(status.st_mode)}});
  }
}

void examine_files(const Machine& machine, const Where& where, const json& status, Findings& findings) {
  std::vector<std::string> paths = {where.config, kSshdConfig};
  std::error_code error;
  for (const std::string& folder : {machine.pam_folder, where.config.substr(0, where.config.rfind('/') + 1) + "conf.d",
                                    std::string("/etc/ssh/sshd_config.d")}) {
    paths.push_back(folder);
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) paths.push_back(entry.path());
  }
  for (const Stacks& stacks : machine.stacks)
    for (const StackLine& line : stacks.auth)
      if (line.is_ours()) paths.push_back(module_file(line.path));
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (const std::string& path : paths) examine_file(path, findings);
  examine_key(where.config, status, findings);
}

void examine_configuration(const std::string& config, Findings& findings) {
  const Output output = check_config(config);
  std::istringstream lines(output.text);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kPrefix = "warning: ";
    const std::size_t at = line.find(kPrefix);
    if (at != std::string::npos)
      findings.push_back({"configuration-warning", config, "{1}", {line.substr(at + kPrefix.size())}});
  }
  if (output.code != 0)
    findings.push_back({"configuration", config, "{1}", {output.text.substr(0, output.text.find('\n'))}});
}

// The module says in its own bytes what version it is.
void examine_versions(const Machine& machine, const json& status, Findings& findings) {
  if (status.is_object() && status.value("version", "") != SEIMON_VERSION)
    findings.push_back({"versions",
                        "seimond",
                        N_("the service is version {1}, this command {2}"),
                        {status.value("version", "?"), SEIMON_VERSION}});
  for (const Stacks& stacks : machine.stacks) {
    for (const StackLine& line : stacks.auth) {
      const std::string path = line.is_ours() ? module_file(line.path) : "";
      if (path.empty()) continue;
      std::ifstream file(path, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      const bool same = bytes.find("pam_seimon version " SEIMON_VERSION) != std::string::npos;
      if (!same) findings.push_back({"versions", path, N_("the module is not version {1}"), {SEIMON_VERSION}});
      return;  // one module serves them all
    }
  }
}

void examine_store(const json& status, Findings& findings) {
  if (!status.is_object()) return;
  const std::string path = status.value("store_path", "");
  for (const auto& problem : status.value("problems", json::array()))
    findings.push_back({"store", path, "{1}", {problem.get<std::string>()}});
  if (status.value("mode", "") == "observe") findings.push_back({"observing", "seimond", N_("the mode is observe")});
  struct statvfs room = {};
  const std::string folder = path.substr(0, path.rfind('/'));
  if (folder.empty() || statvfs(folder.c_str(), &room) != 0) return;
  const unsigned long left = room.f_bavail * room.f_frsize;
  if (left < kLittleRoom)
    findings.push_back(
        {"little-room", folder, N_("{1} MiB are left on its file system"), {std::to_string(left >> 20U)}});
}

// A server's store is backed up there.
void examine_backup(const json& status, Findings& findings) {
  if (status.contains("hosts")) return;
  constexpr const char* kStamp = "/var/backups/seimon/last-backup";
  std::error_code error;
  const auto made = std::filesystem::last_write_time(kStamp, error);
  if (error) {
    findings.push_back({"no-backup", kStamp, N_("no backup was ever made")});
    return;
  }
  const auto age = std::chrono::duration_cast<std::chrono::hours>(std::filesystem::file_time_type::clock::now() - made);
  if (age > kBackupsFor)
    findings.push_back(
        {"no-backup", kStamp, N_("the last backup is {1} days old"), {std::to_string(age.count() / 24)}});
}

void examine_clock(Findings& findings) {
  timex state = {};
  if (adjtimex(&state) == TIME_ERROR || (static_cast<unsigned>(state.status) & STA_UNSYNC) != 0)
    findings.push_back({"clock-not-synchronised", "adjtimex(2)", N_("the kernel's clock is not synchronised")});
}

void examine_names(Findings& findings) {
  const auto begun = std::chrono::steady_clock::now();
  (void)getpwnam("seimon-asks-for-nobody");
  if (std::chrono::steady_clock::now() - begun > kSlow)
    findings.push_back(
        {"slow-names", "/etc/nsswitch.conf", N_("to find out that a user does not exist took over 1 s")});
}

// Less is a person who types slowly.
constexpr int kLeastOffset = 60;
constexpr std::size_t kSeveral = 3;

}  // namespace

void examine_offsets(const json& events, Findings& findings) {
  std::map<std::string, int> by_user;  // the newest of each
  for (const auto& event : events) {
    const std::string text = event.value("clock_offset", "");
    int offset = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), offset);
    if (std::abs(offset) >= kLeastOffset) by_user[event.value("user", "")] = offset;
  }
  std::vector<int> offsets;
  for (const auto& [user, offset] : by_user) offsets.push_back(offset);
  if (offsets.size() < kSeveral) return;
  std::sort(offsets.begin(), offsets.end());
  if (offsets.front() < 0 && offsets.back() > 0) return;  // their clocks, not ours
  findings.push_back(
      {"codes-of-another-time",
       "seimon log --reason wrong-code",
       offsets.front() > 0
           ? N_("the last refused codes of {1} users were right for a time {2} s ahead of this machine's")
           : N_("the last refused codes of {1} users were right for a time {2} s behind this machine's"),
       {std::to_string(offsets.size()), std::to_string(std::abs(offsets[offsets.size() / 2]))}});
}

void examine_system(const Machine& machine, const Where& where, const json& status, Findings& findings) {
  examine_files(machine, where, status, findings);
  examine_configuration(where.config, findings);
  examine_versions(machine, status, findings);
  examine_store(status, findings);
  if (status.is_object() && status.value("methods", 0) > 0) examine_backup(status, findings);
  examine_clock(findings);
  examine_names(findings);
}

}  // namespace seimon::tools

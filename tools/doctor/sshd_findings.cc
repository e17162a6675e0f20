// SPDX-License-Identifier: Apache-2.0
// sshd, by its own word: which ways in come to our stack.
#include <algorithm>
#include <array>
#include <charconv>

#include "tools/doctor/findings.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr std::array<std::string_view, 2> kOtherWays = {"gssapiauthentication", "hostbasedauthentication"};
constexpr std::array<std::string_view, 5> kWaysInBlocks = {"authenticationmethods", "passwordauthentication",
                                                           "kbdinteractiveauthentication", "pubkeyauthentication",
                                                           "challengeresponseauthentication"};
constexpr int kShortGrace = 120;
constexpr int kShortForSms = 300;

// The line that decides a keyword: the first outside a Match block; the main file where none does.
std::string place_of(const Machine& machine, std::string_view keyword) {
  for (const SshdLine& line : machine.sshd_lines)
    if (line.match.empty() && line.keyword == keyword) return line.place;
  return kSshdConfig;
}

struct Wanted {
  std::string_view keyword;
  std::string_view bad;
  const char* id;
  const char* what;
};
constexpr std::array<Wanted, 4> kWanted = {{
    {"usepam", "no", "no-usepam", "UsePAM no"},
    {"kbdinteractiveauthentication", "no", "no-keyboard-interactive", "KbdInteractiveAuthentication no"},
    {"passwordauthentication", "yes", "password-method", "PasswordAuthentication yes"},
    {"usedns", "yes", "use-dns", "UseDNS yes"},
}};

// For an account that sshd itself keeps out of PAM it answers every question with a filler.
void examine_root(const Machine& machine, Findings& findings) {
  const std::string permits = machine.sshd_of_root["permitrootlogin"];
  const bool by_key_only = permits == "without-password" || permits == "prohibit-password";
  if (by_key_only && machine.sshd_of_root.demands_key())
    findings.push_back({"root-by-key-only",
                        place_of(machine, "permitrootlogin"),
                        N_("PermitRootLogin is {1}: root cannot log in with a key and a code"),
                        {permits}});
}

void examine_grace(const Machine& machine, Findings& findings) {
  const std::string text = machine.sshd["logingracetime"];
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds == 0) return;
  if (machine.sends_sms && seconds < kShortForSms)
    findings.push_back({"grace-time-for-sms",
                        place_of(machine, "logingracetime"),
                        N_("LoginGraceTime is {1} s"),
                        {std::to_string(seconds)}});
  else if (machine.may_register_at_login && seconds < kShortGrace)
    findings.push_back(
        {"grace-time", place_of(machine, "logingracetime"), N_("LoginGraceTime is {1} s"), {std::to_string(seconds)}});
}

// A rule lets keys pass for what they are: then they have to be that.
void examine_hardware_keys(const Machine& machine, Findings& findings) {
  if (!machine.trusts_hardware_keys) return;
  if (machine.sshd["pubkeyauthoptions"].find("verify-required") == std::string::npos)
    findings.push_back({"hardware-keys-untouched", place_of(machine, "pubkeyauthoptions"),
                        N_("a rule lets hardware keys pass, and PubkeyAuthOptions has no verify-required")});
  const std::string files = machine.sshd["authorizedkeysfile"];
  std::string by_users;
  for (const std::string& file : words_of(files))
    if (file != "none" && (!file.starts_with('/') || file.find("%h") != std::string::npos))
      by_users += (by_users.empty() ? "" : " ") + file;
  if (!by_users.empty())
    findings.push_back({"hardware-keys-by-users",
                        place_of(machine, "authorizedkeysfile"),
                        N_("a rule lets hardware keys pass, and AuthorizedKeysFile is {1}"),
                        {by_users}});
}

}  // namespace

void examine_sshd(const Machine& machine, Findings& findings) {
  const bool concerned = std::any_of(machine.stacks.begin(), machine.stacks.end(), [](const Stacks& stacks) {
    return stacks.service == "sshd" && is_protected(stacks.auth);
  });
  if (!concerned || !machine.sshd.installed) return;
  if (!machine.sshd.error.empty()) {
    findings.push_back({"sshd-refuses-its-files", kSshdConfig, "{1}", {machine.sshd.error}});
    return;
  }
  for (const Wanted& row : kWanted)
    if (machine.sshd[std::string(row.keyword)] == row.bad)
      findings.push_back({row.id, place_of(machine, row.keyword), row.what});
  const std::size_t count = machine.people.with_keys.size();
  if (machine.sshd.takes_key_alone() && count > 0)
    findings.push_back({"keys-alone",
                        place_of(machine, "authenticationmethods"),
                        N_("{1} of {2} accounts have authorized keys and log in by a key alone"),
                        {std::to_string(count), std::to_string(machine.people.all)}});
  const std::string elsewhere = machine.sshd.key_lists_elsewhere();
  if (machine.sshd.takes_key_alone() && !elsewhere.empty())
    findings.push_back({"keys-alone",
                        kSshdConfig,
                        N_("{1} is set: accounts with keys there log in by a key alone; their number is unknown"),
                        {elsewhere}});
  for (const std::string_view way : kOtherWays)
    if (machine.sshd[std::string(way)] == "yes" && !machine.sshd.demands_key())
      findings.push_back({"other-ways-in", place_of(machine, way), "{1} yes", {std::string(way)}});
  for (const SshdLine& line : machine.sshd_lines)
    if (!line.match.empty() &&
        std::find(kWaysInBlocks.begin(), kWaysInBlocks.end(), line.keyword) != kWaysInBlocks.end())
      findings.push_back({"match-block", line.place, "Match {1}: {2} {3}", {line.match, line.keyword, line.value}});
  examine_root(machine, findings);
  examine_hardware_keys(machine, findings);
  examine_grace(machine, findings);
}

}  // namespace seimon::tools

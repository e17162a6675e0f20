// SPDX-License-Identifier: Apache-2.0
#include "tools/setup/plan.h"

#include <sys/stat.h>

#include <array>
#include <sstream>

#include "tools/doctor/findings.h"
#include "tools/system/files.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr const char* kPamFolder = "/etc/pam.d/";
constexpr const char* kConsole = "service = login user = root tty in /dev/tty1:/dev/ttyS0:tty1:ttyS0";

// "su -" and "sudo -i" are services of their own.
struct Variant {
  const char* service;
  const char* file;
};
constexpr std::array<Variant, 6> kFiles = {
    {{"sshd", "sshd"}, {"login", "login"}, {"su", "su"}, {"su", "su-l"}, {"sudo", "sudo"}, {"sudo", "sudo-i"}}};

std::string line_of(const char* type, const char* control, const std::string& module) {
  std::string line = type;
  line.resize(9, ' ');
  line += control;
  line.resize(std::max<std::size_t>(line.size() + 1, 19), ' ');
  return line + module + "\n";
}

std::string glass_of(const char* type, const EnrolOptions& wanted) {
  const std::string whom = wanted.service == "login"    ? kConsole
                           : wanted.break_glass.empty() ? ""
                                                        : "service = sshd user = " + wanted.break_glass;
  return whom.empty() ? "" : line_of(type, "[success=1 default=ignore]", "pam_succeed_if.so quiet " + whom);
}

// Whatever sshd's files say, in a Match block or to a connection that began before them: no key, no stack.
constexpr const char* kNeedsKey =
    "pam_exec.so quiet /bin/sh -c [case $SSH_AUTH_INFO_0 in publickey*) exit 0;; esac; exit 1]";

std::string auth_lines(const EnrolOptions& wanted) {
  const std::string key = wanted.by_key ? line_of("auth", "requisite", kNeedsKey) : "";
  return key + glass_of("auth", wanted) + line_of("auth", "required", wanted.module) +
         line_of("auth", "required", "pam_permit.so");
}

std::string account_lines(const EnrolOptions& wanted) {
  return glass_of("account", wanted) + line_of("account", "required", wanted.module);
}

[[noreturn]] void refuse(const std::string& path, const std::string& lacks, const EnrolOptions& wanted) {
  throw Stop{kBadInput,
             path + ": has no line \"" + lacks + "\" to go by; nothing was changed. Write there by hand, behind the " +
                 "password lines and before the other account lines:\n" + auth_lines(wanted) + account_lines(wanted),
             ""};
}

std::optional<Change> change_of(const std::string& path, const EnrolOptions& wanted) {
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode))
    throw Stop{kBadInput, path + ": is no regular file; put the file itself there first", ""};
  const std::string before = contents_of(path);
  return Change{path, before, protected_stack(before, path, wanted)};
}

}  // namespace

std::string protected_stack(const std::string& text, const std::string& path, const EnrolOptions& wanted) {
  std::string result;
  bool auth = false;
  bool account = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    const bool includes = words.size() >= 2 && words[0] == "@include";
    const std::string what = includes ? words[1] : "";
    if (what == "common-account" && !account) result += account_lines(wanted), account = true;
    if (what == "common-auth" && wanted.by_key) result += "# seimon setup, for keys and codes: ";
    result += line + "\n";
    if (what == "common-auth" && !auth) result += auth_lines(wanted), auth = true;
    const bool opens = what == "common-session" || what == "common-session-noninteractive";
    if (opens && (wanted.service == "sshd" || wanted.service == "login"))
      result += line_of("session", "optional", wanted.module);
  }
  if (!auth) refuse(path, "@include common-auth", wanted);
  if (!account) refuse(path, "@include common-account", wanted);
  return result;
}

std::string with_glass(const std::string& text, const EnrolOptions& wanted) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("pam_succeed_if.so quiet service = sshd user = ") != std::string::npos) continue;
    const std::vector<std::string> words = words_of(line);
    const bool ours =
        words.size() >= 3 && words[0].find('#') == std::string::npos && line.find("pam_seimon.so") != std::string::npos;
    for (const char* type : {"auth", "account"})
      if (ours && words[0] == type) result += glass_of(type, wanted);
    result += line + "\n";
  }
  return result;
}

EnrolOptions kept(EnrolOptions wanted, bool mode_is_said) {
  if (wanted.service != "sshd") return wanted;
  bool in_match = false;
  std::istringstream lines(contents_of(kDropIn));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 2) continue;
    if (words[0] == "Match") in_match = true;
    if (words[0] == "Match" && words.size() == 3 && words[1] == "User" && wanted.break_glass.empty())
      wanted.break_glass = words[2];
    if (!in_match && !mode_is_said && words[0] == "AuthenticationMethods") wanted.by_key = true;
  }
  return wanted;
}

std::string sshd_drop_in(const EnrolOptions& wanted) {
  std::string text =
      "# Written by: seimon setup sshd. The first value that sshd reads wins: hence the 00.\n"
      "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n";
  if (wanted.by_key) text += "AuthenticationMethods publickey,keyboard-interactive\n";
  if (wanted.waits_for_sms) text += "# A code by SMS, or a call, may take minutes.\nLoginGraceTime 300\n";
  if (!wanted.break_glass.empty())
    text += "# Gets in by its key alone when the service is dead.\nMatch User " + wanted.break_glass +
            "\n  AuthenticationMethods publickey\n";
  return text;
}

std::vector<Change> plan(const EnrolOptions& wanted) {
  std::vector<Change> changes;
  bool found = false;
  // The drop-in first: a stack for keys and codes without it would ask for nothing.
  if (wanted.service == "sshd") {
    const std::string before = contents_of(kDropIn);
    const Change drop_in{kDropIn, before.empty() ? std::nullopt : std::optional(before), sshd_drop_in(wanted)};
    if (before != drop_in.after) changes.push_back(drop_in);
  }
  for (const Variant& row : kFiles) {
    if (wanted.service != row.service) continue;
    const std::string path = std::string(kPamFolder) + row.file;
    // su-l includes su: what is protected there already needs nothing.
    const bool follows = found && contents_of(path).find("@include common-auth") == std::string::npos;
    if (follows) continue;
    if (is_protected(read_stack(kPamFolder, row.file, "auth"))) {
      found = true;
      const std::string before = contents_of(path);
      const std::string after = wanted.break_glass.empty() ? before : with_glass(before, wanted);
      if (after != before) changes.push_back({path, before, after});
      continue;
    }
    if (auto change = change_of(path, wanted)) changes.push_back(std::move(*change)), found = true;
  }
  if (!found) throw Stop{kBadInput, kPamFolder + wanted.service + ": is not there: is that program installed?", ""};
  return changes;
}

}  // namespace seimon::tools

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

std::string glass_of(const char* type, const Wish& wish) {
  const std::string whom = wish.service == "login"    ? kConsole
                           : wish.break_glass.empty() ? ""
                                                      : "service = sshd user = " + wish.break_glass;
  return whom.empty() ? "" : line_of(type, "[success=1 default=ignore]", "pam_succeed_if.so quiet " + whom);
}

// Whatever sshd's files say, in a Match block or to a connection that began before them: no key, no stack.
constexpr const char* kNeedsKey =
    "pam_exec.so quiet /bin/sh -c [case $SSH_AUTH_INFO_0 in publickey*) exit 0;; esac; exit 1]";

std::string auth_lines(const Wish& wish) {
  const std::string key = wish.by_key ? line_of("auth", "requisite", kNeedsKey) : "";
  return key + glass_of("auth", wish) + line_of("auth", "required", wish.module) +
         line_of("auth", "required", "pam_permit.so");
}

std::string account_lines(const Wish& wish) {
  return glass_of("account", wish) + line_of("account", "required", wish.module);
}

[[noreturn]] void refuse(const std::string& path, const std::string& lacks, const Wish& wish) {
  throw Stop{kBadInput,
             path + ": has no line \"" + lacks + "\" to go by; nothing was changed. Write there by hand, behind the " +
                 "password lines and before the other account lines:\n" + auth_lines(wish) + account_lines(wish),
             ""};
}

std::optional<Change> change_of(const std::string& path, const Wish& wish) {
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode))
    throw Stop{kBadInput, path + ": is no regular file; put the file itself there first", ""};
  const std::string before = contents_of(path);
  return Change{path, before, protected_stack(before, path, wish)};
}

}  // namespace

std::string protected_stack(const std::string& text, const std::string& path, const Wish& wish) {
  std::string result;
  bool auth = false;
  bool account = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    const bool includes = words.size() >= 2 && words[0] == "@include";
    const std::string what = includes ? words[1] : "";
    if (what == "common-account" && !account) result += account_lines(wish), account = true;
    if (what == "common-auth" && wish.by_key) result += "# seimon setup, for keys and codes: ";
    result += line + "\n";
    if (what == "common-auth" && !auth) result += auth_lines(wish), auth = true;
    const bool opens = what == "common-session" || what == "common-session-noninteractive";
    if (opens && (wish.service == "sshd" || wish.service == "login"))
      result += line_of("session", "optional", wish.module);
  }
  if (!auth) refuse(path, "@include common-auth", wish);
  if (!account) refuse(path, "@include common-account", wish);
  return result;
}

std::string with_glass(const std::string& text, const Wish& wish) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("pam_succeed_if.so quiet service = sshd user = ") != std::string::npos) continue;
    const std::vector<std::string> words = words_of(line);
    const bool ours =
        words.size() >= 3 && words[0].find('#') == std::string::npos && line.find("pam_seimon.so") != std::string::npos;
    for (const char* type : {"auth", "account"})
      if (ours && words[0] == type) result += glass_of(type, wish);
    result += line + "\n";
  }
  return result;
}

Wish kept(Wish wish, bool mode_is_said) {
  if (wish.service != "sshd") return wish;
  bool in_match = false;
  std::istringstream lines(contents_of(kDropIn));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 2) continue;
    if (words[0] == "Match") in_match = true;
    if (words[0] == "Match" && words.size() == 3 && words[1] == "User" && wish.break_glass.empty())
      wish.break_glass = words[2];
    if (!in_match && !mode_is_said && words[0] == "AuthenticationMethods") wish.by_key = true;
  }
  return wish;
}

std::string sshd_drop_in(const Wish& wish) {
  std::string text =
      "# Written by: seimon setup sshd. The first value that sshd reads wins: hence the 00.\n"
      "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n";
  if (wish.by_key) text += "AuthenticationMethods publickey,keyboard-interactive\n";
  if (!wish.break_glass.empty())
    text += "# Gets in by its key alone when the service is dead.\nMatch User " + wish.break_glass +
            "\n  AuthenticationMethods publickey\n";
  return text;
}

std::vector<Change> plan(const Wish& wish) {
  std::vector<Change> changes;
  bool found = false;
  // The drop-in first: a stack for keys and codes without it would ask for nothing.
  if (wish.service == "sshd") {
    const std::string before = contents_of(kDropIn);
    const Change drop_in{kDropIn, before.empty() ? std::nullopt : std::optional(before), sshd_drop_in(wish)};
    if (before != drop_in.after) changes.push_back(drop_in);
  }
  for (const Variant& row : kFiles) {
    if (wish.service != row.service) continue;
    const std::string path = std::string(kPamFolder) + row.file;
    // su-l includes su: what is protected there already needs nothing.
    const bool follows = found && contents_of(path).find("@include common-auth") == std::string::npos;
    if (follows) continue;
    if (is_protected(read_stack(kPamFolder, row.file, "auth"))) {
      found = true;
      const std::string before = contents_of(path);
      const std::string after = wish.break_glass.empty() ? before : with_glass(before, wish);
      if (after != before) changes.push_back({path, before, after});
      continue;
    }
    if (auto change = change_of(path, wish)) changes.push_back(std::move(*change)), found = true;
  }
  if (!found) throw Stop{kBadInput, kPamFolder + wish.service + ": is not there: is that program installed?", ""};
  return changes;
}

}  // namespace seimon::tools

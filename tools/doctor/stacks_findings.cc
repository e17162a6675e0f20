// SPDX-License-Identifier: Apache-2.0
// PAM stacks, by playing them: what comes out when passwords are right or wrong and we refuse, skip or accept.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <functional>

#include "tools/doctor/findings.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr std::array<std::string_view, 8> kPasswords = {"pam_unix.so",         "pam_sss.so",     "pam_ldap.so",
                                                        "pam_krb5.so",         "pam_winbind.so", "pam_userdb.so",
                                                        "pam_systemd_home.so", "pam_pwdfile.so"};
// They decide by a circumstance; most logins do not meet it.
constexpr std::array<std::string_view, 9> kConditions = {
    "pam_succeed_if.so", "pam_exec.so",  "pam_access.so", "pam_localuser.so",    "pam_listfile.so",
    "pam_time.so",       "pam_wheel.so", "pam_rootok.so", "pam_ssh_user_auth.so"};
constexpr std::array<std::string_view, 6> kOthers = {
    "pam_google_authenticator.so", "pam_oath.so",       "pam_duo.so", "pam_yubico.so",
    "pam_radius_auth.so",          "pam_privacyidea.so"};
constexpr std::array<std::string_view, 7> kRefusals = {"auth_err", "maxtries", "authinfo_unavail", "service_err",
                                                       "conv_err", "abort",    "perm_denied"};
constexpr std::array<std::string_view, 8> kOptions = {"combined=split", "combined=whole", "combined=verify",
                                                      "use_first_pass", "try_first_pass", "exempt=ignore",
                                                      "exempt=success", "debug"};
constexpr std::array<std::string_view, 6> kDoors = {"sshd", "login", "su", "su-l", "sudo", "sudo-i"};

template <class List>
bool is_one_of(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// A login: what each line would return.
struct StackContext {
  bool right_password = true;
  std::string_view ours = "success";
  const StackLine* exception = nullptr;  // the one that returns the opposite
};

// One of ours that checks nothing: of password and code in one answer, those before the code is checked.
bool takes_apart(const StackLine& line) {
  return line.is_ours() && (line.has("combined=split") || line.has("combined=whole"));
}

std::string_view answer(const StackContext& context, const StackLine& line) {
  if (takes_apart(line)) return "ignore";
  if (line.is_ours()) return context.ours;
  if (line.module == "pam_permit.so") return "success";
  if (line.module == "(substack)") return "ignore";
  if (line.module == "pam_deny.so" || line.module == "(unreadable)") return "auth_err";
  if (is_break_glass(line) || line.module == "pam_rootok.so") return "auth_err";
  bool good = !is_one_of(kConditions, line.module);
  if (is_one_of(kPasswords, line.module)) good = context.right_password;
  return good == (&line != context.exception) ? "success" : "auth_err";
}

Run play(const Stack& stack, const StackContext& context) {
  return run_stack(stack, [&](const StackLine& line) { return answer(context, line); });
}

// The first that checks.
std::size_t index_of_ours(const Stack& stack) {
  std::size_t at = 0;
  while (at < stack.size() && (!stack[at].is_ours() || takes_apart(stack[at]))) ++at;
  return at;
}

std::size_t index_of_password(const Stack& stack) {
  std::size_t at = 0;
  while (at < stack.size() && !is_one_of(kPasswords, stack[at].module)) ++at;
  return at;
}

// The last line before ours that had its say.
const StackLine& offending_line(const Stack& stack, const Run& run) {
  const std::size_t ours = index_of_ours(stack);
  if (run.reached[ours]) return stack[ours];
  std::size_t at = ours;
  while (at > 0 && !run.reached[at]) --at;
  return stack[at];
}

void tell_passing(const StackLine& line, Findings& findings) {
  const bool meant = is_one_of(kConditions, line.module);
  findings.push_back({meant ? "exempted-elsewhere" : "passes-by",
                      line.place,
                      meant ? N_("\"{1}\" decides who is asked for a second step")
                            : N_("\"{1}\" lets people in without the second step"),
                      {line.control + " " + line.module}});
}

// With a right password and our refusal nobody gets in, whatever one other line says.
bool lets_pass(const Stack& stack, Findings& findings) {
  std::vector<const StackLine*> told;
  std::vector<const StackLine*> exceptions = {nullptr};
  for (const StackLine& line : stack)
    if (!is_one_of(kPasswords, line.module)) exceptions.push_back(&line);
  for (const StackLine* exception : exceptions) {
    for (const std::string_view refusal : kRefusals) {
      const Run run = play(stack, {true, refusal, exception});
      if (!run.success) continue;
      const StackLine* line = exception != nullptr ? exception : &offending_line(stack, run);
      if (std::find(told.begin(), told.end(), line) != told.end()) continue;
      told.push_back(line);
      tell_passing(*line, findings);
    }
    if (!told.empty() && exception == nullptr) return true;  // everybody gets past: who else does is no matter
  }
  return false;
}

bool demands_key(const Machine& machine, const Stacks& stacks) {
  return stacks.service == "sshd" && machine.sshd.demands_key();
}

// Whatever one line says that decides by no circumstance: with every password wrong, a line of ours that checks is
// reached.
bool judges_after_wrong_password(const Stack& auth) {
  std::vector<const StackLine*> exceptions = {nullptr};
  for (const StackLine& line : auth)
    if (!is_one_of(kPasswords, line.module) && !is_one_of(kConditions, line.module)) exceptions.push_back(&line);
  return std::any_of(exceptions.begin(), exceptions.end(), [&](const StackLine* exception) {
    const Run run = play(auth, {false, "ignore", exception});
    for (std::size_t at = 0; at < auth.size(); ++at)
      if (run.reached[at] && auth[at].is_ours() && !takes_apart(auth[at])) return true;
    return false;
  });
}

// Codes are sent at once there (delivery.auto): whoever comes to our line has to have given a right password.
void examine_sending(const Machine& machine, const Stacks& stacks, Findings& findings) {
  const Stack& auth = stacks.auth;
  if (!is_one_of(machine.sends_at_once, stacks.service) || demands_key(machine, stacks)) return;
  const bool is_behind = index_of_password(auth) < index_of_ours(auth);
  if (!is_behind || judges_after_wrong_password(auth))
    findings.push_back({"sends-before-password", auth[index_of_ours(auth)].place,
                        N_("a code is sent here before the password was right")});
}

void examine_order(const Machine& machine, const Stacks& stacks, Findings& findings) {
  const Stack& auth = stacks.auth;
  const StackLine& ours = auth[index_of_ours(auth)];
  const Run skipped = play(auth, {true, "ignore", nullptr});
  if (!skipped.success && skipped.reached[index_of_ours(auth)] && !ours.has("exempt=success"))
    findings.push_back({"no-permit", ours.place, N_("users whom our rules exempt are refused")});
  const Run wrong = play(auth, {false, "ignore", nullptr});
  if (wrong.success && !demands_key(machine, stacks))
    findings.push_back({"nothing-asked", ours.place, N_("with a skipped second step nothing is asked at all")});
  const bool has_password = index_of_password(auth) < auth.size();
  if (!has_password) return;
  if (index_of_password(auth) > index_of_ours(auth))
    findings.push_back({"before-password", ours.place, N_("the code is checked before the password")});
  else if (judges_after_wrong_password(auth) && !demands_key(machine, stacks))
    findings.push_back({"after-wrong-password", auth[index_of_password(auth)].place,
                        N_("after a wrong password the code is checked all the same")});
}

// The lines of password and code in one answer belong together: a verify without a split refuses everybody.
void examine_combined(const Stack& auth, Findings& findings) {
  bool is_split = false;
  for (const StackLine& line : auth) {
    if (!line.is_ours()) continue;
    if (line.has("combined=verify") && !is_split)
      findings.push_back({"combined-incomplete", line.place, N_("no line with combined=split comes before this one")});
    is_split = is_split || line.has("combined=split");
  }
  const auto verifies = [](const StackLine& line) { return line.is_ours() && line.has("combined=verify"); };
  if (is_split && std::none_of(auth.begin(), auth.end(), verifies))
    findings.push_back({"combined-incomplete", auth.front().place, N_("no line with combined=verify checks the code")});
}

// Of "NAME=NUMBER": within `least`..`most`, as the module wants it (pam_module/options.cc).
bool is_number_in(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
}

bool is_good_option(std::string_view option) {
  const auto behind = [&](std::string_view name) { return option.substr(name.size()); };
  if (option.starts_with("timeout=")) return is_number_in(behind("timeout="), 1, 60);
  if (option.starts_with("digits=")) return is_number_in(behind("digits="), 6, 8);
  if (option.starts_with("server_uid=")) return is_number_in(behind("server_uid="), 0, 4294967294U);
  if (option.starts_with("socket=")) return behind("socket=").starts_with("/");
  return is_one_of(kOptions, option);
}

void examine_line(const StackLine& line, Findings& findings) {
  if (line.module == "(unreadable)")
    findings.push_back({"unreadable-line", line.place, N_("is no line that libpam could read")});
  if (line.is_ours() && module_file(line.path).empty())
    findings.push_back({"module-missing", line.place, N_("{1} is not there"), {line.path}});
  if (!line.is_ours()) return;
  for (const std::string& option : line.options) {
    if (!is_good_option(option))
      findings.push_back({"bad-option", line.place, N_("the module does not take \"{1}\""), {option}});
    if (option.starts_with("server_uid=") && option != "server_uid=0")
      findings.push_back(
          {"trusts-a-user", line.place, N_("\"{1}\": a user other than root may impersonate the service"), {option}});
  }
}

void examine_break_glass(const Machine& machine, const Stacks& stacks, Findings& findings) {
  const auto glass = [](const Stack& stack) { return std::any_of(stack.begin(), stack.end(), is_break_glass); };
  // An account with a key of its own at sshd does as well.
  for (const Stacks& other : machine.stacks)
    if (other.service == "sshd" && glass(other.account)) return;
  const bool asks_account = is_protected(stacks.account);
  if (!glass(stacks.auth) || (asks_account && !glass(stacks.account)))
    findings.push_back({"no-break-glass", stacks.file,
                        glass(stacks.auth) ? N_("the account lines lack the way in that the auth lines have")
                                           : N_("root has no way in at the console without the service")});
  else if (!machine.root_has_password)
    findings.push_back({"root-has-no-password", stacks.file, N_("root has no password, or a locked one")});
}

std::string account_of(const StackLine& break_glass) {
  return *(std::find(break_glass.options.begin(), break_glass.options.end(), "user") + 2);
}

// Ways past our module in spite of sshd's stack: a key at sshd, or root's password at the console.
void examine_way_in_beside_sshd(const Machine& machine, const Stacks& stacks, Findings& findings) {
  if (std::any_of(stacks.account.begin(), stacks.account.end(), is_break_glass) || machine.root_has_password) return;
  for (const Stacks& other : machine.stacks)
    if (other.service == "login" && is_protected(other.auth)) return;  // told there
  findings.push_back({"no-break-glass", stacks.file,
                      N_("root has no password for the console, and no account gets in at sshd by its key alone")});
}

void examine_protected(const Machine& machine, const Stacks& stacks, Findings& findings) {
  for (const StackLine& line : stacks.auth) examine_line(line, findings);
  if (!lets_pass(stacks.auth, findings)) examine_order(machine, stacks, findings);
  examine_sending(machine, stacks, findings);
  const std::string& place = stacks.auth[index_of_ours(stacks.auth)].place;
  // A screen locker lets nobody in who is not in already.
  if (!is_protected(stacks.account) && is_one_of(kDoors, stacks.service))
    findings.push_back({"no-account-line", place, N_("there is no account line")});
  for (const StackLine& line : stacks.auth)
    if (asks_for_a_code_too(line))
      findings.push_back({"another-second-step", line.place, N_("{1} asks for a code as well"), {line.module}});
  for (const StackLine& line : stacks.session)
    if (line.is_ours() && line.control != "optional")
      findings.push_back({"session-keeps-out", line.place, N_("our session line is \"{1}\""), {line.control}});
  if (stacks.service != "login")  // there it is root's way in
    for (const StackLine& line : stacks.auth)
      if (is_break_glass(line))
        findings.push_back({"one-account-passes", line.place, N_("{1} is not asked"), {account_of(line)}});
  const bool in_one_answer = std::any_of(stacks.auth.begin(), stacks.auth.end(), [](const StackLine& line) {
    return line.is_ours() && line.has("combined=verify");
  });
  if (has_one_field(stacks.service) && !in_one_answer)
    findings.push_back({"locker-with-one-field", stacks.file, N_("our line at {1} asks a second question"), {place}});
  if (stacks.service == "login") examine_break_glass(machine, stacks, findings);
  if (stacks.service == "sshd") examine_way_in_beside_sshd(machine, stacks, findings);
}

// A finding in a file that others include is reported once.
void drop_doubles(Findings& findings) {
  Findings once;
  for (const Finding& finding : findings) {
    const bool told = std::any_of(once.begin(), once.end(), [&](const Finding& other) {
      return other.id == finding.id && other.place == finding.place && other.what == finding.what &&
             other.values == finding.values;
    });
    if (!told) once.push_back(finding);
  }
  findings = std::move(once);
}

}  // namespace

bool is_protected(const Stack& auth) { return index_of_ours(auth) < auth.size(); }

bool asks_for_a_code_too(const StackLine& line) { return is_one_of(kOthers, line.module); }

bool has_one_field(std::string_view service) { return service == "i3lock" || service == "swaylock"; }

bool is_break_glass(const StackLine& line) {
  const auto user = std::find(line.options.begin(), line.options.end(), "user");
  const bool one = user != line.options.end() && line.options.end() - user > 2 && user[1] == "=" &&
                   user[2].find_first_of("*?") == std::string::npos;
  return line.module == "pam_succeed_if.so" && one && line.control.find("success=1") != std::string::npos;
}

void examine_stacks(const Machine& machine, Findings& findings) {
  for (const Stacks& stacks : machine.stacks) {
    const bool common = stacks.service.starts_with("common-");
    if (common && stacks.service == "common-account" && is_protected(stacks.account))
      findings.push_back({"account-everywhere", stacks.account[index_of_ours(stacks.account)].place,
                          N_("every service comes to our account line")});
    if (!common) examine_combined(stacks.auth, findings);
    if (!common && is_protected(stacks.auth)) examine_protected(machine, stacks, findings);
    else if (!common && is_one_of(kDoors, stacks.service))
      findings.push_back({"unprotected", stacks.file, N_("{1} asks for no second step"), {stacks.service}});
    if (stacks.service == "other" && play(stacks.auth, {false, "auth_err", nullptr}).success)
      findings.push_back({"other-lets-in", stacks.file, N_("lets everybody in")});
  }
  drop_doubles(findings);
}

}  // namespace seimon::tools

// SPDX-License-Identifier: Apache-2.0
// seimon setup: protects a service, and makes sure of the way back before anything is changed.
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/duration.h"
#include "tools/files.h"
#include "tools/machine.h"
#include "tools/options.h"
#include "tools/program.h"
#include "tools/reporting.h"
#include "tools/setup_plan.h"
#include "tools/setup_record.h"
#include "tools/terminal.h"
#include "tools/trial.h"
#include "tools/words.h"

namespace seimon::tools {

namespace verb_setup {
namespace {

using nlohmann::json;

std::string what;
std::string mode;
bool mode_is_said = false;
std::string after = "10m";
std::string tried;
bool no_rollback = false;
bool dry_run = false;
Wish wish;

void add(Options& options) {
  options.add_option("what", what, "sshd, sudo, su or login; confirm, from a new login; undo")
      .required()
      .one_of({"sshd", "sudo", "su", "login", "confirm", "undo"});
  options.add_option("--mode", mode, "of sshd: password+code (default) or key+code")
      .one_of({"password+code", "key+code"});
  options.add_option("--rollback-after", after, "put everything back then, unless it is confirmed (default 10m)");
  options.add_flag("--no-rollback", no_rollback, "no confirmation is wanted: for Ansible and the like");
  options.add_option("--break-glass", wish.break_glass, "of sshd: this account gets in by its key alone");
  options.add_option("--try", tried, "whose login is tried (default: yours, on a terminal)");
  options.add_flag("--dry-run", dry_run, "only say what would be done");
  options.add_option("--module", wish.module, "as it is to stand in the stack (default pam_seimon.so)");
}

// A way in of a Match block that the stack for keys and codes would refuse, or that needs no key.
void demand_keys_everywhere() {
  for (const SshdLine& line : read_sshd_files()) {
    if (line.match.empty() || line.keyword != "authenticationmethods") continue;
    for (const std::string& way : words_of(line.value))
      if (way.find("publickey") == std::string::npos)
        throw Stop{
            kBadInput,
            line.place + ": Match " + line.match + " lets in by \"" + way +
                "\", without a key; the stack for keys and codes asks for no password. Take that line away first",
            ""};
  }
}

void say_whom_sshd_hits(const Common& common) {
  const Sshd sshd = ask_sshd();
  if (!sshd.error.empty()) throw Stop{kBadInput, "sshd -T: " + sshd.error + "; mend that first", ""};
  if (wish.by_key) demand_keys_everywhere();
  if (!sshd.key_lists_elsewhere().empty())
    std::printf("* sshd takes keys from elsewhere, too (%s): for how many accounts cannot be said here.\n",
                sshd.key_lists_elsewhere().c_str());
  const bool no_passwords = sshd["passwordauthentication"] == "no" && sshd["kbdinteractiveauthentication"] == "no";
  if (!wish.by_key && no_passwords) {
    std::printf("* Passwords, which sshd refuses today, are taken from now on. For keys and codes: --mode key+code\n");
    if (common.yes && !mode_is_said)
      throw Stop{kUsage, "sshd takes keys alone today: say which is wanted, --mode key+code or --mode password+code",
                 ""};
  }
  const People people = people_with_keys(sshd);
  const std::size_t keys = people.with_keys.size();
  if (wish.by_key) {
    std::printf(
        "* Everybody needs a key and a code: %zu of %zu accounts have no authorized keys and get in no more.\n"
        "* No password is asked for any more.\n",
        people.all - keys, people.all);
    const std::string permits = ask_sshd("root")["permitrootlogin"];
    if (permits == "without-password" || permits == "prohibit-password")
      std::printf(
          "* root: with PermitRootLogin %s sshd accepts no code of root's; root's keys alone stop working, too.\n"
          "  PermitRootLogin yes lets root in with key and code.\n",
          permits.c_str());
    return;
  }
  if (keys > 0 && sshd.takes_key_alone())
    std::printf("* %zu of %zu accounts have authorized keys and will not be asked (to ask them: --mode key+code).\n",
                keys, people.all);
  if (sshd["passwordauthentication"] == "yes")
    std::printf("* Clients that only know sshd's method \"password\" stop working; they need keyboard-interactive.\n");
}

// Other services whose file includes the one that changes: i3lock and swaylock take Debian's login.
void say_which_include_it() {
  const Machine machine = look_at_machine();
  const std::string file = machine.pam_folder + "/" + wish.service + ":";
  const auto is_there = [&](const StackLine& line) { return line.place.starts_with(file); };
  std::string names;
  for (const Stacks& stacks : machine.stacks) {
    if (stacks.service == wish.service || std::none_of(stacks.auth.begin(), stacks.auth.end(), is_there)) continue;
    if (has_one_field(stacks.service))
      throw Stop{kBadInput,
                 stacks.file + " includes " + wish.service + ", and " + stacks.service +
                     " has one field, no place for a code: it would never unlock. Give it a file of its own first "
                     "(docs/guides/sudo-su-console.md)",
                 ""};
    names += (names.empty() ? "" : ", ") + stacks.service;
  }
  if (!names.empty()) std::printf("* What includes that file, and asks for a code, too: %s\n", names.c_str());
}

void say_who_asks_for_a_code_too() {
  for (const Stacks& stacks : look_at_machine().stacks)
    for (const StackLine& line : stacks.auth)
      if (stacks.service == wish.service && asks_for_a_code_too(line))
        std::printf(
            "* %s: %s asks for a code as well, so people will be asked for two until that line is taken out; take\n"
            "  its methods over first: seimon import (docs/guides/from-google-authenticator.md, from-pam-oath.md).\n",
            line.place.c_str(), line.module.c_str());
}

void say_whom_it_hits(const Common& common, const json& status) {
  std::printf("Whom it hits:\n");
  say_which_include_it();
  say_who_asks_for_a_code_too();
  if (wish.service == "sshd") say_whom_sshd_hits(common);
  if (wish.service == "login")
    std::printf(
        "* Whoever logs in at the console; root gets in at tty1 and ttyS0 without a code, as the way in for when\n"
        "  the service is dead.\n");
  if (wish.service == "su") std::printf("* Whoever runs su; the code is the caller's own. Root is not asked.\n");
  if (wish.service == "sudo") {
    const group* members = getgrnam("sudo");
    int count = 0;
    while (members != nullptr && members->gr_mem[count] != nullptr) ++count;
    std::printf(
        "* Whoever runs sudo: %d members of the group sudo, and whom else sudoers names. What sudoers lets run\n"
        "  without a password (NOPASSWD) is not asked for a code, either.\n",
        count);
  }
  const bool observes = status.value("mode", "") == "observe";
  std::printf("* %d users have a method. %s\n\n", status.value("users", 0),
              observes ? "The mode is observe: nobody is asked before seimon.conf says enforce."
                       : "The mode is enforce: it holds from now on.");
}

void show_difference(const Change& change, const std::string& folder) {
  const std::string fresh = folder + "/after";
  (void)unlink(fresh.c_str());
  write_new_file(fresh, change.after);
  std::fputs(run_program({"diff", "-u", "--label", change.path, "--label", change.path + " (new)",
                          change.before ? change.path : "/dev/null", fresh})
                 .text.c_str(),
             stdout);
  (void)unlink(fresh.c_str());
}

void show_differences(const std::vector<Change>& changes) {
  char folder[] = "/tmp/seimon-setup-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw Stop{kBadInput, "/tmp: no folder can be made there", ""};
  for (const Change& change : changes) show_difference(change, folder);
  (void)rmdir(folder);
}

// What is bad by doctor's word, as one text each.
std::vector<std::string> faults() {
  const Machine machine = look_at_machine();
  Findings findings;
  examine_stacks(machine, findings);
  examine_sshd(machine, findings);
  std::vector<std::string> texts;
  for (const Finding& finding : findings)
    if (row_of(finding.id).severity <= Severity::kTrouble)
      texts.push_back(finding.what + "\n  " + std::string(row_of(finding.id).cure));
  return texts;
}

// Throws Stop when the stack is not what it should be, or the login that was tried did not get in.
void prove(const std::vector<std::string>& faults_before) {
  for (const std::string& fault : faults())
    if (std::find(faults_before.begin(), faults_before.end(), fault) == faults_before.end())
      throw Stop{kNo, "doctor says: " + fault, ""};
  // Nothing is asked here: a password would be typed into a question that stands just before "Password:".
  if (tried.empty() && isatty(STDIN_FILENO) == 1) {
    const char* caller = getlogin();
    tried = caller == nullptr ? "" : caller;
  }
  if (!tried.empty()) std::printf("A login of %s is tried now (of somebody else: --try USER).\n", tried.c_str());
  if (tried.empty()) {
    std::printf("No login was tried: seimon try USER --service %s\n", wish.service.c_str());
    return;
  }
  LoginOptions login;
  login.service = wish.service;
  const Trial trial = try_login(login, tried);
  std::printf("%s %s: auth %s, account %s\n", trial.is_in() ? "LET IN" : "REFUSED", tried.c_str(),
              pam_code_name(trial.auth).c_str(), trial.account_name().c_str());
  if (trial.conversation.empty()) throw Stop{kNo, "the stack did not come to the module", ""};
  if (!trial.is_in()) throw Stop{kNo, "that login was refused", ""};
}

json events_of(const Common& common) {
  Client client(common);
  return newest_events(client);
}

void demand_module() {
  if (module_file(wish.module).empty())
    throw Stop{kBadInput, wish.module + ": is not there; install libpam-seimon first, or nobody could log in", ""};
}

// Its name goes into sshd's file and into a PAM line, and without a key it is no way in.
void demand_account_with_key(const std::string& user) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (user.find_first_not_of(kPlain) != std::string::npos || getpwnam(user.c_str()) == nullptr)
    throw Stop{kNoSuch, filled(_("there is no user \"{1}\" on this system"), {shown(user)}), ""};
  const People people = people_with_keys(ask_sshd());
  const auto& keys = people.with_keys;
  if (std::find(keys.begin(), keys.end(), user) == keys.end())
    std::printf("* %s has no authorized keys yet: without one it is no way in.\n", user.c_str());
}

int protect(const Common& common) {
  wish.service = what;
  mode_is_said = !mode.empty();
  wish.by_key = mode == "key+code";
  if (what != "sshd" && (wish.by_key || !wish.break_glass.empty()))
    throw Stop{kUsage, "--mode key+code and --break-glass are for sshd", ""};
  const std::int64_t seconds = seconds_of(after, "--rollback-after");
  if (!wish.break_glass.empty()) demand_account_with_key(wish.break_glass);
  wish = kept(wish, mode_is_said);
  demand_module();
  const json status = Client(common).call("Status", json::object());  // a dead service would keep everybody out
  const bool asks_gates = status.contains("gates");                   // a host without a store has no trail of its own
  const std::vector<Change> changes = plan(wish);
  if (changes.empty()) {
    std::printf("%s is protected already; nothing was changed (another way: seimon setup undo first)\n", what.c_str());
    return kDone;
  }
  say_whom_it_hits(common, status);
  show_differences(changes);
  if (dry_run) return kDone;
  if (!common.yes && !ask_yes("Do this?")) return kNo;
  const std::vector<std::string> before = faults();
  const Record record(wish, changes);
  if (!no_rollback) record.arm(std::chrono::seconds(seconds));
  const Interrupts interrupts;
  try {
    record.apply([] {
      if (wish.by_key && !ask_sshd().demands_key())
        throw Stop{kNo,
                   "sshd -T still lets in without a key: does sshd_config include sshd_config.d, and does an earlier "
                   "AuthenticationMethods stand there?",
                   ""};
    });
    prove(before);
    if (interrupts.came()) throw Stop{kNo, "interrupted", ""};
    if (!asks_gates) record.remember_newest(events_of(common));
  } catch (const Stop& stop) {
    record.undo();
    throw Stop{stop.code, stop.message + "\nEverything was put back.", ""};
  }
  if (no_rollback) std::printf("Done. The way back: seimon setup undo\n");
  else
    std::printf(
        "Done. Keep this shell. Log in ANEW from another terminal, and there: seimon setup confirm\n"
        "Without that, everything is put back in %s, by:\n%s",
        after.c_str(), record.way_back().c_str());
  return kDone;
}

int confirm(const Common& common) {
  const Record record = Record::unconfirmed();
  const bool asks_gates = Client(common).call("Status", json::object()).contains("gates");
  if (!common.yes && !(asks_gates ? record.came_to_our_line() : record.has_passed(events_of(common))))
    throw Stop{kNo,
               "no login by " + record.service() +
                   " has come to our line since the change (a key alone, a sudo that still remembers you, root's su do "
                   "not). Log in anew with a code; or, on your own word: seimon setup confirm --yes",
               ""};
  if (!record.is_new_login() && !common.yes)
    throw Stop{kNo,
               "this is no login by " + record.service() +
                   " that began after the change. Open a new one (a new window of an old tmux is none) and confirm "
                   "there; or, on your own word: seimon setup confirm --yes",
               ""};
  record.confirm();
  std::printf("%s stays protected. The way back, should you want it: seimon setup undo\n", record.service().c_str());
  return kDone;
}

int undo(const Common& common) {
  const Record record = Record::newest();
  const std::vector<std::string> changed = record.changed_since();
  for (const std::string& path : changed) std::printf("%s was changed since\n", path.c_str());
  if (!changed.empty() && !common.yes && !ask_yes("Put it back all the same?")) return kNo;
  std::fputs(record.way_back().c_str(), stdout);
  record.undo();
  std::printf("%s is as it was before.\n", record.service().c_str());
  return kDone;
}

int run(const Common& common) {
  if (geteuid() != 0) throw Stop{kNotPermitted, "setup changes files that are root's: run it as root", ""};
  if (what == "confirm") return confirm(common);
  return what == "undo" ? undo(common) : protect(common);
}

}  // namespace
}  // namespace verb_setup

const VerbRow kSetup = {"setup", N_("protect a service: shows what it does, tries it, keeps the way back"),
                        verb_setup::add, verb_setup::run};

}  // namespace seimon::tools

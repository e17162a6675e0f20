// SPDX-License-Identifier: Apache-2.0
// seimon setup: protects a service, and makes sure of the way back before anything is changed.
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tools/doctor/machine.h"
#include "tools/doctor/page.h"
#include "tools/reports/reporting.h"
#include "tools/setup/page.h"
#include "tools/setup/plan.h"
#include "tools/setup/record.h"
#include "tools/setup/trial.h"
#include "tools/system/files.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

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
EnrolOptions wanted;
PageOptions page;

void add(Options& options) {
  options.add_option("what", what, "sshd, sudo, su or login; web, the page; confirm, from a new login; undo")
      .required()
      .one_of({"sshd", "sudo", "su", "login", "web", "confirm", "undo"});
  options.add_option("host", page.host, "of web: the name that people type into the browser");
  options.add_option("--mode", mode, "of sshd: password+code (default) or key+code")
      .one_of({"password+code", "key+code"});
  options.add_option("--rollback-after", after, "put everything back then, unless it is confirmed (default 10m)");
  options.add_flag("--no-rollback", no_rollback, "no confirmation is wanted: for Ansible and the like");
  options.add_option("--break-glass", wanted.break_glass, "of sshd: this account gets in by its key alone");
  options.add_option("--try", tried, "user whose login is tried (default: yourself, on a terminal)");
  options.add_option("--server", page.server, "of web: nginx, apache or caddy (default: the one that is installed)")
      .one_of({"nginx", "apache", "caddy"});
  options.add_option("--certificate", page.certificate, "of web: a file in PEM (default: Let's Encrypt's)");
  options.add_option("--key", page.key, "of web: the file of its key");
  options.add_flag("--dry-run", dry_run, "only print what would be done");
  options.add_option("--module", wanted.module, "as it is to stand in the stack (default pam_seimon.so)");
}

// A way in of a Match block that the stack for keys and codes would refuse, or that needs no key.
void demand_keys_everywhere() {
  for (const SshdLine& line : read_sshd_files()) {
    if (line.match.empty() || line.keyword != "authenticationmethods") continue;
    for (const std::string& way : words_of(line.value))
      if (way.find("publickey") == std::string::npos)
        throw Stop{
            kBadInput,
            line.place + ": " +
                filled(
                    _("Match {1} lets in by \"{2}\", without a key; the stack for keys and codes asks for no password. "
                      "Take that line away first"),
                    {line.match, way}),
            ""};
  }
}

void say_whom_sshd_hits(const Common& common) {
  const Sshd sshd = ask_sshd();
  if (!sshd.error.empty()) throw Stop{kBadInput, filled(_("sshd -T: {1}; fix that first"), {sshd.error}), ""};
  if (wanted.by_key) demand_keys_everywhere();
  if (!sshd.key_lists_elsewhere().empty())
    print_line(_("* sshd also accepts keys from elsewhere ({1}): the number of accounts is unknown."),
               {sshd.key_lists_elsewhere()});
  const bool no_passwords = sshd["passwordauthentication"] == "no" && sshd["kbdinteractiveauthentication"] == "no";
  if (!wanted.by_key && no_passwords) {
    print_line(_("* Passwords, which sshd refuses today, are taken from now on. For keys and codes: --mode key+code"));
    if (common.yes && !mode_is_said)
      throw Stop{kUsage, _("sshd takes keys alone today: say which is wanted, --mode key+code or --mode password+code"),
                 ""};
  }
  const People people = people_with_keys(sshd);
  const std::size_t keys = people.with_keys.size();
  if (wanted.by_key) {
    print_line(
        _("* Everybody needs a key and a code: {1} of {2} accounts have no authorized keys and will be locked out.\n"
          "* No password is asked for any more."),
        {std::to_string(people.all - keys), std::to_string(people.all)});
    const std::string permits = ask_sshd("root")["permitrootlogin"];
    if (permits == "without-password" || permits == "prohibit-password")
      print_line(
          _("* root: with PermitRootLogin {1} sshd accepts no code of root's; root's keys alone stop working, too.\n"
            "  PermitRootLogin yes lets root in with key and code."),
          {permits});
    return;
  }
  if (keys > 0 && sshd.takes_key_alone())
    print_line(_("* {1} of {2} accounts have authorized keys and will not be asked (to ask them: --mode key+code)."),
               {std::to_string(keys), std::to_string(people.all)});
  if (sshd["passwordauthentication"] == "yes")
    print_line(_("* Clients that only know sshd's method \"password\" stop working; they need keyboard-interactive."));
}

// Other services whose file includes the one that changes: i3lock and swaylock take Debian's login.
void say_which_include_it() {
  const Machine machine = look_at_machine();
  const std::string file = machine.pam_folder + "/" + wanted.service + ":";
  const auto is_there = [&](const StackLine& line) { return line.place.starts_with(file); };
  std::string names;
  for (const Stacks& stacks : machine.stacks) {
    if (stacks.service == wanted.service || std::none_of(stacks.auth.begin(), stacks.auth.end(), is_there)) continue;
    if (has_one_field(stacks.service))
      throw Stop{
          kBadInput,
          filled(_("{1} includes {2}, and {3} has one field, no place for a code: it would never unlock. Give it a "
                   "file of its own first (docs/guides/sudo-su-console.md)"),
                 {stacks.file, wanted.service, stacks.service}),
          ""};
    names += (names.empty() ? "" : ", ") + stacks.service;
  }
  if (!names.empty()) print_line(_("* Services that include that file and will ask for a code, too: {1}"), {names});
}

void say_who_asks_for_a_code_too() {
  for (const Stacks& stacks : look_at_machine().stacks)
    for (const StackLine& line : stacks.auth)
      if (stacks.service == wanted.service && asks_for_a_code_too(line))
        print_line(
            _("* {1}: {2} asks for a code as well, so people will be asked for two until that line is taken out; take\n"
              "  its methods over first: seimon import (docs/guides/from-google-authenticator.md, from-pam-oath.md)."),
            {line.place, line.module});
}

void say_whom_it_hits(const Common& common, const json& status) {
  print_line(_("Who is affected:"));
  say_which_include_it();
  say_who_asks_for_a_code_too();
  if (wanted.service == "sshd") say_whom_sshd_hits(common);
  if (wanted.service == "login")
    print_line(
        _("* Users who log in at the console. Root logs in on tty1 and ttyS0 without a code, as the way in while\n"
          "  the service is down."));
  if (wanted.service == "su") print_line(_("* Users who run su; the code is the caller's own. Root is not asked."));
  if (wanted.service == "sudo") {
    const group* members = getgrnam("sudo");
    int count = 0;
    while (members != nullptr && members->gr_mem[count] != nullptr) ++count;
    print_line(
        _("* Users who run sudo: {1} members of the group sudo, and others in sudoers. Commands with NOPASSWD need\n"
          "  no code, either."),
        {std::to_string(count)});
  }
  const bool observes = status.value("mode", "") == "observe";
  print_line(
      observes ? _("* {1} users have a method. The mode is observe: no user is asked until seimon.conf has enforce.\n")
               : _("* {1} users have a method. The mode is enforce: codes are required from now on.\n"),
      {std::to_string(status.value("users", 0))});
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
  if (mkdtemp(folder) == nullptr) throw Stop{kBadInput, _("/tmp: no folder can be made there"), ""};
  for (const Change& change : changes) show_difference(change, folder);
  (void)rmdir(folder);
}

// Doctor's findings of the severities critical and error, as one text each.
std::vector<std::string> faults() {
  const Machine machine = look_at_machine();
  Findings findings;
  examine_stacks(machine, findings);
  examine_sshd(machine, findings);
  std::vector<std::string> texts;
  for (const Finding& finding : findings)
    if (row_of(finding.id).severity <= Severity::kError)
      texts.push_back(filled(_(finding.what.c_str()), finding.values) + "\n  " + _(row_of(finding.id).fix));
  return texts;
}

// Throws Stop when the stack is not what it should be, or the login that was tried did not get in.
void prove(const std::vector<std::string>& faults_before) {
  for (const std::string& fault : faults())
    if (std::find(faults_before.begin(), faults_before.end(), fault) == faults_before.end())
      throw Stop{kNo, filled(_("doctor reports: {1}"), {fault}), ""};
  // Nothing is asked here: a password would be typed into a question that stands just before "Password:".
  if (tried.empty() && isatty(STDIN_FILENO) == 1) {
    const char* caller = getlogin();
    tried = caller == nullptr ? "" : caller;
  }
  if (!tried.empty()) print_line(_("A login of {1} is tried now (of another user: --try USER)."), {tried});
  if (tried.empty()) {
    print_line(_("No login was tried: seimon try USER --service {1}"), {wanted.service});
    return;
  }
  LoginOptions login;
  login.service = wanted.service;
  const Trial trial = try_login(login, tried);
  std::printf("%s %s: auth %s, account %s\n", trial.is_in() ? "LET IN" : "REFUSED", tried.c_str(),
              pam_code_name(trial.auth).c_str(), trial.account_name().c_str());
  if (trial.conversation.empty()) throw Stop{kNo, _("the stack did not come to the module"), ""};
  if (!trial.is_in()) throw Stop{kNo, _("that login was refused"), ""};
}

json events_of(const Common& common) {
  Client client(common);
  return newest_events(client);
}

void demand_module() {
  if (module_file(wanted.module).empty())
    throw Stop{kBadInput,
               filled(_("{1}: not found; install libpam-seimon first, otherwise nobody could log in"), {wanted.module}),
               ""};
}

// Its name goes into sshd's file and into a PAM line, and without a key it is no way in.
void demand_account_with_key(const std::string& user) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (user.find_first_not_of(kPlain) != std::string::npos || getpwnam(user.c_str()) == nullptr)
    throw Stop{kNoSuch, filled(_("there is no user \"{1}\" on this system"), {shown(user)}), ""};
  const People people = people_with_keys(ask_sshd());
  const auto& keys = people.with_keys;
  if (std::find(keys.begin(), keys.end(), user) == keys.end())
    print_line(_("* {1} has no authorized keys yet: without one it is no way in."), {user});
}

int protect(const Common& common) {
  wanted.service = what;
  mode_is_said = !mode.empty();
  wanted.by_key = mode == "key+code";
  if (what != "sshd" && (wanted.by_key || !wanted.break_glass.empty()))
    throw Stop{kUsage, _("--mode key+code and --break-glass are for sshd"), ""};
  const std::int64_t seconds = seconds_of(after, "--rollback-after");
  if (!wanted.break_glass.empty()) demand_account_with_key(wanted.break_glass);
  wanted = kept(wanted, mode_is_said);
  demand_module();
  const json status = Client(common).call("Status", json::object());  // a dead service would keep everybody out
  const bool asks_gates = status.contains("gates");                   // a host without a store has no trail of its own
  const json sends = Client(common).call("ShowConfig", json::object()).value("sends", json::array());
  wanted.waits_for_sms = std::any_of(sends.begin(), sends.end(), [](const json& way) { return way != "email"; });
  const std::vector<Change> changes = plan(wanted);
  if (changes.empty()) {
    print_line(_("{1} is protected already; nothing was changed (another way: seimon setup undo first)"), {what});
    return kDone;
  }
  say_whom_it_hits(common, status);
  show_differences(changes);
  if (dry_run) return kDone;
  if (!common.yes && !ask_yes(_("Do this?"))) return kNo;
  const std::vector<std::string> before = faults();
  const Record record(wanted.service, changes);
  if (!no_rollback) record.arm(std::chrono::seconds(seconds));
  const Interrupts interrupts;
  try {
    record.apply([] {
      if (wanted.by_key && !ask_sshd().demands_key())
        throw Stop{kNo,
                   _("sshd -T still lets in without a key: does sshd_config include sshd_config.d, and does an earlier "
                     "AuthenticationMethods stand there?"),
                   ""};
    });
    prove(before);
    if (interrupts.came()) throw Stop{kNo, _("interrupted"), ""};
    if (!asks_gates) record.remember_newest(events_of(common));
  } catch (const Stop& stop) {
    record.undo();
    throw Stop{stop.code, stop.message + "\n" + _("Everything was put back."), ""};
  }
  std::string way_back = record.way_back();
  if (way_back.ends_with('\n')) way_back.pop_back();
  if (no_rollback) print_line(_("Done. The way back: seimon setup undo"));
  else
    print_line(_("Done. Keep this shell. Log in ANEW from another terminal, and there: seimon setup confirm\n"
                 "Without that, everything is put back in {1}, by:\n{2}"),
               {after, way_back});
  return kDone;
}

// Throws Stop if it is not there.
std::string reach_own_page(const PagePlan& plan) {
  Reached reached;
  for (int left = plan.waits_for_certificate ? 60 : 3; left > 0; --left) {
    reached = reach_page(page.host);
    if (reached.failure.empty()) return reached.distrust;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  throw Stop{kNo, filled(_("https://{1}/ on this machine: not the page, but: {2}"), {page.host, reached.failure}), ""};
}

// The page locks nobody out: no timer waits for a confirmation.
int serve_page(const Common& common) {
  Client client(common);
  const PagePlan plan = plan_page(page, client.call("PageSettings", json::object()).value("url", ""));
  if (!plan.changes.empty()) show_differences(plan.changes);
  if (dry_run) return kDone;
  if (!common.yes && !ask_yes(_("Do this?"))) return kNo;
  std::optional<Record> record;
  if (!plan.changes.empty()) record.emplace("web", plan.changes, stop_page(plan));
  std::string distrust;
  try {
    if (record) record->apply([] {});
    (void)client.call("Reload", json::object());
    start_page(plan);
    distrust = reach_own_page(plan);
  } catch (const Stop& stop) {
    if (!record) throw;
    record->undo();
    throw Stop{stop.code, stop.message + "\n" + _("Everything was put back."), ""};
  }
  if (!distrust.empty()) print_line(_("Browsers will warn of the certificate: {1}"), {distrust});
  print_line(_("Done: https://{1}/ (the way back: seimon setup undo)"), {page.host});
  return kDone;
}

int confirm(const Common& common) {
  const Record record = Record::unconfirmed();
  const bool asks_gates = Client(common).call("Status", json::object()).contains("gates");
  if (!common.yes && !(asks_gates ? record.came_to_our_line() : record.has_passed(events_of(common))))
    throw Stop{
        kNo,
        filled(_("no login by {1} has come to our line since the change (a key alone, a sudo that still remembers "
                 "you, root's su do not). Log in anew with a code. Or, on your own word: seimon setup confirm --yes"),
               {record.service()}),
        ""};
  if (!record.is_new_login() && !common.yes)
    throw Stop{
        kNo,
        filled(_("this is no login by {1} that began after the change. Open a new one (a new window of an old tmux "
                 "is none) and confirm there. Or, on your own word: seimon setup confirm --yes"),
               {record.service()}),
        ""};
  record.confirm();
  print_line(_("{1} stays protected. The way back, should you want it: seimon setup undo"), {record.service()});
  return kDone;
}

int undo(const Common& common) {
  const Record record = Record::newest();
  const std::vector<std::string> changed = record.changed_since();
  for (const std::string& path : changed) print_line(_("{1} was changed since"), {path});
  if (!changed.empty() && !common.yes && !ask_yes(_("Put it back all the same?"))) return kNo;
  std::fputs(record.way_back().c_str(), stdout);
  record.undo();
  print_line(_("{1} is as it was before."), {record.service()});
  return kDone;
}

int run(const Common& common) {
  if (geteuid() != 0) throw Stop{kNotPermitted, _("setup changes files that are root's: run it as root"), ""};
  if (what == "web") return serve_page(common);
  if (!page.host.empty()) throw Stop{kUsage, filled(_("\"{1}\": only web takes a name"), {shown(page.host)}), ""};
  if (what == "confirm") return confirm(common);
  return what == "undo" ? undo(common) : protect(common);
}

}  // namespace
}  // namespace verb_setup

extern const VerbRow kSetup = {.name = "setup",
                               .help = N_("protect a service: shows the changes, tries a login, can be undone"),
                               .examples =
                                   "seimon setup sshd --dry-run\nseimon setup sshd\nseimon setup confirm\n"
                                   "seimon setup web gate.example.org\nseimon setup undo",
                               .has_json = false,
                               .add = verb_setup::add,
                               .run = verb_setup::run};

}  // namespace seimon::tools

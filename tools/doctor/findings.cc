// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/findings.h"

#include <array>

#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr Severity kCritical = Severity::kCritical;
constexpr Severity kError = Severity::kError;
constexpr Severity kWarning = Severity::kWarning;
constexpr Severity kInfo = Severity::kInfo;

constexpr std::array<FindingRow, 53> kRows = {{
    {"passes-by", kCritical,
     N_("with this line the login succeeds although the second step was refused, or never asked for"),
     N_("put our line behind the password lines and make it `required`; exempt people by a rule of seimon.conf")},
    {"nothing-asked", kCritical, N_("users whom our rules exempt need neither a password nor a key"),
     N_("for keys and codes: AuthenticationMethods publickey,keyboard-interactive; else put the password lines back")},
    {"other-lets-in", kCritical,
     N_("a service without a file of its own is served by this one, and it asks for nothing"),
     N_("write there, for each of the four types: required pam_deny.so")},
    {"no-usepam", kCritical, N_("sshd comes to no PAM stack at all"), "UsePAM yes"},
    {"writable", kCritical, N_("another user than its owner could change it, and thereby let anyone in"),
     N_("chown and chmod it as its package installs it")},
    {"exempted-elsewhere", kWarning, N_("that exemption leaves no record, and our rules for addresses do not guard it"),
     N_("write it as a rule of seimon.conf, and take the line away")},
    {"no-permit", kError,
     N_("an exempt login returns PAM_IGNORE: a stack without a success refuses all users whom our rules exempt"),
     N_("behind our line: auth required pam_permit.so")},
    {"module-missing", kError, N_("libpam refuses every login of a stack whose module it cannot load"),
     N_("install libpam-seimon, or put the stack back: seimon setup undo")},
    {"bad-option", kError, N_("the module refuses everybody rather than guess"),
     N_("see pam_seimon(8) for its options")},
    {"unreadable-line", kError, N_("libpam treats such a line as a module that refuses"), N_("fix or remove it")},
    {"after-wrong-password", kWarning,
     N_("without knowing the password anyone can use up the owner's attempts, and learn that codes are required"),
     N_("make the password line `requisite`, or include Debian's common-auth before ours")},
    {"before-password", kWarning, N_("without knowing the password anyone can use up the owner's attempts"),
     N_("put our line behind the password lines; for clients that answer once: combined=split before them, "
        "combined=verify behind them")},
    {"combined-incomplete", kError,
     N_("the two lines belong together: one splits the answer, the other checks the code"),
     N_("before the password line: auth requisite pam_seimon.so combined=split; behind it: auth required pam_seimon.so "
        "combined=verify")},
    {"locker-with-one-field", kError,
     N_("it sends the content of its one field to every prompt, so the screen is never unlocked"),
     N_("a file of its own: password and code in one answer, or the password alone (docs/guides/sudo-su-console.md)")},
    {"trusts-a-user", kCritical, N_("any process with that uid can impersonate the service and let anyone in"),
     N_("take server_uid= away; it is for tests")},
    {"root-by-key-only", kWarning,
     N_("with PermitRootLogin prohibit-password sshd answers for root itself: root's right code is never accepted"),
     N_("PermitRootLogin yes (AuthenticationMethods still demands key and code), or no")},
    {"no-account-line", kError,
     N_("suspended accounts pass where a rule skips, and methods registered at a login are never valid"),
     N_("before the other account lines: account required pam_seimon.so")},
    {"account-everywhere", kWarning, N_("cron and others come there: their jobs stop while the service is away"),
     N_("put our account line into sshd, login, su and sudo instead")},
    {"session-keeps-out", kWarning,
     N_("a session line that is not optional keeps people out while the service is away"),
     "session optional pam_seimon.so"},
    {"another-second-step", kWarning, N_("people are asked for two codes, and one of the two is not in our log"),
     N_("move its users over (seimon import), then take its line away")},
    {"no-break-glass", kError, N_("when the service or its store is down, nobody can log in to fix it"),
     N_("seimon setup writes the lines for root at the console; for a machine without one: --break-glass USER")},
    {"root-has-no-password", kError, N_("the way in for root at the console leads nowhere"), "passwd root"},
    {"one-account-passes", kInfo, N_("it logs in there without a code, and without the service"),
     N_("right for a way in when the service is dead; else take the line away and exempt it by a rule of seimon.conf")},
    {"unprotected", kInfo, N_("it asks for no second step"), N_("seimon setup sshd, login, su or sudo, as needed")},
    {"sshd-refuses-its-files", kError, N_("the next restart of sshd fails, and then no ssh login works"), "sshd -t"},
    {"no-keyboard-interactive", kError, N_("sshd has no other way to ask for a code"),
     N_("KbdInteractiveAuthentication yes, in a file that sshd reads first (Debian's sshd_config has no)")},
    {"password-method", kWarning,
     N_("sshd's password method answers every hidden question with the password; its clients cannot be asked for a "
        "code"),
     N_("PasswordAuthentication no; people use keyboard-interactive, which asks for the password as well")},
    {"keys-alone", kWarning, N_("sshd comes to no auth stack for a key: these people are not asked for a code"),
     N_("if that is not meant: seimon setup sshd --mode key+code")},
    {"other-ways-in", kWarning, N_("this method comes to no auth stack either"),
     N_("turn it off, or name it in AuthenticationMethods with another")},
    {"hardware-keys-untouched", kWarning, N_("a stolen key is enough where a rule lets it pass: no PIN is asked"),
     "PubkeyAuthOptions verify-required"},
    {"hardware-keys-by-users", kWarning,
     N_("users write these files, and a program can pretend to be a hardware key: a rule then trusts a file"),
     N_("AuthorizedKeysFile /etc/ssh/authorized_keys/%u, root's own, or AuthorizedKeysCommand")},
    {"match-block", kInfo, N_("users or addresses that it matches are asked for something else than others"),
     N_("look whether that is still meant")},
    {"use-dns", kWarning,
     N_("PAM gets names instead of addresses, and the owner of a reverse zone can choose any name"), "UseDNS no"},
    {"grace-time", kWarning, N_("users who register at their login need a minute or two"), "LoginGraceTime 300"},
    {"grace-time-for-sms", kWarning, N_("a code by SMS may take minutes, and sshd closes the login before it comes"),
     "LoginGraceTime 300"},
    {"sends-before-password", kError,
     N_("without knowing a password anyone can have messages sent to its owner, until the limits are reached"),
     N_("make the password line `requisite`, or take the service out of delivery.auto: people ask for a code with s")},
    {"no-service", kError, N_("every login that asks for a code is refused"), "systemctl status seimond"},
    {"socket-owner", kError, N_("the module accepts only a socket that root opened"),
     "systemctl restart seimond.socket"},
    {"no-key", kError, N_("without its sealing key the service cannot open its store"),
     N_("put the copy of seal.key back; for a new installation: seimon key init")},
    {"configuration", kError, N_("the service does not start with it, and keeps the old one at a reload"),
     "seimon config check"},
    {"configuration-warning", kWarning, N_("see there"), "seimon config check"},
    {"store", kError, N_("see there"), "seimon status"},
    {"versions", kWarning, N_("an upgrade was left half-way"),
     N_("install the same version of all parts; restart seimond")},
    {"little-room", kWarning, N_("when the disk is full, only the reserve is left for logins"),
     N_("make room on that file system")},
    {"no-backup", kWarning, N_("a lost disk would be the loss of everybody's methods"),
     N_("seimon backup FILE; each night: systemctl enable --now seimon-backup.timer")},
    {"clock-not-synchronised", kWarning, N_("codes depend on the time: a clock that drifts refuses right ones"),
     N_("apt-get install systemd-timesyncd or chrony")},
    {"codes-of-another-time", kWarning, N_("the phones of several people agree on a time that is not this machine's"),
     N_("set this machine's clock right, then: seimon clock accept")},
    {"slow-names", kWarning, N_("logins wait for the directory; when it does not answer, rules by group ask everybody"),
     N_("look at nsswitch.conf(5) and the directory's client")},
    {"page-has-no-stack", kError, N_("every sign-in to the page is refused"),
     N_("copy /usr/share/doc/seimon/examples/pam.d/seimon-web there")},
    {"page-does-not-run", kError, N_("the web server has nothing to show"),
     "systemctl enable --now seimon-web.socket seimon-web-login.socket"},
    {"page-not-reached", kError, N_("people do not get to the page by its address"),
     N_("seimon setup web HOST; then look into the web server's error log")},
    {"page-not-trusted", kWarning, N_("browsers warn of the page, or refuse it"),
     N_("a certificate for that name, with the whole chain, that has not ended")},
    {"observing", kInfo, N_("no user is asked or refused"),
     N_("mode = \"enforce\", once seimon log shows the intended results")},
}};

}  // namespace

std::string_view severity_name(Severity severity) {
  constexpr std::array<std::string_view, 4> kNames = {"critical", "error", "warning", "info"};
  return kNames[static_cast<std::size_t>(severity)];
}

const FindingRow& row_of(std::string_view id) {
  std::size_t at = 0;
  while (at + 1 < kRows.size() && kRows[at].id != id) ++at;
  return kRows[at];
}

}  // namespace seimon::tools

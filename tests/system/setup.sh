#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon setup on Debian's own stacks and a real sshd: what it says, what it changes, how it proves itself, and that
# everything comes back. usage: setup.sh BUILD
. "$(dirname "$0")/../support/world.sh"
BUILD=$1
SUPPORT=$(cd "$(dirname "$0")/../support" && pwd)
world_enter "$0" "$@"
mkdir -p "$W/debian"
cp -r /etc/pam.d/. "$W/debian/"
rm -f "$W"/debian/{i3lock,swaylock}  # they are for lockers.sh; what setup says of them comes below
[ -e "$W/debian/sshd" ] || cp "$BUILD/sshd/etc/pam.d/sshd" "$W/debian/"
world_up "$BUILD"
japanese_locale
rm -f "$W/pam.d"/*
cp "$W/debian"/* "$W/pam.d/"
sed -i '/pam_selinux\|pam_loginuid\|pam_keyinit\|pam_motd\|pam_lastlog\|pam_mail\|pam_systemd/d' "$W/pam.d"/*
mkdir -p "$W/etcssh/sshd_config.d" "$W/backups"
mount --bind "$W/etcssh" /etc/ssh
mount --bind "$W/backups" /var/backups
# As Debian has it: PasswordAuthentication is the default, KbdInteractiveAuthentication is no, and the first value wins.
cat >/etc/ssh/sshd_config <<CONFIG
Include /etc/ssh/sshd_config.d/*.conf
Port $PORT
HostKey $W/ssh/host
PermitRootLogin yes
AuthorizedKeysFile $W/ssh/keys.%u
StrictModes no
KbdInteractiveAuthentication no
UsePAM yes
PidFile /run/sshd.pid
$(grep '^Sshd.*Path ' "$W/ssh/config")
CONFIG
askpass_install
seimond_start
enrol u01
enrol u02
enrol root
ip netns exec srv "$W/bin/sshd" -D -E "$W/out/sshd.log" &
SSHD=$!
PIDS+=("$SSHD")
wait_until "ip netns exec srv ss -ltn | grep -q ':$PORT '" || fail "sshd did not start"
listening() { wait_until "ip netns exec srv ss -ltn | grep -q ':$PORT '"; }
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
setup() { seimon setup "$@" --module "$W/bin/pam_seimon.so"; }
typed() { printf '%s\n' "${@:2}" | eval "$1" >"$W/out/command" 2>&1 || { cat "$W/out/command"; return 1; }; }
cp -a "$W/pam.d" "$W/was"
same() { diff -r "$W/was" "$W/pam.d" >&2 && [ ! -e /etc/ssh/sshd_config.d/00-seimon.conf ]; }
cp "$W/ssh/user.pub" "$W/ssh/keys.u02"

it "before: a password is enough" env METHODS=password bash -c "$(declare -f log_in); W=$W PASSWORD='$PASSWORD' PORT=$PORT; log_in home u01 $SRV4_HOME"
it "it is root's to do" bash -c "setpriv --reuid 64200 --regid 64200 --clear-groups $W/bin/seimon setup sshd 2>/dev/null; [ \$? = 3 ]"
it "a dry run shows it" exits 0 setup sshd --dry-run
it "who is affected" has "$W/out/command" "accounts have authorized keys and will not be asked"
it "whose clients stop working" has "$W/out/command" 'only know sshd'"'"'s method "password" stop working'
it "the lines of the stack" grep -q '^+auth.*required.*pam_permit.so' "$W/out/command"
it "the drop-in" grep -q '^+KbdInteractiveAuthentication yes' "$W/out/command"
it "and changes nothing" same
it "sshd's time for a login stays" lacks "$W/out/command" LoginGraceTime
cp "$W/etc/seimon.conf" "$W/tmp/without-sms"
echo 'delivery: { prefixes = [ "+81" ]; sms = ( { command = [ "/bin/true" ]; } ); };' >>"$W/etc/seimon.conf"
seimon reload >/dev/null
it "where codes are sent by SMS" exits 0 setup sshd --dry-run
it "it is longer" grep -q '^+LoginGraceTime 300' "$W/out/command"
cp "$W/tmp/without-sms" "$W/etc/seimon.conf"
seimon reload >/dev/null
it "in Japanese for whoever reads that" bash -c "$(declare -f setup); W=$W; LC_ALL=ja_JP.UTF-8 setup sshd --dry-run | grep -q '影響を受ける人'"
it "without an answer nothing is done" exits 1 setup sshd
it "nothing" same

it "a login that is refused puts everything back" refused typed "setup sshd --yes --try u01" "$PASSWORD" 000000 000000 000000
it "as it was" same
it "and says so" has "$W/out/command" "Everything was put back"
it "a login that gets in" typed "setup sshd --yes --try u01" "$PASSWORD" "$(code u01)"
it "is said to be in" has "$W/out/command" "LET IN u01"
it "the way back is printed, and is cp" grep -q "^  cp -a '/var/backups/seimon/.*/before/etc/pam.d/sshd' '/etc/pam.d/sshd.seimon-new'" "$W/out/command"
it "and mv, at once" grep -q "^  mv -f '/etc/pam.d/sshd.seimon-new' '/etc/pam.d/sshd'" "$W/out/command"
listening
it "a second set-up waits for the first to be confirmed" exits 1 setup sudo --yes
cp "$W/ssh/user.pub" "$W/ssh/keys.root"
METHODS=publickey KEY=user it "(root has a key, too)" log_in home root "$SRV4_HOME"
COMMAND="$W/bin/seimon setup confirm" METHODS=publickey KEY=user it "a new login that never came to the stack does not confirm" refused log_in home root "$SRV4_HOME"
it "because it proves nothing" has "$W/out/ssh" "no login by sshd has come to our line since the change"
rm "$W/ssh/keys.root"
it "from home a code is asked for" log_in home u01 "$SRV4_HOME" "$(code u01 1)"
it "and a wrong one is refused" refused log_in home u01 "$SRV4_HOME" 000000 000000 000000
it "this shell is no new login" exits 1 seimon setup confirm
it "as it says" has "$W/out/command" "this is no login by sshd that began after the change"
COMMAND="$W/bin/seimon setup confirm" it "a new login by ssh confirms" log_in home root "$SRV4_HOME" "$(code root)"
it "once" exits 1 seimon setup confirm
it "again is nothing to do" exits 0 setup sshd --yes
it "as it says, too" has "$W/out/command" "protected already"
it "doctor finds nothing critical and no error" bash -c "seimon doctor --config $W/etc/seimon.conf --json | jq -e 'all(.severity != \"critical\" and .severity != \"error\")' >/dev/null"
it "undo" exits 0 seimon setup undo
it "everything is as it was" same
listening
it "a password is enough again" env METHODS=password bash -c "$(declare -f log_in); W=$W PASSWORD='$PASSWORD' PORT=$PORT; log_in home u01 $SRV4_HOME"
it "there is no more to undo" exits 1 seimon setup undo

it "unconfirmed" exits 0 setup sshd --yes --rollback-after 2s
it "it is changed" refused same
it "it is put back by itself" wait_until "diff -r $W/was $W/pam.d >/dev/null && [ ! -e /etc/ssh/sshd_config.d/00-seimon.conf ]"
it "and there is nothing left to confirm" exits 1 seimon setup confirm
mkfifo "$W/tmp/never"
exec 9<>"$W/tmp/never"
seimon setup sshd --yes --rollback-after 3s --try u01 --module "$W/bin/pam_seimon.so" <"$W/tmp/never" >"$W/out/command" 2>&1 &
SETUP=$!
wait_until "grep -q pam_seimon /etc/pam.d/sshd"
kill -9 "$SETUP"
it "killed in the middle, it is put back all the same" wait_until "diff -r $W/was $W/pam.d >/dev/null && [ ! -e /etc/ssh/sshd_config.d/00-seimon.conf ]"
listening

# --- keys and codes
printf 'Match User u05\n  AuthenticationMethods keyboard-interactive\n' >/etc/ssh/sshd_config.d/50-match.conf
it "a Match block that lets in without a key" exits 6 setup sshd --mode key+code --yes --no-rollback
it "is named" has "$W/out/command" "/etc/ssh/sshd_config.d/50-match.conf:2: Match User u05"
rm /etc/ssh/sshd_config.d/50-match.conf
sed -i 's/^Include/#&/' /etc/ssh/sshd_config
it "an sshd that does not read the drop-in" exits 1 setup sshd --mode key+code --yes --no-rollback
it "is no place for a stack that asks for no password" has "$W/out/command" "still lets in without a key"
it "which was never there" bash -c "diff -r $W/was $W/pam.d"
sed -i 's/^#Include/Include/' /etc/ssh/sshd_config
kill -STOP "$SSHD"; mv /run/sshd.pid /run/away.pid
it "an sshd that cannot be told" exits 1 setup sshd --mode key+code --yes --no-rollback
it "goes on with its old rules, and so does the stack" bash -c "grep -q 'goes on with its old rules' $W/out/command && diff -r $W/was $W/pam.d"
mv /run/away.pid /run/sshd.pid; kill -CONT "$SSHD"
printf 'PasswordAuthentication no\n' >/etc/ssh/sshd_config.d/50-keys.conf
it "where keys alone are taken, one has to say which" exits 2 setup sshd --yes --no-rollback
it "for passwords would be taken again" has "$W/out/command" "Passwords, which sshd refuses today, are taken from now on"
it "nothing was changed" same
rm /etc/ssh/sshd_config.d/50-keys.conf
it "keys and codes, for Ansible" exits 0 setup sshd --mode key+code --yes --no-rollback
it "it names who will be locked out" has "$W/out/command" "have no authorized keys and will be locked out"
listening
tick 30
METHODS=publickey,keyboard-interactive KEY=user it "a key and a code" log_in home u02 "$SRV4_HOME" "$(code u02)"
it "its stack refuses who has shown none, whatever sshd's files come to say" grep -q '^auth *requisite *pam_exec.so .*publickey' /etc/pam.d/sshd
printf 'Match User u02\n  AuthenticationMethods keyboard-interactive\n' >/etc/ssh/sshd_config.d/50-match.conf; kill -HUP "$SSHD"; listening
it "as here" refused log_in home u02 "$SRV4_HOME" "$(code u02 1)"
rm /etc/ssh/sshd_config.d/50-match.conf; kill -HUP "$SSHD"; listening
METHODS=publickey KEY=user it "not the key alone" refused log_in home u02 "$SRV4_HOME"
it "not the code alone" refused log_in home u02 "$SRV4_HOME" "$(code u02 1)"
it "doctor agrees" bash -c "seimon doctor --config $W/etc/seimon.conf --json | jq -e 'all(.severity != \"critical\" and .severity != \"error\")' >/dev/null"
echo '# by hand' >>/etc/pam.d/sshd
it "what was changed since is not thrown away unasked" exits 1 seimon setup undo
it "the file is named" has "$W/out/command" "/etc/pam.d/sshd was changed since"
it "but on somebody's word" exits 0 seimon setup undo --yes
it "as it was before" same
listening

# --- su, sudo, login, and the way in when all is dead
echo 'auth include login' >"$W/pam.d/i3lock"
it "a locker with one field would never unlock" exits 6 setup login --yes --no-rollback
it "it is named" has "$W/out/command" "i3lock has one field"
mv "$W/pam.d/i3lock" "$W/pam.d/greetd"
it "whatever else includes that file is named, too" bash -c "$(declare -f setup); W=$W; setup login --dry-run | grep -q 'will ask for a code, too: greetd'"
rm "$W/pam.d/greetd"
cp "$W/pam.d/sudo" "$W/tmp/sudo"
echo 'auth required pam_google_authenticator.so' >>"$W/pam.d/sudo"
it "and another module that asks for a code" bash -c "$(declare -f setup); W=$W; setup sudo --dry-run | grep -q 'pam_google_authenticator.so asks for a code as well'"
cp "$W/tmp/sudo" "$W/pam.d/sudo"
for service in sudo su login; do
  it "$service" exits 0 setup "$service" --yes --no-rollback
done
it "su - comes along, by including su" bash -c "! grep -q pam_seimon /etc/pam.d/su-l && grep -q pam_seimon /etc/pam.d/su"
it "sudo -i has lines of its own" grep -q pam_seimon /etc/pam.d/sudo-i
it "root's line at the console stands in both stacks" bash -c "[ \$(grep -c 'pam_succeed_if.so quiet service = login user = root' /etc/pam.d/login) = 2 ]"
it "doctor finds nothing against them" bash -c "seimon doctor --config $W/etc/seimon.conf --json | jq -e 'all(.severity != \"critical\" and .severity != \"error\")' >/dev/null"
it "an account with a key, for when the service is dead" exits 0 setup sshd --yes --no-rollback --break-glass u02
listening
seimond_stop
METHODS=publickey KEY=user it "gets in then" log_in home u02 "$SRV4_HOME"
it "nobody else does" refused log_in home u01 "$SRV4_HOME" "$(code u01)"
it "a dead service is no time to begin" exits 4 setup sshd --yes
for _ in 1 2 3 4; do seimon setup undo >/dev/null; done
it "one by one all is as it was" same
seimond_start

# --- a login by another service confirms nothing
printf 'auth required %s\nauth required pam_permit.so\n' "$W/bin/pam_seimon.so" >"$W/pam.d/sudo"
it "su, to be confirmed" exits 0 setup su --yes
enrol u03
it "a sudo that came to our line" typed "pamtester sudo u03 authenticate" "$(code u03)"
it "is no su" exits 1 seimon setup confirm
it "as it says" has "$W/out/command" "no login by su has come to our line"
it "put back" exits 0 seimon setup undo
cp "$W/was/sudo" "$W/pam.d/sudo"

# --- the way back cannot be prepared: neither of its two processes
cc -shared -fPIC -o "$W/bin/failfork.so" "$SUPPORT/failfork.c" -ldl || fail "no failfork.so"
for which in 1 2; do
  it "a way back whose process $which cannot be started is none" exits 1 env LD_PRELOAD="$W/bin/failfork.so" FAIL_FORK="$which" "$W/bin/seimon" setup su --yes --module "$W/bin/pam_seimon.so"
  it "as it says" has "$W/out/command" "the process for the way back cannot be started; nothing was changed"
  it "and nothing was" same
done
it "one that can" exits 0 setup su --yes --rollback-after 1h
WAITING=$(pgrep -n -f "seimon setup su --yes --rollback-after 1h")
it "holds nothing of the terminal" test "$(readlink "/proc/$WAITING/fd/"* | sort -u)" = /dev/null
it "put back" exits 0 seimon setup undo
kill "$WAITING"

# --- what cannot be done is told, and nothing is half done
it "no module" exits 6 seimon setup sshd --yes --module /nowhere/pam_seimon.so
echo 'NoSuchKeyword yes' >/etc/ssh/sshd_config.d/50-bad.conf
it "files that sshd refuses" exits 6 setup sshd --yes
it "by their own words" has "$W/out/command" "NoSuchKeyword"
rm /etc/ssh/sshd_config.d/50-bad.conf
it "all the same" same
sed -i 's/@include common-auth/auth required pam_unix.so/' /etc/pam.d/sudo
it "a stack that is not Debian's" exits 6 setup sudo --yes
it "with the lines to write by hand" grep -q '^auth     required  .*pam_seimon.so' "$W/out/command"
it "a service without keys" exits 2 setup sudo --mode key+code --yes
finish

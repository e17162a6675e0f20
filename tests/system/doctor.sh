#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon doctor on set-ups that are broken, one in each way: it finds what is wrong there and nothing else. Real sshd -T,
# real stacks. usage: doctor.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
japanese_locale
mkdir -p "$W/etcssh/sshd_config.d"
mount --bind "$W/etcssh" /etc/ssh
chmod 755 "$W/bin" "$W/etcssh" "$W/etcssh/sshd_config.d" "$W/pam.d" "$W/etc"
export REAL_CLOCK=1
seimond_start

# A sound machine: the examples' stacks, sshd with codes, keys nowhere.
sound() {
  for file in sshd:sshd-password-and-code login:login-with-break-glass su:su-and-sudo su-l:su-and-sudo sudo:su-and-sudo sudo-i:su-and-sudo; do
    use_stack "${file%:*}" "${file#*:}"
  done
  sed -i '1i auth sufficient pam_rootok.so' "$W/pam.d/su"
  printf '%s\n' 'auth [success=1 default=ignore] pam_unix.so nullok' 'auth requisite pam_deny.so' \
    'auth required pam_permit.so' >"$W/pam.d/common-auth"
  printf '%s\n' 'account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so' 'account requisite pam_deny.so' \
    'account required pam_permit.so' >"$W/pam.d/common-account"
  printf '%s\n' 'auth required pam_deny.so' 'account required pam_deny.so' >"$W/pam.d/other"
  chmod 644 "$W/pam.d"/*
  rm -f "$W"/pam.d/{extra,ftp,swaylock} "$W"/etcssh/sshd_config.d/*
  { echo 'Include /etc/ssh/sshd_config.d/*.conf'; grep -v MaxStartups "$W/ssh/config"; } >"$W/etcssh/sshd_config"
  rm -f "$W"/ssh/keys.*
  config
}
# The ids that are found; the clock is the host's affair.
found() { seimon doctor --config "$W/etc/seimon.conf" --json >"$W/out/found" 2>"$W/out/command"; jq -r '.[] | select(.severity != "info") | .id' "$W/out/found" | grep -v clock-not-synchronised | sort -u | tr '\n' ' '; }
finds() {  # ID …: these and no others
  local wanted
  wanted=$(printf '%s\n' "$@" | sort -u | tr '\n' ' ')
  [ $# -gt 0 ] || wanted=
  [ "$(found)" = "$wanted" ] || { echo "wanted: $wanted found: $(found)"; jq -r '.[] | [.id, .place, .what] | @tsv' "$W/out/found"; cat "$W/out/command"; return 1; }
}
at() { jq -e --arg id "$1" --arg place "$2" '.[] | select(.id == $id and .place == $place)' "$W/out/found" >/dev/null; }
stack() { sound; cat >"$W/pam.d/$1"; }
ours="$W/bin/pam_seimon.so"

sound
it "a sound set-up: nothing" finds
it "each finding says why and what helps" bash -c "seimon doctor --config $W/etc/seimon.conf --json | jq -e 'all(.why != \"\" and .fix != \"\")' >/dev/null"

# --- stacks
sound; sed -i "s|required  $ours|sufficient $ours|" "$W/pam.d/sshd"
it "sufficient, behind the password" finds passes-by
sound; sed -i "s|^auth     required  $ours|auth optional $ours|" "$W/pam.d/sshd"
it "optional" finds passes-by
it "at its line" at passes-by /etc/pam.d/sshd:4
sound; sed -i 's|pam_unix.so nullok|pam_unix.so|; s|success=1|success=3|' "$W/pam.d/common-auth"
it "a jump that skips our line" finds passes-by
it "the jump is named" at passes-by /etc/pam.d/common-auth:1
sound; sed -i '1i auth sufficient pam_fprintd.so' "$W/pam.d/sudo"
it "another factor before it that is enough" finds passes-by
sound; sed -i "/^auth.*pam_seimon/i auth [success=1 default=ignore] pam_access.so accessfile=/etc/security/mfa.conf" "$W/pam.d/sudo"
it "an exemption by pam_access" finds exempted-elsewhere
sound; sed -i "s|^auth     required  $ours|auth [success=ok auth_err=ignore default=bad] $ours|" "$W/pam.d/sshd"
it "a refusal that is ignored" finds passes-by
stack sshd <<STACK
auth required $ours
account required $ours
STACK
it "keys and codes without pam_permit, and without the key" finds no-permit
stack sshd <<STACK
auth required $ours
auth required pam_permit.so
account required $ours
STACK
it "keys and codes, but sshd asks for no key" finds nothing-asked
echo 'AuthenticationMethods publickey,keyboard-interactive' >"$W/etcssh/sshd_config.d/00-seimon.conf"
it "with the drop-in it is sound" finds
sound; sed -i '/^account.*pam_seimon/d' "$W/pam.d/sshd"
it "no account line" finds no-account-line
sound; echo "account required $ours" >>"$W/pam.d/common-account"
it "our account line in common-account" bash -c "$(declare -f found finds); W=$W; found | grep -q account-everywhere"
stack sudo <<STACK
auth required pam_unix.so
auth required $ours
account required $ours
STACK
it "a password line that lets wrong ones through to us" finds after-wrong-password
stack sudo <<STACK
auth required $ours
auth requisite pam_unix.so
account required $ours
STACK
it "the code before the password" finds before-password
one_answer() {  # LINE …: the auth lines of /etc/pam.d/ftp; S and V stand for our two, P for the password
  sound
  printf '%s\n' "$@" | sed "s|^S|auth requisite $ours combined=split|; s|^V|auth required $ours combined=verify|; s|^P|auth requisite pam_unix.so use_first_pass|" >"$W/pam.d/ftp"
  printf '%s\n' 'auth required pam_permit.so' "account required $ours" >>"$W/pam.d/ftp"
}
one_answer S P V
it "password and code in one answer" finds
one_answer S V P
it "checked before the password" finds before-password
one_answer P V
it "checked, and never split" finds combined-incomplete
one_answer S P
it "split, and never checked" finds combined-incomplete
one_answer "auth requisite $ours combined" P
it "the old option" bash -c "$(declare -f found); W=$W; found | grep -q bad-option"
for option in timeout=0 timeout=soon combined=maybe; do
  sound; sed -i "s|^auth     required  $ours|& $option|" "$W/pam.d/sudo"
  it "an option that means nothing: $option" finds bad-option
done
sound; sed -i "s|^auth     required  $ours|& server_uid=1000|" "$W/pam.d/sudo"
it "an ordinary user's service would be believed" finds trusts-a-user
sound; sed -i "/^auth.*pam_seimon/i auth [success=1 default=ignore] pam_succeed_if.so quiet user = u01" "$W/pam.d/sshd"
it "somebody named who is not asked is told" bash -c "seimon doctor --config $W/etc/seimon.conf | grep -q 'u01 is not asked'"
it "as a note" finds
sound; echo 'auth include login' >"$W/pam.d/swaylock"
it "a locker with one field" finds locker-with-one-field
sound; use_stack swaylock one-answer; sed -i '/^account/d' "$W/pam.d/swaylock"; sed -i '/common-account/d' "$W/pam.d/swaylock"
it "that takes both in one answer" finds
sound; sed -i "s|$ours\$|/nowhere/pam_seimon.so|" "$W/pam.d/sudo"
it "a module that is not there" finds module-missing
sound; sed -i "s|^auth     required  $ours|& nullok|" "$W/pam.d/sudo"
it "an option of somebody else's" finds bad-option
sound; echo 'auth requisite' >>"$W/pam.d/sudo"
it "half a line" finds unreadable-line no-permit
sound; sed -i '/pam_succeed_if/d' "$W/pam.d/login"
it "no way in for root when the service is dead" finds no-break-glass
sound; sed -i '/^account.*pam_succeed_if/d' "$W/pam.d/login"
it "half a way in" finds no-break-glass
sound; sed -i 's|^session  optional|session required|' "$W/pam.d/sshd"
it "a session line that keeps people out" finds session-keeps-out
sound; sed -i "/^auth.*pam_seimon/i auth required pam_google_authenticator.so nullok" "$W/pam.d/sshd"
it "two second steps" finds another-second-step
sound; printf 'auth required pam_permit.so\naccount required pam_permit.so\n' >"$W/pam.d/other"
it "a stack for everything else that asks for nothing" finds other-lets-in
sound; cp /etc/shadow "$W/tmp/shadow"; sed 's|^root:[^:]*|root:!|' "$W/tmp/shadow" >/etc/shadow
it "a way in for root that leads nowhere" finds root-has-no-password
cat "$W/tmp/shadow" >/etc/shadow
sound; rm "$W/pam.d/sudo"; use_stack sudo su-and-sudo; sed -i '/seimon/d' "$W/pam.d/sudo"
it "sudo without a second step is told" bash -c "seimon doctor --config $W/etc/seimon.conf | grep -q 'sudo asks for no second step'"
it "but is no fault" finds

# --- sshd
drop_in() { sound; printf '%s\n' "$@" >"$W/etcssh/sshd_config.d/00-seimon.conf"; }
drop_in 'UsePAM no'
it "sshd without PAM" finds no-usepam
it "at the line that says so" at no-usepam /etc/ssh/sshd_config.d/00-seimon.conf:1
drop_in 'KbdInteractiveAuthentication no'
it "sshd that cannot ask" finds no-keyboard-interactive
drop_in 'PasswordAuthentication yes'
it "sshd's password method" finds password-method
drop_in 'UseDNS yes'
it "names instead of addresses" finds use-dns
drop_in 'HostbasedAuthentication yes'
it "a way in beside ours" finds other-ways-in
drop_in 'AuthenticationMethods publickey,keyboard-interactive' 'PermitRootLogin prohibit-password'
it "root, whose code can never be right" bash -c "$(declare -f found); W=$W; found | grep -q root-by-key-only"
sound; cp "$W/ssh/user.pub" "$W/ssh/keys.u01"
it "keys that are enough alone" finds keys-alone
it "with their number" bash -c "jq -r '.[] | select(.id == \"keys-alone\").what' $W/out/found | grep -q '^1 of '"
drop_in 'NoSuchKeyword yes'
it "files that sshd refuses" finds sshd-refuses-its-files
sound; printf 'Match User bob\n  AuthenticationMethods publickey\n' >>"$W/etcssh/sshd_config"
it "a Match block is told" bash -c "seimon doctor --config $W/etc/seimon.conf | grep -q 'Match User bob: authenticationmethods publickey'"
it "but is no fault, either" finds
drop_in 'LoginGraceTime 30'
sed -i 's|unenrolled = "deny"; };$|unenrolled = "enrol"; };|' "$W/etc/seimon.conf"; kill -HUP "$SEIMOND"
wait_until "seimon config show --json | jq -e '.rules[] | select(.unenrolled == \"enrol\")' >/dev/null"
it "too little time to register at a login" bash -c "$(declare -f found); W=$W; found | grep -q grace-time"
sound; sed -i 's/^rules = (/&\n  { name = "hardware keys"; ssh_auth = [ "publickey:sk-*" ]; action = "skip"; },/' "$W/etc/seimon.conf"
seimon reload >/dev/null
it "a rule that trusts hardware keys, without their PIN" finds hardware-keys-untouched
echo 'PubkeyAuthOptions verify-required' >>"$W/etcssh/sshd_config"
it "with it: nothing, as only root writes the keys here" finds
sed -i 's|^AuthorizedKeysFile.*|AuthorizedKeysFile .ssh/authorized_keys|' "$W/etcssh/sshd_config"
it "keys that their users write" bash -c "$(declare -f found); W=$W; found | grep -q hardware-keys-by-users"
sound; seimon reload >/dev/null
sound; kill -HUP "$SEIMOND"

# --- the machine
sound; chmod 666 "$W/pam.d/sshd"
it "a stack that others may write" finds writable
chmod 644 "$W/pam.d/sshd"; chmod 644 "$W/etc/seal.key"
it "a key that others may read" finds writable configuration
chmod 400 "$W/etc/seal.key"
mv "$W/etc/seal.key" "$W/etc/away"
it "no key" finds no-key configuration
mv "$W/etc/away" "$W/etc/seal.key"
echo 'networks = 3;' >>"$W/etc/seimon.conf"
it "a configuration that is refused" finds configuration
config
sed 's/pam_seimon version 0/pam_seimon version 9/g' "$W/bin/pam_seimon.so" >"$W/bin/other.so"; cp "$W/bin/pam_seimon.so" "$W/tmp/kept.so"; cp "$W/bin/other.so" "$W/bin/pam_seimon.so"
it "a module of another version" finds versions
cp "$W/tmp/kept.so" "$W/bin/pam_seimon.so"
seimond_stop
mount -t tmpfs -o size=30m,uid=64100,mode=700 tmpfs "$W/state"
seimond_start
it "little room" finds little-room
seimond_stop
umount "$W/state"
it "no service" finds no-service
it "in words for people, too" bash -c "seimon doctor --config $W/etc/seimon.conf | grep -q 'fix: systemctl status seimond'"
it "findings end with 1" bash -c "seimon doctor --config $W/etc/seimon.conf >/dev/null; [ \$? = 1 ]"
it "it is root's to ask" bash -c "setpriv --reuid 64200 --regid 64200 --clear-groups $W/bin/seimon doctor 2>/dev/null; [ \$? = 3 ]"
it "in Japanese for whoever reads that" bash -c "LC_ALL=ja_JP.UTF-8 seimon doctor --config $W/etc/seimon.conf | grep -q '対処'"
it "so are the verbs" bash -c "LC_ALL=ja_JP.UTF-8 seimon --help | grep -q 'doctor.*このマシン'"
it "and the options" bash -c "LC_ALL=ja_JP.UTF-8 seimon enroll --help | grep -q -- '--label.*付けるラベル'"
it "and --json stays as it is" bash -c "LC_ALL=ja_JP.UTF-8 seimon doctor --config $W/etc/seimon.conf --json | jq -e 'all(.fix | test(\"^[ -~]*$\"))' >/dev/null"
finish

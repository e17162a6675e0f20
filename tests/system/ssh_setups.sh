#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The ways in which sshd is set up: key and code, the password method, UseDNS; and addresses that are only claimed.
# usage: ssh_setups.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
askpass_install
seimond_start
for user in u30 u31 u32 u33 u34 u35 u36 u37 u38; do enrol "$user"; cp "$W/ssh/user.pub" "$W/ssh/keys.$user"; done
key_login() { KEY=user log_in "$@"; }
with_method() { METHODS=$1 "${@:2}"; }

# --- key and code: no password, so ours is the only module that authenticates; pam_permit follows it
cp "$W/pam.d/sshd" "$W/sshd.password"
use_stack sshd sshd-key-and-code
sshd_start AuthenticationMethods=publickey,keyboard-interactive
export METHODS=publickey,keyboard-interactive
it "key and code let in from home" key_login home u30 "$SRV4_HOME" "$(code u30)"
it "no password was asked" lacks "$W/out/asked" "assword:"
it "key and a wrong code do not" refused key_login home u30 "$SRV4_HOME" 000000 000001 000002
it "key alone is enough on the campus" key_login campus u31 "$SRV4_CAMPUS"
it "nothing was asked" lacks "$W/out/asked" ":"
it "no key, no login, even on the campus" refused log_in campus u31 "$SRV4_CAMPUS"
sshd_stop
# A certificate of an organisation may be longer than any message of ours.
ssh-keygen -q -t rsa -b 4096 -N '' -f "$W/ssh/authority"
ssh-keygen -q -s "$W/ssh/authority" -I u38 -n "u38,$(seq -s, -f 'a-principal-of-the-kind-that-people-have-%03g.ssh.campus.example.org' 100)" "$W/ssh/user.pub"
: >"$W/ssh/keys.u38"
sshd_start AuthenticationMethods=publickey,keyboard-interactive TrustedUserCAKeys="$W/ssh/authority.pub"
it "a certificate of 100 names is longer than 4 kB" test "$(awk '{print length($2)}' "$W/ssh/user-cert.pub")" -gt 4096
it "it and the code let in" key_login home u38 "$SRV4_HOME" "$(code u38)"
it "it and a wrong code do not" refused key_login home u38 "$SRV4_HOME" 000000 000001 000002
sshd_stop
rm "$W/ssh/user-cert.pub"

# --- hardware keys: a rule lets them pass for their type. This one is a program, which is why doctor wants root's files.
cp "$1/tests/libsecurity_key.so" "$W/bin/" 2>/dev/null || fail "no libsecurity_key.so"
ssh-keygen -q -t ed25519-sk -w "$W/bin/libsecurity_key.so" -N '' -f "$W/ssh/hardware" || fail "no sk key"
cp "$W/ssh/hardware.pub" "$W/ssh/keys.u33"
cat "$W/ssh/user.pub" >>"$W/ssh/keys.u33"
cp "$W/etc/seimon.conf" "$W/etc/usual"
sed 's/^rules = (/&\n  { name = "hardware keys"; ssh_auth = [ "publickey:sk-*" ]; action = "skip"; },/' "$W/etc/usual" >"$W/etc/seimon.conf"
seimon reload >/dev/null || fail "the rule is refused"
sshd_start AuthenticationMethods=publickey,keyboard-interactive PubkeyAuthOptions=verify-required
hardware_login() { KEY=hardware SSH_OPTIONS="-o SecurityKeyProvider=$W/bin/libsecurity_key.so" log_in "$@"; }
it "a hardware key lets in from home, by a rule" hardware_login home u33 "$SRV4_HOME"
it "nothing was asked" lacks "$W/out/asked" "ode:"
it "the trail has the rule" last_event u33 rule "hardware keys"
it "a key of another type of the same user does not" key_login home u33 "$SRV4_HOME" "$(code u33)"
it "it was asked for a code" has "$W/out/asked" "ode:"
it "an administrator sees the rule decide" bash -c "seimon explain u33 --from '$HOME4' --json | jq -e '.considered[0].why' | grep -q ssh_auth"
sshd_stop
cp "$W/etc/usual" "$W/etc/seimon.conf"
seimon reload >/dev/null
unset METHODS

# --- either: a key and the code, or the password and the code
use_stack sshd sshd-key-or-password-and-code
sshd_start "AuthenticationMethods=publickey,keyboard-interactive keyboard-interactive"
it "whoever has shown a key is asked for the code alone" with_method publickey,keyboard-interactive key_login home u36 "$SRV4_HOME" "$(code u36)"
it "not for the password" lacks "$W/out/asked" "assword:"
it "whoever has not, for password and code" log_in home u37 "$SRV4_HOME" "$(code u37)"
it "both were asked" test "$(grep -cE 'assword:|ode:' "$W/out/asked")" = 2
it "a key and a wrong code do not let in" refused with_method publickey,keyboard-interactive key_login home u36 "$SRV4_HOME" 000000 000001 000002
sshd_stop
cp "$W/sshd.password" "$W/pam.d/sshd"

# --- sshd's password method: one hidden question, no place for a code
sshd_start PasswordAuthentication=yes
it "the password method is refused cleanly" refused with_method password log_in home u32 "$SRV4_HOME"
it "nothing is counted against the user" test "$(seimon status u32 --json | jq .budget.failures)" = 0
it "the module tells the administrator what to change" has "$W/syslog" "use keyboard-interactive, not PasswordAuthentication"
it "on the campus it lets in, as nothing is asked" with_method password log_in campus u32 "$SRV4_CAMPUS"
it "keyboard-interactive works beside it" log_in home u32 "$SRV4_HOME" "$(code u32)"
sshd_stop

# --- hidden prompts: the password method answers them with the password, and is recognised
config "$(sed 's/^language/codes: { echo = false; }; language/' "$W/etc/seimon.conf")"
kill -HUP "$SEIMOND"
it "the new configuration is taken" wait_until "grep -q 'configuration reloaded' '$W/out/seimond.log'"
sshd_start PasswordAuthentication=yes
it "the password as a hidden code is refused" refused with_method password log_in home u33 "$SRV4_HOME"
it "and recognised for what it is" some_event u33 'reason="password-method"'
it "and not counted" test "$(seimon status u33 --json | jq .budget.failures)" = 0
sshd_stop

# --- UseDNS: names are the attacker's to set
printf '%s pc33.campus.example\n%s pc34.campus.example\n' "$CAMPUS4" "$HOME4" >"$W/etc/hosts"
mount --bind "$W/etc/hosts" /etc/hosts
sshd_start UseDNS=yes
it "with UseDNS the campus is known by its address" log_in campus u34 "$SRV4_CAMPUS"
it "and a campus name for an address at home is asked" log_in home u34 "$SRV4_HOME" "$(code u34)"
it "the code was asked for" has "$W/out/asked" "ode:"
it "the trail has the address, not the name" last_event u34 from "$HOME4"
sshd_stop
finish

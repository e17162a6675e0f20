#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real sshd, a real ssh client, from home and from the campus.
# usage: ssh_login.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
askpass_install
seimond_start
sshd_start
for user in u00 u01 u03 u04 u05 u06 u07 u08 u09 u10 u13; do enrol "$user"; done

USED=$(code u00)
it "from home the password and a code let in" log_in home u00 "$SRV4_HOME" "$(code u00)"
it "the shell is the user's" has "$W/out/ssh" u00
it "the prompt names what is wanted" has "$W/out/asked" "Verification code: "
it "the trail says accepted, with address and service" last_event u00 outcome accepted
it "the trail has the address" last_event u00 from "$HOME4"
it "the same code is refused the second time" refused log_in home u00 "$SRV4_HOME" "$(code u00)"
it "a refused code is answered in the usual words" has "$W/out/asked" "Not accepted. A code works once: wait until your app shows a new one. 2 tries left."
it "the help line follows a refusal" has "$W/out/asked" "Help desk: ext. 4567"
it "the trail says why" some_event u00 'reason="already-used"'
it "an early code (next step) is accepted" log_in home u00 "$SRV4_HOME" "$(code u00 1)"
it "a code of this step is accepted" log_in home u03 "$SRV4_HOME" "$(code u03 0)"
tick 30
it "a code that was spent in the step before is still spent" refused log_in home u03 "$SRV4_HOME" "$(code u03 -1)"
enrol u11
tick 30
it "the previous step's code is accepted when it is fresh" log_in home u11 "$SRV4_HOME" "$(code u11 -1)"
it "a code of two steps ago is refused" refused log_in home u04 "$SRV4_HOME" "$(code u04 -2)"
it "from home over IPv6 a code is asked for" log_in home u04 "$SRV6_HOME" "$(code u04)"
it "the trail has the IPv6 address" last_event u04 from "$HOME6"
it "from the campus no code is asked for" log_in campus u05 "$SRV4_CAMPUS"
it "nothing was asked but the password" lacks "$W/out/asked" "ode"
it "the skip is in the trail with its rule" last_event u05 rule campus
it "the skip is in the trail with its network" last_event u05 network campus
it "from the campus over IPv6 no code is asked for" log_in campus u05 "$SRV6_CAMPUS"
it "a group's own rule comes before the campus" log_in campus u01 "$SRV4_CAMPUS" "$(code u01)"
it "three wrong codes end the conversation" refused log_in home u06 "$SRV4_HOME" 000000 000001 000002
it "that was three prompts" test "$(grep -c 'Verification code' "$W/out/asked")" = 3
it "each wrong try is in the trail" test "$(seimon log -u u06 | grep -c 'event="try".*reason="wrong-code"')" = 3
it "one event concludes it" test "$(seimon log -u u06 | grep -c 'reason="tries-used-up"')" = 1
it "the second guess in a conversation may be right" log_in home u07 "$SRV4_HOME" 000000 "$(code u07)"
it "blanks, hyphens and full-width digits are fine" log_in home u08 "$SRV4_HOME" "$(code u08 | sed 's/^\(...\)/\1 - /; s/0/０/g; s/1/１/g')"
it "a question mark shows help and costs nothing" log_in home u09 "$SRV4_HOME" '?' "$(code u09)"
it "the help text was shown" has "$W/out/asked" "Open the authenticator app"
it "a password given at once as the code ends the login, as with sshd's password method" refused log_in home u10 "$SRV4_HOME" "$PASSWORD"
it "and nothing of it is counted against the user" test "$(seimon status u10 --json | jq .budget.failures)" = 0
it "a person who types the password as the code is told so, and may go on" log_in home u13 "$SRV4_HOME" "slow:$PASSWORD" "$(code u13)"
it "in clear words" has "$W/out/asked" "That was your password. Please enter the code shown in your authenticator app."
it "an unknown user is refused" refused log_in home nosuchuser "$SRV4_HOME" 123456
it "a user without a method is asked and refused" refused log_in home u12 "$SRV4_HOME" 123456
it "and was asked like anybody" has "$W/out/asked" "Verification code: "
it "the trail says not enrolled" some_event u12 'reason="not-enrolled"'
seimon suspend u05 >/dev/null
it "suspended: refused although the campus asks for nothing" refused log_in campus u05 "$SRV4_CAMPUS"
seimon resume u05 >/dev/null
it "resumed: let in again" log_in campus u05 "$SRV4_CAMPUS"
it "link-local with a zone is asked for a code" log_in home u10 "$(ip -n srv -6 addr show dev vhome scope link | awk '/inet6/ {sub("/.*","",$2); print $2}')%eth0" "$(code u10 1)"
it "syslog has the events" has "$W/syslog" 'event="login" outcome="accepted"'
printf '%s\n' "auth required $W/bin/pam_seimon.so" >"$W/pam.d/other"
printf '1\n2\n3\n' | pamtester -I "rhost=$HOME4" other 'x" from="192.0.2.66' authenticate >/dev/null 2>&1
# As rsyslog would write it.
mkdir "$W/filter.d"
cp /etc/fail2ban/filter.d/common.conf "$(dirname "$0")/../../conf/fail2ban/seimon.conf" "$W/filter.d"
sed 's/<[0-9]*>\(... .. ..:..:..\) /\n\1 vm /g' "$W/syslog" >"$W/out/authlog"
fail2ban-regex -o '<ip>' "$W/out/authlog" "$W/filter.d/seimon.conf" >"$W/out/banned" 2>"$W/out/command"
it "fail2ban's filter finds the wrong codes" test "$(grep -c "^$HOME4\$" "$W/out/banned")" -ge 5
it "and nobody else, whatever a stranger calls themselves" bash -c "! grep -vE '^($HOME4|$HOME6|fe80:.*)\$' '$W/out/banned'"
it "status as metrics" bash -c "seimon status --prometheus | grep -qx 'seimon_up 1'"
it "no code that was typed is in the log" lacks "$W/syslog" "$USED"
it "nor is one in the store's trail" bash -c "! seimon log -n 1000 | grep -q '$USED'"
finish

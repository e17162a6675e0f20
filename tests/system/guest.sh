#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile files in a user's home, and a module that is replaced while people log in.
# usage: guest.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
askpass_install
# Debian's stock line for sshd.
printf 'session required pam_env.so user_readenv=1\n' >>"$W/pam.d/sshd"
sed -i '1i auth required pam_env.so user_readenv=1' "$W/pam.d/sshd"
seimond_start
sshd_start
for user in u00 u01; do enrol "$user"; done
mkdir -p "$W/home/u00/.ssh"
while read -r name value; do
  printf '%s DEFAULT="%s"\n' "$name" "$value" >>"$W/home/u00/.pam_environment"
  printf '%s=%s\n' "$name" "$value" >>"$W/home/u00/.ssh/environment"
done <<FORGED
SSH_CONNECTION $CAMPUS4 50000 $SRV4_CAMPUS 22
SSH_CLIENT $CAMPUS4 50000 22
SEIMON_CONVERSATION 0123456789abcdef0123456789abcdef
SSH_AUTH_INFO_0 publickey x
IS_READ yes
FORGED
chown -R u00 "$W/home/u00"
it "a forged SSH_CONNECTION of one's own makes no campus" refused log_in home u00 "$SRV4_HOME"
it "a code was asked for" has "$W/out/asked" "Verification code"
COMMAND='echo "read: $IS_READ"'
it "and the right one is accepted as ever" log_in home u00 "$SRV4_HOME" "$(code u00)"
it "pam_env has read that file" has "$W/out/ssh" "read: yes"
unset COMMAND
seimon suspend u01 >/dev/null
printf 'SEIMON_CONVERSATION DEFAULT=%s\n' "$(seimon log -u u00 -n 1 --json | jq -r '.[0].conversation')" >"$W/home/u01/.pam_environment"
it "somebody else's conversation opens no suspended account" refused log_in campus u01 "$SRV4_CAMPUS"

# --- the module is replaced while logins run: each has the old one or the new one
mkdir -p "$W/load.d"
printf '%s\n' 'auth required pam_permit.so' "auth required $W/bin/pam_seimon.so" >"$W/load.d/sshd"
cp "$W/load.d/sshd" "$W/load.d/other"
load() { local i; for i in $(seq 1 60); do "$1" "$W/load.d" sshd u00 none "$CAMPUS4" >/dev/null 2>&1 || echo failed; done; }
for worker in 1 2 3 4; do load "$1/tests/login_once" >"$W/out/load$worker" & LOADS[worker]=$!; done
for i in $(seq 1 100); do
  cp "$1/pam_seimon.so" "$W/bin/pam_seimon.so.new"
  mv "$W/bin/pam_seimon.so.new" "$W/bin/pam_seimon.so"
done
wait "${LOADS[@]}"
it "240 logins while the module is replaced 100 times: each is served" test -z "$(cat "$W"/out/load?)"
finish

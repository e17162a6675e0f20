#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A yes on the phone: real ssh, a real browser with a virtual authenticator for the phone, nginx. The stories are in
# approval.py.
# usage: approval.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
HERE=$(cd "$(dirname "$0")" && pwd)
world_up "$1"
askpass_install
. "$HERE/../support/page.sh"
. "$HERE/../support/proxies.sh"
. "$HERE/../support/gateways.sh"
APPROVE='approve: { enabled = true; };'
configured() { page_config "default: { action = \"require\"; unenrolled = \"deny\"; };
$APPROVE
$1"; }
configured
right_now
printf 'Defaults timestamp_timeout=0\nDefaults !lecture\nALL ALL=(ALL:ALL) ALL\n' >"$W/etc/sudoers"
chmod 440 "$W/etc/sudoers"
mount --bind "$W/etc/sudoers" /etc/sudoers
seimond_start
sshd_start
page_start
tls_make
for user in u00 u01 u02 u03 u04 u05 u06; do enrol "$user"; done
tick 90
export HOME=$W/browser W PASSWORD HOME4 SRV4_HOME CLOCK AUTHORITY PORT AXE=$BUILD/axe/package/axe.min.js
trust_authority "$HOME"
proxy_start nginx
# Each step of approval.py is a sentence with its own outcome.
seen() {  # STORY [ARGUMENT …]
  local code=0
  home /usr/bin/python3 "$HERE/approval.py" "$@" >"$W/out/browser" 2>&1 || code=$?
  grep -E '^(ok|NOT OK)' "$W/out/browser"
  [ "$code" = 0 ] || { FAILED=$((FAILED + 1)); tail -n 40 "$W/out/browser"; tail -n 5 "$W/out/web" "$W/out/proxy" "$W/out/seimond.log"; }
  read -r CLOCK <"$W/clock"  # a story lets time pass
}

seen yes "$(code u00)"
tick 90
seen no "$(code u01)"
tick 90
seen elsewhere "$(code u02)"

tick 90
seen paired "$(code u04)"

# A phone is notified by its browser's maker, whose service this is: no other host is spoken to, and nothing is said there.
it "of eight that run seimon key webpush at once one makes the key of the site" test "$(
  for _ in $(seq 8); do seimon key webpush --config "$W/etc/seimon.conf" >/dev/null 2>&1 && echo made & done
  wait)" = made
it "and its public half" test "$(openssl ec -in "$W/etc/webpush.key" -pubout -outform DER 2>/dev/null | tail -c 65 | base64 -w 0 | tr '+/' '-_' | tr -d =)" = "$(cat "$W/etc/webpush.key.pub")"
it "nobody but seimon-delivery reads it" test "$(stat -c '%a %G' "$W/etc/webpush.key")" = "440 seimon-delivery"
it "it is not made twice" bash -c "! seimon key webpush --config '$W/etc/seimon.conf' >'$W/out/command' 2>&1 && grep -q 'File exists' '$W/out/command'"
APPROVE="approve: { enabled = true; notify = \"webpush\"; valid_for = \"80s\"; }; delivery: { push_key = \"$W/etc/webpush.key\"; email = ( ); };"
configured
seimon reload >/dev/null
page_restart
cat /etc/hosts >"$W/etc/hosts" 2>/dev/null; echo "$HOME4 fcm.googleapis.com" >>"$W/etc/hosts"
cat /etc/ssl/certs/ca-certificates.crt "$W/tls/authority.pem" >"$W/etc/authorities.crt"
mount --bind "$W/etc/hosts" /etc/hosts
mount --bind "$W/etc/authorities.crt" /etc/ssl/certs/ca-certificates.crt
echo 201 >"$W/tmp/push-status"
home python3 "$HERE/../support/push_service.py" "$HOME4" "$W/tls/gate.pem" "$W/tls/gate.key" "$W/tmp/pushed" "$W/tmp/push-status" >>"$W/out/push" 2>&1 </dev/null & PIDS+=($!)
sender_start
tick 4000
seen notified "$(code u06)"
tick 4000

# Killed between waiting, approved and spent: nobody is let in, and the next login can be.
tick 90
seen killed "$(code u03)"

# Nothing shows who has a phone: the same words, in the same order, for whoever asks.
asked_of() {  # USER
  log_in home "$1" "$SRV4_HOME" '' '' 000000 000000 000000
  sed "s/$1@/NAME@/; "'s/Number [0-9]*/Number NN/; s/enter [0-9]* there/enter NN there/' "$W/out/asked" >"$W/out/asked.$1"
}
tick 4000
for user in u00 u05 u40; do asked_of "$user"; done
for user in u05 u40; do
  it "$user, who has no phone, reads what u00 reads" cmp "$W/out/asked.u00" "$W/out/asked.$user"
done
it "all of it was read" has "$W/out/asked.u40" "Not approved yet"

APPROVE=''
configured
seimon reload >/dev/null
tick 90
it "without approve.enabled nobody is offered it" log_in home u04 "$SRV4_HOME" "$(code u04)"
it "and the prompt is what it was" lacks "$W/out/asked" "Enter"
finish

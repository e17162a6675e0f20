#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Codes by SMS while services die, and on two hosts that share a store: never a second message for one that was counted,
# never a code that lets in and was not counted. usage: sent_codes_kills.sh BUILD [postgresql]
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
world_up "$1"
. "$(dirname "$0")/../support/gateways.sh"
driver box "printf '%s\n' \"\$INPUT\" >>$W/sms/box"
: >"$W/sms/box"; chmod 666 "$W/sms/box"
DELIVERY_SETTINGS="delivery: { prefixes = [ \"+81\" ]; sms = ( { command = [ \"$W/bin/box\" ]; timeout = 3; } ); };"
printf '%s\n' "auth required $W/bin/pam_seimon.so timeout=20" >"$W/pam.d/first"
if [ "${2-}" = postgresql ]; then
  . "$(dirname "$0")/../support/cluster.sh"
  right_now
  cluster_make one
  seimon store init "$(owner_url one)" >/dev/null || fail "no store"
  on_server "$(service_url one)"
  printf '%s\n' "auth required $W/bin/pam_seimon.so timeout=20 socket=$W/second.sock" >"$W/pam.d/second"
else
  config
fi
printf '%s\n' "$DELIVERY_SETTINGS" >>"$W/etc/seimon.conf"
number_of() { printf '+8190%08d' "$((10#${1#u}))"; }  # USER
codes_of() { jq -r --arg to "$(number_of "$1")" 'select(.to == $to) | .code' "$W/sms/box"; }  # USER
sent() { codes_of "$1" | wc -l; }
counted() { seimon status "$1" --json | jq .sends.day; }
# Asks for a code, waits for the file go/USER.SERVICE, and types what stands there.
mkdir "$W/go"
log_in_by() {  # SERVICE USER
  (echo s; for _ in $(seq 300); do [ ! -e "$W/go/$2.$1" ] || break; read -r -t 0.1 <> <(:); done; cat "$W/go/$2.$1"; echo 0; echo 0) |
    timeout 60 pamtester -I rhost="198.51.100.1${2#u}" "$1" "$2" authenticate >"$W/out/enter.$2.$1" 2>&1
}
seimond_start
sender_start
{ echo user,phone; for i in $(seq 10 49); do echo "u$i,$(number_of "u$i")"; done; } >"$W/tmp/list.csv"
seimon enroll --batch "$W/tmp/list.csv" >"$W/out/command" 2>&1 || fail "batch: $(cat "$W/out/command")"

# --- seimond dies at any moment between the question and the message, or after it: half of the rounds in as much
# time as that takes here, the others at its beginning
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
echo 000000 >"$W/go/u25.first"
START=$(milliseconds)
log_in_by first u25 & LOGIN=$!
wait_until "[ -s '$W/sms/box' ]"
MOMENTS=$((($(milliseconds) - START) * 3 / 2 + 1))
wait "$LOGIN"
kill_round() {  # USER MILLISECONDS SIGNAL
  echo 000000 >"$W/go/$1.first"
  log_in_by first "$1" & local login=$!
  read -r -t "$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))" <> <(:) || true
  kill -"$3" "$SEIMOND"
  wait "$SEIMOND" 2>/dev/null
  wait "$login"
  seimond_start
  wait_until "seimon delivery status --json | jq -e '.workers == 8' >/dev/null"
  local messages count code
  messages=$(sent "$1") count=$(counted "$1")
  [ "$messages" -le 1 ] || { echo "$1: $messages messages for one question"; return 1; }
  [ "$messages" -le "$count" ] || { echo "$1: a message that is not counted"; return 1; }
  # Whatever was sent lets nobody in any more.
  code=$(codes_of "$1")
  printf '%s\n0\n0\n' "${code:-0}" | timeout 60 pamtester -I rhost="198.51.100.200" first "$1" authenticate >"$W/out/after" 2>&1 && { echo "$1: a code of a dead service"; return 1; }
  [ "$(sent "$1")" = "$messages" ] || { echo "$1: sent once more"; return 1; }
}
RANDOM=20261129
for i in $(seq 10 21); do
  it "killed at a random moment: no more messages than were counted (u$i)" kill_round "u$i" $((RANDOM % (i % 2 ? MOMENTS : 80))) KILL
done
for i in 22 23; do it "ended in the middle: the same (u$i)" kill_round "u$i" $((RANDOM % MOMENTS)) TERM; done
it "some of them were sent" test "$(wc -l <"$W/sms/box")" -ge 2

# --- seimon-delivery dies with a message in its hands
driver box "printf '%s\n' \"\$INPUT\" >>$W/sms/box; sleep 5"
echo 000000 >"$W/go/u24.first"
log_in_by first u24 & LOGIN=$!
wait_until "grep -q '$(number_of u24)' '$W/sms/box'"
kill -KILL "$SENDER"
wait "$SENDER" 2>/dev/null
driver box "printf '%s\n' \"\$INPUT\" >>$W/sms/box"
sender_start
wait "$LOGIN"
it "a message whose worker died is not sent again" test "$(sent u24)" = 1
it "its end is in the trail" wait_until "seimon log -u u24 | grep -q 'delivery-failed.*lost'"

if [ "${2-}" = postgresql ]; then
  # --- two hosts, each with a worker of its own
  mkdir "$W/state2"
  "$W/bin/seimond" --foreground --config "$W/etc/seimon.conf" --state "$W/state2" --socket "$W/second.sock" >"$W/out/second.log" 2>&1 </dev/null & SECOND=$!
  PIDS+=("$SECOND")
  wait_until "seimon --socket '$W/second.sock' status >/dev/null 2>&1" || fail "no second service: $(tail -n 3 "$W/out/second.log")"
  ip netns exec srv setpriv --reuid "$DELIVERY" --regid "$DELIVERY" --clear-groups "$W/bin/seimon-delivery" --foreground \
    --config "$W/etc/seimon.conf" --socket "$W/second.sock" >>"$W/out/delivery" 2>&1 </dev/null & PIDS+=("$!")
  wait_until "seimon --socket '$W/second.sock' delivery status --json | jq -e '.workers == 8' >/dev/null" || fail "no workers of the second"
  log_in_by first u30 & LOGIN=$!
  wait_until "grep -q '$(number_of u30)' '$W/sms/box'"
  codes_of u30 >"$W/tmp/code" && mv "$W/tmp/code" "$W/go/u30.first"
  it "a code that one host sent lets in there" wait "$LOGIN"
  echo 000000 | tee "$W/go/u31.first" >"$W/go/u31.second"
  log_in_by first u31 & LOGIN=$!
  wait_until "grep -q '$(number_of u31)' '$W/sms/box'"
  wait "$LOGIN"
  it "it does not on the other" bash -c "printf '%s\n0\n0\n' '$(codes_of u31)' | timeout 60 pamtester -I rhost=198.51.100.9 second u31 authenticate >'$W/out/after' 2>&1; [ \$? != 0 ]"
  log_in_by second u31
  it "the limit of one holds on the other: no second message in half a minute" test "$(sent u31)" = 1
  # Two logins that wait, one on each host: the newer code ends the older one. (The server has a clock of its own.)
  log_in_by first u32 & OLDER=$!
  wait_until "grep -q '$(number_of u32)' '$W/sms/box'"
  codes_of u32 >"$W/tmp/older"
  read -r -t 31 <> <(:)
  log_in_by second u32 & NEWER=$!
  wait_until "[ \$(jq -r .to '$W/sms/box' | grep -cF -- '$(number_of u32)') = 2 ]"
  codes_of u32 | tail -n 1 >"$W/tmp/code" && mv "$W/tmp/code" "$W/go/u32.second"
  it "of two codes the newer one lets in" wait "$NEWER"
  mv "$W/tmp/older" "$W/go/u32.first"
  it "and ends the older one" refused wait "$OLDER"
  it "both hosts count the same" test "$(counted u32)/$(seimon --socket "$W/second.sock" status u32 --json | jq .sends.day)" = 2/2
  stop_one "$SECOND"
fi
stop_one "$SENDER"
finish
